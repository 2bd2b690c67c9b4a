import type { ProviderKeyId } from '@arouter/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CANARY,
  NOW,
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await openTestInstance();
});
afterAll(() => instance.close());

const OK = { class: 'ok', message: 'The key works.', status: 200, latencyMs: 12 } as const;
beforeEach(() => {
  // A minute later, so that one test's key tests do not count against the next one's.
  instance.world.now += 60_000;
  instance.world.keyTest = OK;
});

const BYOK = '/api/v1/byok';
async function create(
  extra: Record<string, unknown> = {},
  key: 'management' | 'foreign' = 'management',
): Promise<{ id: string; [field: string]: unknown }> {
  const { status, body } = await instance.call(key, 'POST', BYOK, {
    provider: 'openai',
    credential: { api_key: CANARY },
    ...extra,
  });
  expect(status).toBe(201);
  return body.data;
}

describe('provider keys', () => {
  test('are created with the defaults of the contract and the secret nowhere', async () => {
    const { status, body, text } = await instance.call('management', 'POST', BYOK, {
      provider: 'openai',
      credential_type: 'api_key',
      credential: { api_key: CANARY },
      label: 'Production',
      always_use: false,
      weight: 1,
      rpm_limit: null,
      base_url: null,
      region: null,
      supported_models: null,
      daily_budget_usd: null,
      monthly_budget_usd: null,
      hard_budget: false,
      max_concurrency: null,
      enabled: true,
    });
    expect(status).toBe(201);
    expect(text).not.toContain(CANARY);
    const at = new Date(instance.world.now).toISOString();
    expect(body).toEqual({
      data: {
        id: expect.stringMatching(/^pk_[0-9a-f]{24}$/),
        source: 'byok',
        provider: 'openai',
        credential_type: 'api_key',
        label: 'Production',
        hint: 'sk-…6789',
        options: {},
        always_use: false,
        fallback_policy: 'allow',
        weight: 1,
        rpm_limit: null,
        base_url: null,
        region: null,
        supported_models: null,
        daily_budget_usd: null,
        monthly_budget_usd: null,
        hard_budget: false,
        max_concurrency: null,
        enabled: true,
        spent_today_usd: 0,
        spent_month_usd: 0,
        health: { state: 'healthy', until: null, last_error: null, models: [] },
        created_at: at,
        updated_at: at,
        last_used_at: null,
      },
      warnings: [],
    });
  });

  test('are in the routing snapshot when the answer arrives, and out of it after deletion', async () => {
    const { id } = await create();
    const routed = () =>
      instance.deps
        .snapshot()
        .providerKeys(WORKSPACE)
        .map((key) => key.id as string);
    expect(routed()).toContain(id);
    const stored = instance.deps
      .snapshot()
      .providerKeys(WORKSPACE)
      .find((key) => key.id === id);
    expect(stored && { ...instance.deps.vault.openCredential(stored) }).toBeDefined();
    expect(stored && instance.deps.vault.openCredential(stored)['api_key']).toBe(CANARY);
    const gone = await instance.call('management', 'DELETE', `${BYOK}/${id}`);
    expect(gone.body).toEqual({ data: { deleted: true } });
    expect(routed()).not.toContain(id);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).status).toBe(404);
    expect((await instance.call('management', 'DELETE', `${BYOK}/${id}`)).status).toBe(404);
  });

  test('are listed by page and by provider', async () => {
    await create();
    const anthropic = await create({ provider: 'Anthropic', credential: 'sk-ant-api03-abcdefghijkl' });
    const all = await instance.call('management', 'GET', `${BYOK}?limit=1&offset=1`);
    expect(all.body.data).toHaveLength(1);
    expect(all.body.total_count).toBeGreaterThanOrEqual(2);
    const some = await instance.call('management', 'GET', `${BYOK}?provider=anthropic`);
    expect(some.body).toMatchObject({ total_count: 1, data: [{ id: anthropic.id }] });
  });

  test('change field by field; null clears, absent stays', async () => {
    const { id } = await create({ weight: 5, rpm_limit: 60, label: 'A' });
    const { body } = await instance.call('management', 'PATCH', `${BYOK}/${id}`, {
      rpm_limit: null,
      always_use: true,
      monthly_budget_usd: 12.5,
    });
    expect(body.data).toMatchObject({
      weight: 5,
      rpm_limit: null,
      label: 'A',
      fallback_policy: 'deny',
      monthly_budget_usd: 12.5,
    });
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data).toEqual(body.data);
  });

  test('survive two writers at once: both changes are kept', async () => {
    const { id } = await create();
    const answers = await Promise.all([
      instance.call('management', 'PATCH', `${BYOK}/${id}`, { weight: 7 }),
      instance.call('management', 'PATCH', `${BYOK}/${id}`, { rpm_limit: 9 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data).toMatchObject({
      weight: 7,
      rpm_limit: 9,
    });
  });

  test('a duplicate secret is allowed and named', async () => {
    const first = await create({ credential: { api_key: 'sk-proj-duplicateduplicate01' }, label: 'First' });
    const { status, body } = await instance.call('management', 'POST', BYOK, {
      provider: 'openai',
      credential: 'sk-proj-duplicateduplicate01',
    });
    expect(status).toBe(201);
    expect(body.warnings).toEqual([
      `The same secret is already saved as "First" (${first.id}); both share one account's limits.`,
    ]);
    const foreign = await instance.call('foreign', 'POST', BYOK, {
      provider: 'openai',
      credential: 'sk-proj-duplicateduplicate01',
    });
    expect(foreign.body.warnings).toEqual([]);
  });

  test("another tenant's key is as missing as one that never was, whatever is asked", async () => {
    const { id } = await create({}, 'foreign');
    const attempts = [
      ['GET', ''],
      ['PATCH', '', { weight: 2 }],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/reenable'],
    ] as const;
    for (const [method, suffix, body] of attempts) {
      const foreign = await instance.call('management', method, `${BYOK}/${id}${suffix}`, body);
      const missing = await instance.call(
        'management',
        method,
        `${BYOK}/pk_000000000000000000000000${suffix}`,
        body,
      );
      expect([foreign.status, foreign.body.message]).toEqual([404, missing.body.message]);
    }
    expect((await instance.store.providerKeys.get(OTHER_WORKSPACE, id as ProviderKeyId))?.weight).toBe(1);
    expect(instance.tested.map(({ key }) => key.id as string)).not.toContain(id);
  });

  test('the operator has platform keys of the same kind, apart from every workspace', async () => {
    const { status, body } = await instance.call('operator', 'POST', '/api/v1/platform-keys', {
      provider: 'openai',
      credential: CANARY,
    });
    expect([status, body.data.source]).toEqual([201, 'platform']);
    const { id } = body.data;
    expect((await instance.call('operator', 'GET', '/api/v1/platform-keys')).body.total_count).toBe(1);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).status).toBe(404);
    expect(
      instance.deps
        .snapshot()
        .providerKeys(WORKSPACE)
        .map((key) => key.id),
    ).toContain(id);
    for (const suffix of ['/test', '/reenable']) {
      expect((await instance.call('operator', 'POST', `/api/v1/platform-keys/${id}${suffix}`)).status).toBe(
        200,
      );
    }
    expect(
      (await instance.call('operator', 'PATCH', `/api/v1/platform-keys/${id}`, { weight: 3 })).body.data
        .weight,
    ).toBe(3);
    expect((await instance.call('operator', 'DELETE', `/api/v1/platform-keys/${id}`)).status).toBe(200);
  });
});

