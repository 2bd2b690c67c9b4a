/** Health of own keys: what benches a key, what the client is told, and what cures it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Seen } from '../support/send.ts';
import {
  addSandboxKey,
  callsOf,
  openStage,
  type SandboxKeyFields,
  type Stage,
  type StagedKey,
} from '../support/stage.ts';
import { CHEAP_MODEL, openTenant, versionOf, type Tenant } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';

let stage: Stage;
let tenant: Tenant;
let model = '';

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.sandbox.clearBehaviours();
  tenant = await openTenant(stage.gateway, 'Health');
  model = versionOf(CHEAP_MODEL);
});

const addOwn = async (fields: SandboxKeyFields = {}): Promise<StagedKey> =>
  await addSandboxKey(stage, tenant.addKey, fields);
const ask = async (more: object = {}): Promise<Seen> => await tenant.ask({ model, ...more });
const codeOf = (answer: Seen): unknown => (answer.status === 200 ? 200 : [answer.status, answer.json().code]);

type ShownHealth = {
  readonly state: string;
  readonly until: string | null;
  readonly last_error: {
    readonly class: string;
    readonly status: number | null;
    readonly message: string;
  } | null;
};
const healthOf = async ({ id }: StagedKey): Promise<ShownHealth> =>
  (await tenant.readKey(id)).health as unknown as ShownHealth;
type KeyTest = {
  readonly ok: boolean;
  readonly class: string;
  readonly message: string;
  readonly status: number | null;
};
const testKey = async ({ id }: StagedKey): Promise<KeyTest> =>
  ((await tenant.manage('POST', `/api/v1/byok/${id}/test`, {})) as { readonly data: KeyTest }).data;

describe('a revoked key', () => {
  async function revoked(): Promise<StagedKey> {
    const key = await addOwn({ label: 'Revoked' });
    stage.sandbox.revokeKey(key.secret);
    const refused = await ask();
    expect(codeOf(refused)).toEqual([424, 'provider_key_rejected']);
    return key;
  }

  test('is named with the words of the provider and with what to do, and is not called again', async () => {
    const key = await revoked();
    const again = await ask({ stream: true });
    expect(codeOf(again)).toEqual([424, 'provider_key_rejected']);
    expect(again.header('x-should-retry')).toBe('false');
    expect(again.json().message).toMatch(/"Revoked".*Edit the key, re-enable it, or test it successfully/);
    expect(callsOf(stage, key)).toHaveLength(1);
    const health = await healthOf(key);
    expect(health).toMatchObject({
      state: 'unhealthy',
      until: null,
      last_error: { class: 'key_invalid', status: 401 },
    });
    expect(health.last_error?.message).toMatch(/Incorrect API key provided/);
    expect(JSON.stringify(health)).not.toContain(key.secret);
    const { data } = (await tenant.manage('GET', '/api/v1/generations')) as {
      data: readonly { route?: unknown; id: string }[];
    };
    const first = await tenant.generation(data.at(-1)?.id ?? '');
    expect(first.route.attempts).toMatchObject([
      { outcome: 'failed', failure: { class: 'key_invalid' }, status: 401 },
    ]);
  });

  test('the first refusal carries the address where a new key is made', async () => {
    const key = await addOwn({ label: 'Revoked' });
    stage.sandbox.revokeKey(key.secret);
    const refused = await ask();
    expect(refused.json().message).toMatch(
      /^Key "Revoked" for OpenAI: Incorrect API key provided: .* Make a new key at https:\/\/platform\.openai\.com\/api-keys and enter it here\.$/,
    );
    expect(refused.json().error.metadata).toMatchObject({
      class: 'key_invalid',
      provider: 'openai',
      provider_status: 401,
      provider_key_id: key.id,
    });
    expect(refused.text).not.toContain(key.secret);
  });

  test('is cured by a test that succeeds, not by one that fails', async () => {
    const key = await revoked();
    expect(await testKey(key)).toMatchObject({ ok: false, class: 'bad_credential', status: 401 });
    expect(await healthOf(key)).toMatchObject({ state: 'unhealthy' });
    stage.sandbox.acceptKey(key.secret);
    expect(await testKey(key)).toMatchObject({ ok: true, class: 'ok', status: 200 });
    expect(await healthOf(key)).toMatchObject({ state: 'healthy' });
    expect(codeOf(await ask())).toBe(200);
  });

  test('is cured by re-enabling it', async () => {
    const key = await revoked();
    stage.sandbox.acceptKey(key.secret);
    await tenant.reenableKey(key.id);
    expect(codeOf(await ask())).toBe(200);
    expect(await healthOf(key)).toMatchObject({ state: 'healthy' });
  });

  test('is cured by entering another secret; a new label is no cure', async () => {
    const key = await revoked();
    await tenant.editKey(key.id, { label: 'Renamed' });
    expect(codeOf(await ask())).toEqual([424, 'provider_key_rejected']);
    await tenant.editKey(key.id, { credential: { api_key: 'sk-sandbox-fresh-0123456789' } });
    expect(codeOf(await ask())).toBe(200);
    expect(stage.sandbox.journal.entries().at(-1)?.key).toBe('sk-sandbox-fresh-0123456789');
  });

  test('stays benched over kill -9', async () => {
    const key = await revoked();
    const { apiKey } = tenant;
    await waitUntil(
      () => healthOf(key),
      ({ state }) => state === 'unhealthy',
    );
    // Saved beside the request, not before its answer: a moment is enough.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await stage.gateway.kill();
    stage.gateway = await stage.gateway.restart();
    const later = await openTenant(stage.gateway, 'Later');
    expect(codeOf(await later.ask({ model, apiKey }))).toEqual([424, 'provider_key_rejected']);
    expect(callsOf(stage, key)).toHaveLength(1);
  });
});

describe('a rate limit of the provider', () => {
  test('is believed: the key waits as long as it was told to, and comes back by itself', async () => {
    const key = await addOwn();
    stage.sandbox.behave({
      match: { key: key.secret },
      times: 1,
      fault: { kind: 'error', preset: 'rate_limited', retryAfter: '1' },
    });
    const startedAt = performance.now();
    const limited = await ask();
    expect(codeOf(limited)).toEqual([429, 'rate_limit_exceeded']);
    expect(limited.header('retry-after')).toBe('1');
    const benched = await ask();
    expect(codeOf(benched)).toEqual([503, 'provider_key_cooling_down']);
    expect(Number(benched.header('retry-after'))).toBeLessThanOrEqual(2);
    expect(await healthOf(key)).toMatchObject({
      state: 'cooling_down',
      last_error: { class: 'rate_limited', status: 429 },
    });
    expect(callsOf(stage, key)).toHaveLength(1);
    // Other models of the key are not benched.
    expect(codeOf(await tenant.ask({ model: versionOf(CHEAP_MODEL) }))).toBe(200);
    await waitUntil(ask, ({ status }) => status === 200, 5000);
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(await healthOf(key)).toMatchObject({ state: 'healthy', until: null });
  });

  test('a wait stated in days is believed, and the client is told not to try again', async () => {
    const key = await addOwn();
    stage.sandbox.behave({
      match: { key: key.secret },
      fault: { kind: 'error', preset: 'rate_limited', retryAfter: '7200' },
    });
    const limited = await ask();
    expect([limited.header('retry-after'), limited.header('x-should-retry')]).toEqual(['7200', 'false']);
    const until = Date.parse((await healthOf(key)).until ?? '');
    expect(until - Date.now()).toBeGreaterThan(7_100_000);
    expect(codeOf(await ask())).toEqual([503, 'provider_key_cooling_down']);
    expect(callsOf(stage, key)).toHaveLength(1);
  });

  test('an account without money is benched for every model, and says where to add some', async () => {
    const key = await addOwn();
    stage.sandbox.behave({
      match: { key: key.secret },
      fault: { kind: 'error', preset: 'insufficient_quota' },
    });
    const refused = await ask();
    expect(codeOf(refused)).toEqual([424, 'provider_key_rejected']);
    expect(refused.json().message).toMatch(/Add credit or raise the spending limit/);
    expect((await tenant.ask({ model: versionOf(CHEAP_MODEL) })).status).toBe(503);
    expect(callsOf(stage, key)).toHaveLength(1);
    expect(await healthOf(key)).toMatchObject({ state: 'cooling_down', last_error: { class: 'billing' } });
  });
});

describe('a provider that fails', () => {
  test('trips the breaker at three in a row; then one request at a time probes; success ends it', async () => {
    const key = await addOwn();
    const behaviour = stage.sandbox.behave({
      match: { key: key.secret },
      fault: { kind: 'error', preset: 'server_error' },
    });
    for (let times = 0; times < 3; times += 1) expect(codeOf(await ask())).toEqual([502, 'upstream_error']);
    const benched = await ask();
    expect(codeOf(benched)).toEqual([503, 'provider_key_cooling_down']);
    expect(Number(benched.header('retry-after'))).toBeLessThanOrEqual(6);
    expect(callsOf(stage, key)).toHaveLength(3);
    expect(await healthOf(key)).toMatchObject({
      state: 'cooling_down',
      last_error: { class: 'provider_error' },
    });

    stage.sandbox.clearBehaviours(behaviour);
    stage.sandbox.behave({ match: { key: key.secret }, times: 1, delayMs: 400 });
    await waitUntil(
      () => healthOf(key),
      ({ state }) => state === 'healthy',
      10_000,
    );
    const probing = await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(probing.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of probing.filter(({ status }) => status !== 200))
      expect(codeOf(answer)).toEqual([503, 'provider_key_cooling_down']);
    expect(callsOf(stage, key)).toHaveLength(4);
    for (let times = 0; times < 3; times += 1) expect(codeOf(await ask())).toBe(200);
  });

  test('two keys that fail in a row bench the model at that address for a third, which is not even tried', async () => {
    const failing = [await addOwn({ region: 'a' }), await addOwn({ region: 'a' })];
    const third = await addOwn({ region: 'b' });
    stage.sandbox.behave({
      match: { model: model.split('/')[1] ?? '' },
      fault: { kind: 'error', preset: 'server_error' },
    });
    expect((await ask()).header('x-arouter-attempts')).toBe('3');
    const calls = stage.sandbox.journal.seen();
    expect(codeOf(await ask())).toEqual([503, 'provider_key_cooling_down']);
    expect(stage.sandbox.journal.seen()).toBe(calls);
    expect([...failing, third].map((key) => callsOf(stage, key).length)).toEqual([1, 1, 1]);
  });

  test.each([
    ['that cannot be reached', { kind: 'reset_before_headers' }, 'upstream_unreachable', 'unreachable'],
    ['that answers with a page', { kind: 'html' }, 'upstream_error', 'invalid_answer'],
  ] as const)('%s is told apart, in words', async (_name, fault, code, failureClass) => {
    const key = await addOwn();
    stage.sandbox.behave({ match: { key: key.secret }, fault });
    const answer = await ask();
    expect(codeOf(answer)).toEqual([502, code]);
    expect(answer.json().error.metadata).toMatchObject({ class: failureClass });
    expect(await healthOf(key)).toMatchObject({ last_error: { class: failureClass } });
  });
});

describe('testing a key before it is saved', () => {
  const testUnsaved = async (secret: string): Promise<KeyTest> => {
    const body = {
      provider: 'openai',
      credential: { api_key: secret },
      base_url: `${stage.sandbox.url}/openai/v1`,
    };
    return ((await tenant.manage('POST', '/api/v1/byok/test', body)) as { readonly data: KeyTest }).data;
  };

  test('says that it works, or what is wrong; saves nothing and generates nothing', async () => {
    expect(await testUnsaved('sk-sandbox-unsaved-0123456789')).toMatchObject({
      ok: true,
      class: 'ok',
      status: 200,
    });
    const refused = await testUnsaved('sk-not-accepted-0123456789');
    expect(refused).toMatchObject({ ok: false, class: 'bad_credential', status: 401 });
    expect(refused.message).not.toContain('sk-not-accepted-0123456789');
    expect(await tenant.manage('GET', '/api/v1/byok')).toEqual({ data: [], total_count: 0 });
    expect(await tenant.manage('GET', '/api/v1/generations')).toEqual({
      data: [],
      next_cursor: null,
      searched_back_to: null,
    });
    const tests = stage.sandbox.journal
      .entries()
      .filter(({ key }) => key === 'sk-sandbox-unsaved-0123456789');
    expect(tests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /openai/v1/models']);
  });

  test('an address where nobody listens is said to be unreachable, without its words', async () => {
    stage.sandbox.behave({ match: { path: '/models' }, times: 1, fault: { kind: 'reset_before_headers' } });
    expect(await testUnsaved('sk-sandbox-unsaved-0123456789')).toMatchObject({
      ok: false,
      class: 'network',
      status: null,
    });
  });
});
