import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passThrough } from './pass-through.ts';
import { readRequest } from './read-request.ts';

const target = { upstreamModel: 'up', outputTokensMax: null, quirks: {} };
function pass(text: string, quirks: { readonly streamOptions?: boolean } = {}): string {
  const facts = readRequest(new TextEncoder().encode(text));
  return new TextDecoder().decode(passThrough(facts, { ...target, quirks }).body);
}

test('nothing to change: the very same bytes', () => {
  const body = new TextEncoder().encode(' { "model" : "up", "messages" : [ ] , "seed": 1.0e2 } ');
  expect(passThrough(readRequest(body), target).body).toBe(body);
});

test.each([
  ['{"model": "m", "messages": []}', '{"model": "up", "messages": []}'],
  ['{"messages": []}', '{"messages": [],"model":"up"}'],
  ['{"mod\\u0065l":"m","messages":[]}', '{"mod\\u0065l":"up","messages":[]}'],
  [
    '{"provider":{},"model":"up","models":["a"],"messages":[],"usage":{"include":true}}',
    '{"model":"up","messages":[]}',
  ],
  [
    '{"route":"fallback","plugins":[],"messages":[],"model":"up","transforms":[]}',
    '{"messages":[],"model":"up"}',
  ],
  [
    '{"model":"up","messages":[],"stream":true}',
    '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"model":"up","stream":true,"stream_options":null,"messages":[]}',
    '{"model":"up","stream":true,"stream_options":{"include_usage":true},"messages":[]}',
  ],
  [
    '{"model":"up","messages":[],"stream":true,"stream_options":{ "include_obfuscation" : false }}',
    '{"model":"up","messages":[],"stream":true,"stream_options":{ "include_obfuscation" : false,"include_usage":true }}',
  ],
  [
    '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage": false}}',
    '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage": true}}',
  ],
  [
    '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage" :true}}',
    '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage" :true}}',
  ],
])('%s goes on as %s', (text, expected) => {
  expect(pass(text)).toBe(expected);
});

test('a provider that refuses the usage switch does not get it', () => {
  expect(pass('{"model":"up","messages":[],"stream":true}', { streamOptions: false })).not.toContain(
    'stream_options',
  );
  const asked = '{"model":"up","messages":[],"stream":true,"stream_options":{"include_usage":true}}';
  expect(pass(asked, { streamOptions: false })).toBe('{"model":"up","messages":[],"stream":true}');
});

test('fields nobody knows survive as they were written', () => {
  const key = fc.string({ unit: fc.constantFrom('x', 'é', '"', '\\', '\n'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.dictionary(
        key.map((name) => `x_${name}`),
        fc.jsonValue(),
      ),
      fc.constantFrom(undefined, 2),
      (extra, space) => {
        const text = JSON.stringify({ ...extra, model: 'm', messages: [] }, null, space);
        // Byte for byte but for the one value.
        expect(pass(text)).toBe(text.replace(/"m"(?=,\s*"messages": ?\[\]\s*\}$)/, '"up"'));
      },
    ),
  );
});