describe('bad input is refused with the field and what it must be', () => {
  const base = { provider: 'openai', credential: { api_key: CANARY } };
  test.each<[string, unknown, [number, string], RegExp]>([
    [
      'weight 0',
      { ...base, weight: 0 },
      [400, 'invalid_request'],
      /`weight` must be a whole number from 1 to 1000/,
    ],
    [
      'weight -1',
      { ...base, weight: -1 },
      [400, 'invalid_request'],
      /`weight` must be a whole number from 1 to 1000/,
    ],
    [
      'weight 1e9',
      { ...base, weight: 1e9 },
      [400, 'invalid_request'],
      /`weight` must be a whole number from 1 to 1000/,
    ],
    [
      'weight NaN',
      '{"provider":"openai","credential":"x","weight":NaN}',
      [400, 'invalid_request'],
      /not valid JSON.*NaN/,
    ],
    ['weight "NaN"', { ...base, weight: 'NaN' }, [400, 'invalid_request'], /`weight` must be/],
    [
      'budget -1',
      { ...base, daily_budget_usd: -1 },
      [400, 'invalid_request'],
      /`daily_budget_usd` must be more than 0/,
    ],
    [
      'monthly budget -1',
      { ...base, monthly_budget_usd: -1 },
      [400, 'invalid_request'],
      /`monthly_budget_usd` must be more than 0/,
    ],
    [
      'malformed credential JSON',
      { ...base, credential: '{"api_key":"sk-canary' },
      [400, 'invalid_request'],
      /begins like JSON/,
    ],
    [
      'a service account in the key field',
      { ...base, credential: { api_key: '{"type":"service_account"}' } },
      [400, 'invalid_request'],
      /service-account file/,
    ],
    [
      'an unknown provider',
      { ...base, provider: 'nosuch' },
      [400, 'invalid_request'],
      /`provider` must name a known provider: /,
    ],
    [
      'a private base URL',
      { ...base, base_url: 'https://10.0.0.8/v1' },
      [422, 'egress_denied'],
      /`base_url` is refused/,
    ],
    [
      'a metadata address',
      { ...base, base_url: 'http://169.254.169.254/' },
      [422, 'egress_denied'],
      /`base_url` is refused/,
    ],
    ['an unknown field', { ...base, wieght: 3 }, [400, 'invalid_request'], /`wieght` is not a field/],
    [
      'a workspace in the body',
      { ...base, workspace_id: 'ws_two' },
      [400, 'invalid_request'],
      /`workspace_id` is not a field/,
    ],
    [
      'no models',
      { ...base, supported_models: [] },
      [400, 'invalid_request'],
      /`supported_models` must be a list of 1 to 1000/,
    ],
    ['no credential', { provider: 'openai' }, [400, 'invalid_request'], /`credential` is required/],
  ])('%s', async (_what, body, refusal, message) => {
    const before = (await instance.store.providerKeys.list(WORKSPACE)).length;
    const answer = await instance.call('management', 'POST', BYOK, body);
    expect([answer.status, answer.body.code]).toEqual(refusal);
    expect(answer.body.message).toMatch(message);
    expect(answer.text).not.toMatch(/CANARY|canary/);
    expect((await instance.store.providerKeys.list(WORKSPACE)).length).toBe(before);
    const tested = await instance.call('management', 'POST', `${BYOK}/test`, body);
    expect([tested.status, tested.body.code]).toEqual(refusal);
  });

  test.each([{ base_url: 'https://collector.example.com/v1' }, { region: 'eu' }, { provider: 'anthropic' }])(
    'a key cannot be sent elsewhere with %j alone',
    async (body) => {
      const { id } = await create();
      const answer = await instance.call('management', 'PATCH', `${BYOK}/${id}`, body);
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
      expect(answer.body.message).toContain('needs the credential in the same request');
      const moved = await instance.call('management', 'PATCH', `${BYOK}/${id}`, {
        ...body,
        credential: body.provider ? 'sk-ant-api03-abcdefgh' : CANARY,
      });
      expect(moved.status).toBe(200);
    },
  );

  test('a base URL that was changed in the database is sent nothing', async () => {
    const { id } = await create({ base_url: 'https://proxy.example.com/v1' });
    const stored = await instance.store.providerKeys.get(WORKSPACE, id as ProviderKeyId);
    if (stored === undefined) throw new Error('it was just stored');
    await instance.store.providerKeys.update(
      { ...stored, baseUrl: 'https://evil.example.com/v1', version: stored.version + 1 },
      stored.version,
    );
    const tests = instance.tested.length;
    const answer = await instance.call('management', 'POST', `${BYOK}/${id}/test`);
    expect(answer.body.data).toMatchObject({ ok: false, class: 'misconfigured' });
    expect(instance.tested).toHaveLength(tests);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data.health.state).toBe(
      'unreadable',
    );
  });
});

test('no log line and no stored row holds a secret or a token', async () => {
  await create();
  expect(instance.logged.length).toBeGreaterThan(20);
  const tokens = Object.values(instance.keys);
  for (const line of instance.logged)
    for (const secret of [CANARY, ...tokens]) expect(line).not.toContain(secret);
  const rows = await instance.store.providerKeys.list(WORKSPACE);
  expect(Buffer.concat(rows.map(({ sealed }) => sealed)).includes(CANARY)).toBe(false);
  expect(JSON.stringify(rows)).not.toContain(CANARY);
  expect(NOW).toBeLessThan(instance.world.now);
});
