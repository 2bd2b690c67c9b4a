/**
 * What every answer tells browsers and caches, whoever answers it: probes, metrics, the first-run link, the management API, inference,
 * and what is refused before any of them has looked. On the real server: several parts of it write answers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { send, type Sent } from '../support/send.ts';
import { addSandboxKey, openStage, type Stage } from '../support/stage.ts';
import { CHEAP_MODEL } from '../support/tenant.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await addSandboxKey(stage, createManagementClient(stage.gateway).addKey);
});
afterAll(() => stage.close());

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const managing = (): Sent => ({ headers: { authorization: `Bearer ${stage.gateway.keys.managementKey}` } });
const asking = (more: object = {}): Sent => ({
  method: 'POST',
  headers: { 'x-api-key': stage.gateway.keys.apiKey, ...JSON_TYPE },
  body: JSON.stringify({ model: CHEAP_MODEL, messages: [{ role: 'user', content: 'Hello' }], ...more }),
});
const reading = (): Sent => ({ headers: { 'x-api-key': stage.gateway.keys.apiKey } });

describe('an answer that is led to by its address alone', () => {
  test.each<[path: string, status: number, sent: () => Sent]>([
    ['/livez', 200, () => ({})],
    ['/readyz', 200, () => ({})],
    ['/metrics', 200, () => ({})],
    ['/bootstrap', 400, () => ({ method: 'POST', headers: JSON_TYPE, body: '{}' })],
    ['/bootstrap', 404, () => ({ method: 'POST', headers: JSON_TYPE, body: '{"token":"guess"}' })],
    ['/v1/models', 200, reading],
    ['/v1beta/models', 200, reading],
    ['/v1/models/openai/gpt-4o/endpoints', 200, reading],
    ['/api/v1/byok', 200, managing],
    ['/api/v1/byok', 401, () => ({})],
    ['/api/usage/export', 200, managing],
    ['/api/v1/session/sso', 404, () => ({})],
    ['/openapi.json', 200, () => ({})],
    ['/docs', 200, () => ({})],
    ['/nowhere', 404, () => ({})],
    ['/api/v1/keys/%zz', 400, managing],
    [`/api/v1/keys/${'a'.repeat(200)}`, 404, managing],
  ])(
    '%s, answered %i, is kept nowhere, sniffed by nobody and framed by nobody',
    async (path, status, sent) => {
      const answer = await send(stage.gateway.url + path, sent());
      expect(answer.status, answer.text).toBe(status);
      expect(answer.header('cache-control')).toBe('no-store');
      expect(answer.header('x-content-type-options')).toBe('nosniff');
      expect(answer.header('x-frame-options')).toBe('DENY');
      expect(answer.header('referrer-policy')).toBe('no-referrer');
      expect(answer.header('cross-origin-resource-policy')).toBe('same-origin');
      expect(answer.header('content-security-policy')).toMatch(
        /^default-src 'none'; .*frame-ancestors 'none'/,
      );
    },
  );
});

describe('an answer of a model', () => {
  test.each<[what: string, status: number, path: string, sent: () => Sent]>([
    ['a whole answer', 200, '/v1/chat/completions', () => asking()],
    ['a stream', 200, '/v1/chat/completions', () => asking({ stream: true })],
    ['a translated answer', 200, '/v1/messages', () => asking({ max_tokens: 20 })],
    ['a refusal', 400, '/v1/chat/completions', () => asking({ max_tokens: -1 })],
    ['a method that is none of its own', 405, '/v1/chat/completions', reading],
    ['a key that is none', 401, '/v1/models', () => ({})],
    ['a file that is not there, read past the formats', 404, '/openai/v1/files/none', reading],
  ])('is kept nowhere and sniffed by nobody: %s', async (_what, status, path, sent) => {
    const answer = await send(stage.gateway.url + path, sent());
    expect([answer.status, answer.header('cache-control'), answer.header('x-content-type-options')]).toEqual([
      status,
      'no-store',
      'nosniff',
    ]);
  });
});

test('what is no path is refused in our own words, and not repeated', async () => {
  for (const path of ['/api/v1/keys/%zz-canary', `/api/v1/keys/canary${'a'.repeat(200)}`]) {
    const { text, json, header } = await send(stage.gateway.url + path, managing());
    expect(text).not.toContain('canary');
    expect(json().error.request_id).toBe(header('x-request-id'));
    expect(json().code).toMatch(/^(?:invalid_request|not_found)$/);
  }
});
