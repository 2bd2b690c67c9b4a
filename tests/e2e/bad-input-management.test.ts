/**
 * Bad input on the rest of the management API: bodies that are none, keys of the wrong kind, limits, credits and prices out of
 * range. Each gets its status, its code and a sentence that says what to do; nothing is called and nothing changes.
 */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { send, type Sent } from '../support/send.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';
import { CANARY, expectRefusal, expectUnchanged, type Expected } from './bad-input-checks.ts';

const SECRET = `sk-${CANARY}-0123456789`;

let stage: Stage;
let tenant: Tenant;

beforeAll(async () => {
  stage = await openStage();
  tenant = await openTenant(stage.gateway, 'Bad input');
});
afterAll(() => stage.close());

const bad = (says: RegExp): Expected => ({ status: 400, code: 'invalid_request', says });

const expectNothingDone = async (act: () => Promise<void>): Promise<void> =>
  await expectUnchanged(stage, tenant.workspaceId, act);

/** A body as it is, in the name of the workspace's manager. */
const postRaw = async (body: string | Uint8Array, sent: Sent = {}) =>
  await send(`${stage.gateway.url}/api/v1/byok`, {
    method: 'POST',
    ...sent,
    headers: {
      authorization: `Bearer ${tenant.managementKey}`,
      'content-type': 'application/json',
      ...(sent.headers as object),
    },
    body,
  });

