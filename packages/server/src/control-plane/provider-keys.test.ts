import type { ProviderKeyId } from '@arouter/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KEY_TESTS_MAX } from './test-provider-key.ts';
import { CANARY, NOW, openTestInstance, OTHER_WORKSPACE, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

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
async function create(extra: Record<string, unknown> = {}, key: 'management' | 'foreign' = 'management'): Promise<{ id: string; [field: string]: unknown }> {
  const { status, body } = await instance.call(key, 'POST', BYOK, { provider: 'openai', credential: { api_key: CANARY }, ...extra });
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
        settings: {},
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
    const routed = () => instance.deps.snapshot().providerKeys(WORKSPACE).map((key) => key.id as string);
    expect(routed()).toContain(id);
    const stored = instance.deps.snapshot().providerKeys(WORKSPACE).find((key) => key.id === id);
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
    const { body } = await instance.call('management', 'PATCH', `${BYOK}/${id}`, { rpm_limit: null, always_use: true, monthly_budget_usd: 12.5 });
    expect(body.data).toMatchObject({ weight: 5, rpm_limit: null, label: 'A', fallback_policy: 'deny', monthly_budget_usd: 12.5 });
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data).toEqual(body.data);
  });

  test('survive two writers at once: both changes are kept', async () => {
    const { id } = await create();
    const answers = await Promise.all([
      instance.call('management', 'PATCH', `${BYOK}/${id}`, { weight: 7 }),
      instance.call('management', 'PATCH', `${BYOK}/${id}`, { rpm_limit: 9 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data).toMatchObject({ weight: 7, rpm_limit: 9 });
  });

  test('a duplicate secret is allowed and named', async () => {
    const first = await create({ credential: { api_key: 'sk-proj-duplicateduplicate01' }, label: 'First' });
    const { status, body } = await instance.call('management', 'POST', BYOK, { provider: 'openai', credential: 'sk-proj-duplicateduplicate01' });
    expect(status).toBe(201);
    expect(body.warnings).toEqual([`The same secret is already saved as "First" (${first.id}); both share one account's limits.`]);
    const foreign = await instance.call('foreign', 'POST', BYOK, { provider: 'openai', credential: 'sk-proj-duplicateduplicate01' });
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
      const missing = await instance.call('management', method, `${BYOK}/pk_000000000000000000000000${suffix}`, body);
      expect([foreign.status, foreign.body.message]).toEqual([404, missing.body.message]);
    }
    expect((await instance.store.providerKeys.get(OTHER_WORKSPACE, id as ProviderKeyId))?.weight).toBe(1);
    expect(instance.tested.map(({ key }) => key.id as string)).not.toContain(id);
  });

  test('the operator has platform keys of the same kind, apart from every workspace', async () => {
    const { status, body } = await instance.call('operator', 'POST', '/api/v1/platform-keys', { provider: 'openai', credential: CANARY });
    expect([status, body.data.source]).toEqual([201, 'platform']);
    const { id } = body.data;
    expect((await instance.call('operator', 'GET', '/api/v1/platform-keys')).body.total_count).toBe(1);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).status).toBe(404);
    expect(instance.deps.snapshot().providerKeys(WORKSPACE).map((key) => key.id)).toContain(id);
    for (const suffix of ['/test', '/reenable']) {
      expect((await instance.call('operator', 'POST', `/api/v1/platform-keys/${id}${suffix}`)).status).toBe(200);
    }
    expect((await instance.call('operator', 'PATCH', `/api/v1/platform-keys/${id}`, { weight: 3 })).body.data.weight).toBe(3);
    expect((await instance.call('operator', 'DELETE', `/api/v1/platform-keys/${id}`)).status).toBe(200);
  });
});

