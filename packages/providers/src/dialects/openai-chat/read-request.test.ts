import { GatewayError } from '@arouter/core';
import { expect, test } from 'vitest';
import { readRequest } from './read-request.ts';

const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const request = (fields: Readonly<Record<string, unknown>>) =>
  bytesOf({ model: 'm', messages: [], ...fields });

function complaint(body: Uint8Array): string {
  try {
    readRequest(body);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request') return error.message;
    throw error;
  }
  return 'none';
}

test('a plain request has plain facts', () => {
  const body = request({});
  expect(readRequest(body)).toMatchObject({
    body,
    model: 'm',
    models: [],
    stream: false,
    outputTokensCap: null,
    choices: 1,
    provider: undefined,
    includeUsage: false,
    includeCost: false,
    externalParts: 0,
  });
});

test('routing fields are read as they are written', () => {
  const facts = readRequest(
    bytesOf(
      '{"messages":[],"model":"openai\\/gpt-4o","models":["a","b"],"stream":true,"stream_options":{"include_usage":true},"usage":{"include":true},"provider":{"order":["x"]},"n":null}',
    ),
  );
  expect(facts).toMatchObject({
    model: 'openai/gpt-4o',
    models: ['a', 'b'],
    stream: true,
    includeUsage: true,
    includeCost: true,
    provider: { order: ['x'] },
  });
});

test('the cap counts every choice, and the larger of both spellings', () => {
  expect(readRequest(request({ max_tokens: 100 })).outputTokensCap).toBe(100);
  expect(readRequest(request({ max_completion_tokens: 70, n: 3 })).outputTokensCap).toBe(210);
  expect(readRequest(request({ max_tokens: 100, max_completion_tokens: 70 })).outputTokensCap).toBe(100);
  expect(readRequest(request({ n: 4 }))).toMatchObject({ outputTokensCap: null, choices: 4 });
});

test.each([
  ['messages', {}, '{"model":"m"}'],
  ['messages', {}, '{"model":"m","messages":"hi"}'],
  ['messages', {}, '{"model":"m","messages":null}'],
  ['max_tokens', { max_tokens: -1 }, null],
  ['max_tokens', { max_tokens: 0 }, null],
  ['max_tokens', { max_tokens: 1.5 }, null],
  ['max_tokens', { max_tokens: '100' }, null],
  ['max_tokens', { max_tokens: 1e15 }, null],
  ['max_completion_tokens', {}, '{"model":"m","messages":[],"max_completion_tokens":1e999}'],
  ['n', { n: 0 }, null],
  ['n', { n: 1_000_000 }, null],
  ['stream', { stream: 'yes' }, null],
  ['model', { model: 7 }, null],
  ['model', { model: '' }, null],
  ['model', { model: 'x'.repeat(1000) }, null],
  ['models', { models: 'a' }, null],
  ['models', { models: ['a', 1] }, null],
  ['provider', { provider: [] }, null],
  ['stream_options', { stream_options: true }, null],
  ['max_tokens', { Max_Tokens: 5 }, null],
  ['model', {}, '{"messages":[],"MODEL":"dear"}'],
])('a bad %s is named: %j %s', (field, fields, text) => {
  expect(complaint(text === null ? request(fields) : bytesOf(text))).toContain(`"${field}"`);
});

test('a body that is no JSON object is refused without quoting it', () => {
  expect(complaint(bytesOf('{"secret":tru'))).toMatch(/JSON object.*byte 10/);
  expect(complaint(bytesOf('{"secret":tru'))).not.toContain('secret');
  expect(complaint(bytesOf('{"model":"m","messages":[],"mod\\u0065l":"x"}'))).toContain('repeated');
});

test('pictures, sound and files are counted, also under an escaped name, and only in messages', () => {
  const parts = [
    { type: 'text', text: '"image_url": {}' },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    { type: 'file', file: { file_id: 'file-1' } },
  ];
  const tools = [{ function: { parameters: { properties: { file: {} } } } }];
  const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: parts }], tools });
  expect(readRequest(bytesOf(text)).externalParts).toBe(3);
  expect(
    readRequest(bytesOf(text.replace('"image_url":{"url"', '"im\\u0061ge_url":{"url"'))).externalParts,
  ).toBe(3);
});