describe('a body', () => {
  const good = JSON.stringify({ provider: 'openai', credential: { api_key: SECRET } });
  const media = { status: 415, code: 'unsupported_media_type', says: /JSON|content encoding/ };
  const large = { status: 413, code: 'payload_too_large', says: /larger than 256 KiB/ };
  test.each<[string, string | Uint8Array, Expected, Sent?]>([
    ['that is empty', '', bad(/must be a JSON object/)],
    ['cut in the middle', good.slice(0, -5), bad(/not valid JSON/)],
    ['that is a list', `[${good}]`, bad(/must be a JSON object/)],
    ['that is null', 'null', bad(/must be a JSON object/)],
    [
      'that is no UTF-8',
      Buffer.from(good.replace('openai', 'open\xffai'), 'latin1'),
      bad(/not valid JSON|UTF-8/),
    ],
    [
      'with __proto__',
      good.replace('{"api_key"', '{"__proto__": {"enabled": false}, "api_key"'),
      bad(/must not be called __proto__/),
    ],
    [
      'a thousand levels deep',
      `{"provider": "openai", "credential": ${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`,
      bad(/nested deeper than 32 levels/),
    ],
    [
      'depth 10^5',
      `{"credential": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      bad(/nested deeper than 32 levels/),
    ],
    ['of a megabyte', good.replace('}', `, "x": "${CANARY.repeat(75_000)}"}`), large],
    [
      'of a megabyte that does not say its length',
      good.replace('}', `, "x": "${CANARY.repeat(75_000)}"}`),
      large,
      { chunked: true },
    ],
    ['compressed', gzipSync(good), media, { headers: { 'content-encoding': 'gzip' } }],
    [
      'as a form',
      'provider=openai',
      media,
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['as text', good, media, { headers: { 'content-type': 'text/plain' } }],
  ])('%s', async (_name, body, expected, sent) => {
    await expectNothingDone(async () => expectRefusal(await postRaw(body, sent), expected));
  });
});

describe('who calls', () => {
  const wrongKind = (says: RegExp): Expected => ({ status: 403, code: 'wrong_key_kind', says });
  test('an inference key cannot manage', async () => {
    await expectNothingDone(async () => {
      const headers = { authorization: `Bearer ${tenant.apiKey}` };
      expectRefusal(
        await postRaw('{}', { headers }),
        wrongKind(/POST \/api\/v1\/byok needs a management key/),
      );
      expectRefusal(
        await send(`${stage.gateway.url}/api/v1/keys`, { headers }),
        wrongKind(/GET \/api\/v1\/keys needs a management key/),
      );
    });
  });

  test('a management key cannot touch the instance', async () => {
    await expectNothingDone(async () => {
      const body = { provider: 'openai', credential: { api_key: SECRET } };
      expectRefusal(
        await tenant.call('POST', '/api/v1/platform-keys', body),
        wrongKind(/needs an operator key/),
      );
      const grant = `/api/v1/workspaces/${tenant.workspaceId}/credits`;
      expectRefusal(await tenant.call('POST', grant, { amount_usd: 5 }), wrongKind(/needs an operator key/));
      expectRefusal(
        await tenant.call('PATCH', `/api/v1/workspaces/${tenant.workspaceId}`, { unmetered: true }),
        wrongKind(/needs an operator key/),
      );
    });
  });

  test('no key, a wrong key and two keys', async () => {
    await expectNothingDone(async () => {
      const unauthorized = { status: 401, code: 'invalid_api_key', says: /key/ };
      expectRefusal(await send(`${stage.gateway.url}/api/v1/byok`), unauthorized);
      expectRefusal(
        await postRaw('{}', { headers: { authorization: `Bearer lr_mgmt_${CANARY}` } }),
        unauthorized,
      );
      expectRefusal(
        await postRaw('{}', { headers: { 'x-api-key': stage.gateway.keys.managementKey } }),
        bad(/More than one credential.*once/),
      );
    });
  });
});

describe('API keys, credits, prices, previews', () => {
  type Row = [name: string, call: string, body: unknown, expected: Expected];
  const usd = (name: string): RegExp => new RegExp(`\`${name}\` must be`);
  const ROWS: readonly Row[] = [
    ['a limit of -1', 'POST /api/v1/keys', { name: 'x', limit: -1 }, bad(usd('limit'))],
    ['a limit as text', 'POST /api/v1/keys', { name: 'x', limit: '5' }, bad(usd('limit'))],
    [
      'an unknown reset',
      'POST /api/v1/keys',
      { name: 'x', limit: 1, limit_reset: 'hourly' },
      bad(/`limit_reset` must be one of daily, weekly, monthly/),
    ],
    ['no name', 'POST /api/v1/keys', { name: ' ' }, bad(/`name` must not be empty/)],
    [
      'an expiry that is no date',
      'POST /api/v1/keys',
      { name: 'x', expires_at: 'tomorrow' },
      bad(/`expires_at` must be a date/),
    ],
    [
      'an expiry in the past',
      'POST /api/v1/keys',
      { name: 'x', expires_at: '2020-01-01T00:00:00Z' },
      bad(/`expires_at`/),
    ],
    [
      'an unknown allowed provider',
      'POST /api/v1/keys',
      { name: 'x', allowed_providers: ['nosuch'] },
      bad(/`?allowed_providers/),
    ],
    [
      'an RPM of 0',
      'POST /api/v1/keys',
      { name: 'x', rpm_limit: 0 },
      bad(/`rpm_limit` must be a whole number/),
    ],
    ['a preview of nothing', 'POST /api/v1/routing/preview', {}, bad(/model/)],
    [
      'a preview of a number',
      'POST /api/v1/routing/preview',
      { model: 7 },
      bad(/`model` must be a model name/),
    ],
    [
      'a test that gives no credential',
      'POST /api/v1/byok/test',
      { provider: 'openai' },
      bad(/`credential` is required/),
    ],
    [
      'a parameter that there is not',
      'GET /api/v1/byok?provder=openai',
      undefined,
      bad(/`provder` is not a parameter/),
    ],
    [
      'a page that there cannot be',
      'GET /api/v1/byok?offset=-1',
      undefined,
      bad(/`offset` must be a whole number/),
    ],
    [
      'a window that ends before it begins',
      'GET /api/usage/summary?start_time=2026-02-02&end_time=2026-01-01',
      undefined,
      bad(/`start_time` must be before `end_time`/),
    ],
    [
      'a key that there is not',
      'PATCH /api/v1/byok/pk_missing',
      { weight: 2 },
      { status: 404, code: 'not_found', says: /There is no provider key/ },
    ],
    [
      'a generation that there is not',
      'GET /api/v1/generation?id=gen-1-x',
      undefined,
      { status: 404, code: 'not_found', says: /no generation/ },
    ],
    [
      'a path that there is not',
      'GET /api/v1/nowhere',
      undefined,
      { status: 404, code: 'not_found', says: /no such path.*\/docs/ },
    ],
    [
      'a method that there is not',
      'PUT /api/v1/byok',
      {},
      { status: 405, code: 'method_not_allowed', says: /answers to GET, POST/ },
    ],
  ];
  test.each(ROWS)('%s', async (_name, call, body, expected) => {
    const [method = '', path = ''] = call.split(' ');
    await expectNothingDone(async () => expectRefusal(await tenant.call(method, path, body), expected));
  });

  const OPERATOR_ROWS: readonly Row[] = [
    ['a grant of -1', 'POST /credits', { amount_usd: -1 }, bad(usd('amount_usd'))],
    ['a grant of 0', 'POST /credits', { amount_usd: 0 }, bad(usd('amount_usd'))],
    ['a grant of 10^12', 'POST /credits', { amount_usd: 1e12 }, bad(usd('amount_usd'))],
    ['a grant as text', 'POST /credits', { amount_usd: '5' }, bad(usd('amount_usd'))],
    ['a workspace without a name', 'PATCH ', { name: '' }, bad(/`name`/)],
    ['unmetered as text', 'PATCH ', { unmetered: 'yes' }, bad(/`unmetered` must be true or false/)],
  ];
  test.each(OPERATOR_ROWS)('by the operator: %s', async (_name, call, body, expected) => {
    const [method = '', path = ''] = call.split(' ');
    const headers = { authorization: `Bearer ${stage.gateway.keys.operatorKey}` };
    const url = `/api/v1/workspaces/${tenant.workspaceId}${path}`;
    await expectNothingDone(async () => {
      const answer = await send(stage.gateway.url + url, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expectRefusal(answer, expected);
    });
  });

  test.each([-1, 1e9, '1', null])('a price of %j', async (price) => {
    const body = JSON.stringify({
      provider: 'openai',
      model: 'gpt-4o',
      input_usd_per_million: price,
      output_usd_per_million: 1,
    });
    await expectNothingDone(async () => {
      const headers = {
        authorization: `Bearer ${stage.gateway.keys.operatorKey}`,
        'content-type': 'application/json',
      };
      expectRefusal(
        await send(`${stage.gateway.url}/api/v1/prices`, { method: 'PUT', headers, body }),
        bad(/`input_usd_per_million` must be from 0/),
      );
    });
  });
});
