import { expect, test } from 'vitest';
import { MESSAGE_CHARS_MAX, redactSecrets } from './redact-secrets.ts';

test.each([
  'Incorrect API key provided: sk-proj-abcDEF123456789. You can find your API key at https://platform.openai.com',
  'Incorrect API key provided: sk-ab***********************wxyz.',
  'Incorrect API key provided: xa***.. You can obtain an API key from https://console.x.ai.',
  "Consumer 'api_key:AIzaSyA1234567890abcdefghijklmnopqrstuv' has been suspended.",
  'Invalid API key: key1234',
  'invalid key AIzaSyA1234567890abcdefghijklmnopqrstuv here',
  'credential AKIAIOSFODNN7EXAMPLE is unknown',
  'key lr_live_a1b2c3d4e5f6_0123456789abcdef was sent',
  'header Authorization: Bearer abc.DEF-123 is wrong',
  'gsk_1234567890abcdefABCD, hf_abcdefgh12345678, pplx-0123456789abcdef, ABSKQmVkcm9ja0FQSUtleS1hYmNk=',
  'a key of Azure 0123456789abcdef0123456789abcdef without a prefix',
  '{"x-api-key": "some-secret-value-1"}',
  'token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl',
])('the secret in %j is taken out', (text) => {
  const clean = redactSecrets(text);
  expect(clean).toContain('[redacted]');
  expect(clean).not.toMatch(
    /abcDEF|wxyz|xa\*|AIzaSy|key1234|AKIAIOSF|a1b2c3|DEF-123|gsk_1|hf_a|pplx-0|QmVk|89abcdef|some-secret|eyJ/,
  );
});

test('a private key is taken out, also one that is cut off', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----';
  expect(redactSecrets(`a ${pem} b`)).toBe('a [redacted] b');
  expect(redactSecrets(`a ${pem.slice(0, 40)}`)).toBe('a [redacted]');
});

test.each([
  'The model `gpt-5.2-proo` does not exist or you do not have access to it.',
  'Rate limit reached for gpt-4.1 in organization org-aBcDeFg123 on tokens per min (TPM): Limit 30000, Used 18928.',
  'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-opus-4-20250514',
  'Request req_011CSHoEeqs5C35K2UUqR7Fy failed; see https://docs.example.com/errors?id=550e8400-e29b-41d4-a716-446655440000',
  'The key-value store is full; ask-me-anything-2024 is a task-list',
])('%j is left as it is', (text) => {
  expect(redactSecrets(text)).toBe(text);
});

test('hostile text costs linear time and comes out cut', () => {
  for (const piece of [
    '-----BEGIN A-----',
    'a',
    'sk-',
    '1',
    'Bearer ',
    'api_key',
    'eyJ',
    'eyJ-',
    '*',
    'ab*',
    'sk-*',
    'token=',
    ' ',
    '"',
  ]) {
    const hostile = piece.repeat(200_000);
    // Another test may have the core just then: the best of a few counts.
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(redactSecrets(hostile).length).toBeLessThanOrEqual(MESSAGE_CHARS_MAX);
      return performance.now() - start;
    });
    expect(Math.min(...times), piece).toBeLessThan(50);
  }
});