describe('bad input is refused with the field and what it must be', () => {
  const base = { provider: 'openai', credential: { api_key: CANARY } };
  test.each<[string, unknown, number, string, RegExp]>([
    ['weight 0', { ...base, weight: 0 }, 400, 'invalid_request', /`weight` must be a whole number from 1 to 1000/],
    ['weight -1', { ...base, weight: -1 }, 400, 'invalid_request', /`weight` must be a whole number from 1 to 1000/],
    ['weight 1e9', { ...base, weight: 1e9 }, 400, 'invalid_request', /`weight` must be a whole number from 1 to 1000/],
    ['weight NaN', '{"provider":"openai","credential":"x","weight":NaN}', 400, 'invalid_request', /not valid JSON.*NaN/],
    ['weight "NaN"', { ...base, weight: 'NaN' }, 400, 'invalid_request', /`weight` must be/],
    ['budget -1', { ...base, daily_budget_usd: -1 }, 400, 'invalid_request', /`daily_budget_usd` must be more than 0/],
    ['monthly budget -1', { ...base, monthly_budget_usd: -1 }, 400, 'invalid_request', /`monthly_budget_usd` must be more than 0/],
    ['malformed credential JSON', { ...base, credential: '{"api_key":"sk-canary' }, 400, 'invalid_request', /begins like JSON/],
    ['a service account in the key field', { ...base, credential: { api_key: '{"type":"service_account"}' } }, 400, 'invalid_request', /service-account file/],
    ['an unknown provider', { ...base, provider: 'nosuch' }, 400, 'invalid_request', /`provider` must name a known provider: /],
    ['a private base URL', { ...base, base_url: 'https://10.0.0.8/v1' }, 422, 'egress_denied', /`base_url` is refused/],
    ['a metadata address', { ...base, base_url: 'http://169.254.169.254/' }, 422, 'egress_denied', /`base_url` is refused/],
    ['an unknown field', { ...base, wieght: 3 }, 400, 'invalid_request', /`wieght` is not a field/],
    ['a workspace in the body', { ...base, workspace_id: 'ws_two' }, 400, 'invalid_request', /`workspace_id` is not a field/],
    ['no models', { ...base, supported_models: [] }, 400, 'invalid_request', /`supported_models` must be a list of 1 to 1000/],
    ['no credential', { provider: 'openai' }, 400, 'invalid_request', /`credential` is required/],
  ])('%s', async (_what, body, status, code, message) => {
    const before = (await instance.store.providerKeys.list(WORKSPACE)).length;
    const answer = await instance.call('management', 'POST', BYOK, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.message).toMatch(message);
    expect(answer.text).not.toMatch(/CANARY|canary/);
    expect((await instance.store.providerKeys.list(WORKSPACE)).length).toBe(before);
    const tested = await instance.call('management', 'POST', `${BYOK}/test`, body);
    expect([tested.status, tested.body.code]).toEqual([status, code]);
  });

  test.each([{ base_url: 'https://collector.example.com/v1' }, { region: 'eu' }, { provider: 'anthropic' }])(
    'a key cannot be sent elsewhere with %j alone',
    async (body) => {
      const { id } = await create();
      const answer = await instance.call('management', 'PATCH', `${BYOK}/${id}`, body);
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
      expect(answer.body.message).toContain('needs the credential in the same request');
      const moved = await instance.call('management', 'PATCH', `${BYOK}/${id}`, { ...body, credential: body.provider ? 'sk-ant-api03-abcdefgh' : CANARY });
      expect(moved.status).toBe(200);
    },
  );

  test('a base URL that was changed in the database is sent nothing', async () => {
    const { id } = await create({ base_url: 'https://proxy.example.com/v1' });
    const stored = await instance.store.providerKeys.get(WORKSPACE, id as ProviderKeyId);
    if (stored === undefined) throw new Error('it was just stored');
    await instance.store.providerKeys.update({ ...stored, baseUrl: 'https://evil.example.com/v1', version: stored.version + 1 }, stored.version);
    const tests = instance.tested.length;
    const answer = await instance.call('management', 'POST', `${BYOK}/${id}/test`);
    expect(answer.body.data).toMatchObject({ ok: false, class: 'misconfigured' });
    expect(instance.tested).toHaveLength(tests);
    expect((await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data.health.state).toBe('unreadable');
  });
});

describe('testing and health', () => {
  const healthOf = async (id: string) => (await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data.health;

  test('an unsaved key is tested as it would be saved, and stored nowhere', async () => {
    const before = await instance.store.providerKeys.list(WORKSPACE);
    const { body } = await instance.call('management', 'POST', `${BYOK}/test`, {
      provider: 'openai',
      credential: CANARY,
      base_url: 'http://127.0.0.1:9001/openai/v1',
      model: 'gpt-4o-mini',
    });
    expect(body).toEqual({ data: { ok: true, class: 'ok', message: 'The key works.', status: 200, latency_ms: 12 } });
    expect(instance.tested.at(-1)).toMatchObject({
      credential: { api_key: CANARY },
      model: 'gpt-4o-mini',
      key: { destination: 'http://127.0.0.1:9001', baseUrl: 'http://127.0.0.1:9001/openai/v1', workspaceId: WORKSPACE },
    });
    expect(await instance.store.providerKeys.list(WORKSPACE)).toEqual(before);
  });

  test('a refused credential makes a saved key unhealthy; a later success makes it healthy', async () => {
    const { id } = await create();
    instance.world.keyTest = { class: 'bad_credential', message: 'OpenAI refused the key.', status: 401, latencyMs: 80 };
    const refused = await instance.call('management', 'POST', `${BYOK}/${id}/test`);
    expect(refused.body.data).toMatchObject({ ok: false, class: 'bad_credential', status: 401 });
    expect(await healthOf(id)).toEqual({
      state: 'unhealthy',
      until: null,
      last_error: { status: 401, class: 'key_invalid', message: 'OpenAI refused the key.', at: new Date(instance.world.now).toISOString() },
      models: [],
    });
    instance.world.keyTest = OK;
    await instance.call('management', 'POST', `${BYOK}/${id}/test`, {});
    expect(await healthOf(id)).toMatchObject({ state: 'healthy', last_error: null });
  });

  test.each(['cannot_test', 'network', 'no_quota', 'limited', 'no_such_model', 'misconfigured'] as const)(
    '%s changes no health, good or bad',
    async (result) => {
      const { id } = await create();
      instance.world.keyTest = { class: result, message: 'x', status: null, latencyMs: 1 };
      await instance.call('management', 'POST', `${BYOK}/${id}/test`);
      expect((await healthOf(id)).state).toBe('healthy');
      instance.world.keyTest = { class: 'bad_credential', message: 'x', status: 401, latencyMs: 1 };
      await instance.call('management', 'POST', `${BYOK}/${id}/test`);
      instance.world.keyTest = { class: result, message: 'x', status: null, latencyMs: 1 };
      await instance.call('management', 'POST', `${BYOK}/${id}/test`);
      expect((await healthOf(id)).state).toBe('unhealthy');
    },
  );

  const bench = (id: string, kind: 'key_model' | 'key') =>
    instance.counters.applyOutcome(
      [kind === 'key' ? { kind, key: id as ProviderKeyId } : { kind, key: id as ProviderKeyId, model: 'gpt-4o' }],
      {
        kind: 'failure',
        key: id as ProviderKeyId,
        at: instance.deps.clock.now(),
        startedAt: instance.deps.clock.now(),
        class: kind === 'key' ? 'billing' : 'rate_limited',
        status: 429,
        message: 'Slow down.',
        retryAfterMs: 30_000,
        jitter: 0,
      },
    );

  test('a bench with one model is shown, with the model and the time, until it has passed', async () => {
    const { id } = await create();
    await bench(id, 'key_model');
    const until = new Date(instance.world.now + 30_000).toISOString();
    expect(await healthOf(id)).toMatchObject({
      state: 'cooling_down',
      until,
      last_error: { status: 429, class: 'rate_limited', message: 'Slow down.' },
      models: [{ model: 'gpt-4o', until }],
    });
    instance.world.now += 30_001;
    expect(await healthOf(id)).toMatchObject({ state: 'healthy', until: null, last_error: { status: 429 }, models: [] });
  });

  test.each([
    ['re-enabling', 'POST', '/reenable', undefined],
    ['a new credential', 'PATCH', '', { credential: 'sk-proj-freshfreshfresh01' }],
    ['enabling by change', 'PATCH', '', { enabled: true }],
  ] as const)('%s ends every bench', async (_what, method, suffix, body) => {
    const { id } = await create({ enabled: false });
    await bench(id, 'key_model');
    await bench(id, 'key');
    expect((await healthOf(id)).state).toBe('cooling_down');
    const { status } = await instance.call('management', method, `${BYOK}/${id}${suffix}`, body);
    expect(status).toBe(200);
    expect(await healthOf(id)).toEqual({ state: 'healthy', until: null, last_error: null, models: [] });
  });

  test('a changed label ends no bench', async () => {
    const { id } = await create();
    await bench(id, 'key');
    await instance.call('management', 'PATCH', `${BYOK}/${id}`, { label: 'New' });
    expect((await healthOf(id)).state).toBe('cooling_down');
  });

  test('re-enabling enables', async () => {
    const { id } = await create({ enabled: false });
    expect((await instance.call('management', 'POST', `${BYOK}/${id}/reenable`)).body.data.enabled).toBe(true);
  });

  test('the number of tests a minute is bounded per workspace', async () => {
    const { id } = await create();
    const other = await create({}, 'foreign');
    const answers = [];
    for (let index = 0; index <= KEY_TESTS_MAX; index += 1) answers.push(await instance.call('management', 'POST', `${BYOK}/${id}/test`));
    expect(answers.slice(0, -1).every(({ status }) => status === 200)).toBe(true);
    const last = answers.at(-1);
    expect([last?.status, last?.body.code, last?.headers['retry-after']]).toEqual([429, 'rate_limit_exceeded', '60']);
    expect((await instance.call('foreign', 'POST', `${BYOK}/${other.id}/test`)).status).toBe(200);
  });

  test("a failure at a host of the caller's choice takes a multiple of 300 ms", async () => {
    instance.world.keyTest = { class: 'network', message: 'x', status: null, latencyMs: 301 };
    const body = { provider: 'openai', credential: CANARY, base_url: 'http://127.0.0.1:9001' };
    expect((await instance.call('management', 'POST', `${BYOK}/test`, body)).body.data.latency_ms).toBe(600);
    const known = { provider: 'openai', credential: CANARY };
    expect((await instance.call('management', 'POST', `${BYOK}/test`, known)).body.data.latency_ms).toBe(301);
  });
});

test('no log line and no stored row holds a secret or a token', async () => {
  await create();
  expect(instance.logged.length).toBeGreaterThan(20);
  const tokens = Object.values(instance.keys);
  for (const line of instance.logged) for (const secret of [CANARY, ...tokens]) expect(line).not.toContain(secret);
  const rows = await instance.store.providerKeys.list(WORKSPACE);
  expect(Buffer.concat(rows.map(({ sealed }) => sealed)).includes(CANARY)).toBe(false);
  expect(JSON.stringify(rows)).not.toContain(CANARY);
  expect(NOW).toBeLessThan(instance.world.now);
});
