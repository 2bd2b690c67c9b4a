import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBody } from './read-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('reading a body', () => {
  test('gives back any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(value)));
        expect(readBody(bytes(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('an empty body is no body', () => {
    expect(readBody(bytes(''))).toBeUndefined();
  });

  test.each([
    ['{"__proto__":{"admin":true}}', /must not be called __proto__/],
    ['{"a":[{"\\u005f_proto__":1}]}', /must not be called __proto__/],
    ['{"constructor":{"prototype":{}}}', /must not be called constructor/],
    [`${'['.repeat(40)}${']'.repeat(40)}`, /nested deeper than 32/],
    ['{"weight":NaN}', /not valid JSON/],
    ['{"credential":"sk-canary-canary-canary-1', /not valid JSON/],
    ['\ufeff{}', /not valid JSON/],
  ])('refuses %j', (text, message) => {
    expect(() => readBody(bytes(text))).toThrow(message);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test('refuses what is not UTF-8', () => {
    expect(() => readBody(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(/not valid JSON/);
  });

  test('does not repeat a mistyped secret, in the message or in the cause', () => {
    const caught = (() => {
      try {
        return readBody(bytes('{"credential": {"api_key": "sk-canary-canary" "x"}'));
      } catch (error) {
        return error;
      }
    })() as Error;
    expect(`${caught.message} ${String(caught.cause)} ${caught.stack}`).not.toContain('canary');
  });
});
