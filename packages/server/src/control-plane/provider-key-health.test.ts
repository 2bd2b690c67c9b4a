import type { ProviderKeyId } from '@arouter/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KEY_TESTS_MAX } from './test-provider-key.ts';
import { CANARY, openTestInstance, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

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

describe('testing and health', () => {
  const healthOf = async (id: string) =>
    (await instance.call('management', 'GET', `${BYOK}/${id}`)).body.data.health;

  test('an unsaved key is tested as it would be saved, and stored nowhere', async () => {
    const before = await instance.store.providerKeys.list(WORKSPACE);
    const { body } = await instance.call('management', 'POST', `${BYOK}/test`, {
      provider: 'openai',
      credential: CANARY,
      base_url: 'http://127.0.0.1:9001/openai/v1',
      model: 'gpt-4o-mini',
    });
    expect(body).toEqual({
      data: { ok: true, class: 'ok', message: 'The key works.', status: 200, latency_ms: 12 },
    });
    expect(instance.tested.at(-1)).toMatchObject({
      credential: { api_key: CANARY },
      model: 'gpt-4o-mini',
      key: {
        destination: 'http://127.0.0.1:9001',
        baseUrl: 'http://127.0.0.1:9001/openai/v1',
        workspaceId: WORKSPACE,
      },
    });
    expect(await instance.store.providerKeys.list(WORKSPACE)).toEqual(before);
  });

  test('a refused credential makes a saved key unhealthy; a later success makes it healthy', async () => {
    const { id } = await create();
    instance.world.keyTest = {
      class: 'bad_credential',
      message: 'OpenAI refused the key.',
      status: 401,
      latencyMs: 80,
    };
    const refused = await instance.call('management', 'POST', `${BYOK}/${id}/test`);
    expect(refused.body.data).toMatchObject({ ok: false, class: 'bad_credential', status: 401 });
    expect(await healthOf(id)).toEqual({
      state: 'unhealthy',
      until: null,
      last_error: {
        status: 401,
        class: 'key_invalid',
        message: 'OpenAI refused the key.',
        at: new Date(instance.world.now).toISOString(),
        advice: expect.stringContaining('Make a new key'),
      },
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
      [
        kind === 'key'
          ? { kind, key: id as ProviderKeyId }
          : { kind, key: id as ProviderKeyId, model: 'gpt-4o' },
      ],
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
    bench(id, 'key_model');
    const until = new Date(instance.world.now + 30_000).toISOString();
    expect(await healthOf(id)).toMatchObject({
      state: 'cooling_down',
      until,
      last_error: { status: 429, class: 'rate_limited', message: 'Slow down.' },
      models: [{ model: 'gpt-4o', until }],
    });
    instance.world.now += 30_001;
    expect(await healthOf(id)).toMatchObject({
      state: 'healthy',
      until: null,
      last_error: { status: 429 },
      models: [],
    });
  });

  test.each([
    ['re-enabling', 'POST', '/reenable', undefined],
    ['a new credential', 'PATCH', '', { credential: 'sk-proj-freshfreshfresh01' }],
    ['enabling by change', 'PATCH', '', { enabled: true }],
  ] as const)('%s ends every bench', async (_what, method, suffix, body) => {
    const { id } = await create({ enabled: false });
    bench(id, 'key_model');
    bench(id, 'key');
    expect((await healthOf(id)).state).toBe('cooling_down');
    const { status } = await instance.call('management', method, `${BYOK}/${id}${suffix}`, body);
    expect(status).toBe(200);
    expect(await healthOf(id)).toEqual({ state: 'healthy', until: null, last_error: null, models: [] });
  });

  test('a changed label ends no bench', async () => {
    const { id } = await create();
    bench(id, 'key');
    await instance.call('management', 'PATCH', `${BYOK}/${id}`, { label: 'New' });
    expect((await healthOf(id)).state).toBe('cooling_down');
  });

  test('re-enabling enables', async () => {
    const { id } = await create({ enabled: false });
    expect((await instance.call('management', 'POST', `${BYOK}/${id}/reenable`)).body.data.enabled).toBe(
      true,
    );
  });

  test('the number of tests a minute is bounded per workspace', async () => {
    const { id } = await create();
    const other = await create({}, 'foreign');
    const answers = [];
    for (let index = 0; index <= KEY_TESTS_MAX; index += 1)
      answers.push(await instance.call('management', 'POST', `${BYOK}/${id}/test`));
    expect(answers.slice(0, -1).every(({ status }) => status === 200)).toBe(true);
    const last = answers.at(-1);
    expect([last?.status, last?.body.code, last?.headers['retry-after']]).toEqual([
      429,
      'rate_limit_exceeded',
      '60',
    ]);
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
