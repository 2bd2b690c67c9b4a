import type { ProviderId, ProviderManifest } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manifests } from '../registry.gen.ts';
import { interpretKeyTest, interpretKeyTestFault, nextKeyTest } from './interpret-key-test.ts';

function provider(id: string): ProviderManifest {
  const manifest = manifests.get(id as ProviderId);
  if (manifest === undefined) throw new Error(`no provider ${id}`);
  return manifest;
}
function judge(manifest: ProviderManifest, status: number, body: unknown) {
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  return interpretKeyTest(manifest, status, () => undefined, bytes);
}

describe('a key test', () => {
  test.each([
    ['openai', 200, { object: 'list', data: [] }, 'ok'],
    [
      'openai',
      401,
      { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } },
      'bad_credential',
    ],
    [
      'openai',
      403,
      {
        error: {
          message: 'You have insufficient permissions for this operation. Missing scopes: api.model.read',
        },
      },
      'ok',
    ],
    [
      'openai',
      403,
      { error: { message: 'Country not supported', code: 'unsupported_country_region_territory' } },
      'bad_credential',
    ],
    [
      'openai',
      429,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota' } },
      'no_quota',
    ],
    [
      'openai',
      429,
      { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
      'limited',
    ],
    ['openai', 500, '', 'network'],
    ['openai', 200, '<html>Welcome to nginx</html>', 'misconfigured'],
    ['openai', 301, '', 'misconfigured'],
    ['openai', 404, '', 'misconfigured'],
    ['openai', 400, { error: { message: 'What?' } }, 'cannot_test'],
    ['anthropic', 200, { data: [{ id: 'claude-x' }] }, 'ok'],
    [
      'anthropic',
      401,
      { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
      'bad_credential',
    ],
    ['deepseek', 200, { is_available: true, balance_infos: [] }, 'ok'],
    ['deepseek', 200, { is_available: false, balance_infos: [] }, 'no_quota'],
    ['deepseek', 404, '', 'cannot_test'],
    ['xai', 200, { api_key_blocked: false, api_key_disabled: false, team_blocked: false }, 'ok'],
    ['xai', 200, { api_key_blocked: false, api_key_disabled: true, team_blocked: false }, 'bad_credential'],
    [
      'xai',
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***.' },
      'bad_credential',
    ],
    ['openrouter', 200, { data: { label: 'x', limit: null, limit_remaining: null, usage: 3 } }, 'ok'],
    ['openrouter', 200, { data: { label: 'x', limit: 5, limit_remaining: 0.5, usage: 4.5 } }, 'ok'],
    ['openrouter', 200, { data: { label: 'x', limit: 5, limit_remaining: 0, usage: 5 } }, 'no_quota'],
    ['openrouter', 200, { data: { label: 'x', limit: 5, limit_remaining: -0.01, usage: 5 } }, 'no_quota'],
    [
      'perplexity',
      400,
      { error: { message: 'At body -> messages: List should have at least 1 item', code: 400 } },
      'ok',
    ],
    [
      'perplexity',
      401,
      '<html><head><title>401 Authorization Required</title></head></html>',
      'bad_credential',
    ],
    ['perplexity', 400, { error: { message: 'Invalid model', code: 400 } }, 'cannot_test'],
    ['perplexity', 402, {}, 'no_quota'],
    ['mistral', 401, { detail: 'Unauthorized' }, 'bad_credential'],
    ['nvidia', 422, { detail: [{ loc: ['body', 'messages'], msg: 'too short' }] }, 'ok'],
    ['nvidia', 404, { status: 404, detail: "Function 'x': Not found for account 'y'" }, 'no_such_model'],
    ['custom', 200, { object: 'list', data: [] }, 'ok'],
    ['custom', 404, '404 page not found', 'cannot_test'],
  ] as const)('of %s that is answered %i %j is %s', (id, status, body, expected) => {
    const manifest = provider(id);
    const result = judge(manifest, status, body);
    expect(result.class).toBe(expected);
    expect(result.ok).toBe(expected === 'ok');
    expect(result.message).toContain(manifest.name);
    expect(result.message).toMatch(/\.$/);
  });

  test.each([
    [404, { error: { message: 'The model `key-test` does not exist.' } }, 'ok'],
    [400, { error: { message: 'messages must not be empty' } }, 'ok'],
    [422, { detail: 'messages' }, 'ok'],
    [401, { error: 'unauthorized' }, 'bad_credential'],
    [405, '', 'misconfigured'],
    [404, '<html>nothing</html>', 'no_such_model'],
  ] as const)(
    'of a custom endpoint without a list that is answered %i %j is %s',
    (status, body, expected) => {
      expect(judge(nextKeyTest(provider('custom')) ?? provider('custom'), status, body).class).toBe(expected);
    },
  );

  test('names the regions where a key may be right elsewhere', () => {
    const { message } = judge(provider('dashscope'), 401, {
      code: 'InvalidApiKey',
      message: 'Invalid API-key provided.',
    });
    expect(message).toContain('intl, us, cn');
  });

  test('repeats no byte of the answer, whoever answers and whatever it says', () => {
    const canary = 'Zq7XvLeaked';
    const bodies = [
      canary,
      { error: { message: canary, type: canary, code: canary } },
      { error: canary, code: canary },
      { detail: canary, message: `messages ${canary}` },
      [{ error: { message: canary, status: canary } }],
      `<html>${canary}</html>`,
      { is_available: false, note: canary, limit_remaining: 0 },
    ];
    const statuses = [200, 204, 301, 400, 401, 402, 403, 404, 405, 413, 418, 422, 429, 498, 500, 503, 529];
    for (const manifest of manifests.values()) {
      for (const step of [manifest, nextKeyTest(manifest) ?? manifest]) {
        for (const status of statuses) {
          for (const body of bodies) {
            const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
            const result = interpretKeyTest(step, status, () => canary, bytes);
            expect(JSON.stringify(result)).not.toContain(canary);
          }
        }
      }
    }
  });

  test('is judged whatever bytes come back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...manifests.values()),
        fc.integer({ min: 200, max: 599 }),
        fc.uint8Array({ maxLength: 200 }),
        (manifest, status, body) => {
          const result = interpretKeyTest(manifest, status, () => undefined, body);
          expect(result.ok).toBe(result.class === 'ok');
        },
      ),
    );
  });
});

test('every reason why no answer came has a sentence', () => {
  const faults = [
    ['egress_denied', 'misconfigured'],
    ['dns_failed', 'network'],
    ['connect_refused', 'network'],
    ['connect_timeout', 'network'],
    ['tls_failed', 'network'],
    ['connection_reset', 'network'],
    ['first_byte_timeout', 'network'],
    ['idle_timeout', 'network'],
    ['total_timeout', 'network'],
    ['answer_too_large', 'misconfigured'],
    ['answer_encoded', 'misconfigured'],
    ['answer_malformed', 'misconfigured'],
    ['cancelled', 'cannot_test'],
  ] as const;
  for (const [fault, expected] of faults) {
    const result = interpretKeyTestFault({ name: 'Example' }, fault);
    expect(result).toMatchObject({ ok: false, class: expected });
    expect(result.message).toMatch(/^[A-Z].*\.$/);
  }
});
