/** Own keys first: which key serves, in which order, when the platform may step in, and how every choice explains itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ShownGeneration, ShownVerdict } from '../support/management-client.ts';
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

let stage: Stage;
let tenant: Tenant;
let model = '';

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.sandbox.clearBehaviours();
  tenant = await openTenant(stage.gateway, 'Own keys');
  model = versionOf(CHEAP_MODEL);
});

const addOwn = async (fields: SandboxKeyFields = {}): Promise<StagedKey> =>
  await addSandboxKey(stage, tenant.addKey, fields);
/** For this test's model only: platform keys are everybody's. */
const addPlatform = async (fields: SandboxKeyFields = {}): Promise<StagedKey> =>
  await addSandboxKey(stage, tenant.addPlatformKey, { supported_models: [model], ...fields });
const ask = async (more: object = {}): Promise<Seen> => await tenant.ask({ model, ...more });
const servedBy = (answer: Seen): string | undefined => answer.header('x-arouter-provider-key');

function expectServed(answer: Seen, key: StagedKey, attempts: number): void {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.header('x-arouter-provider-key')).toBe(key.id);
  expect(answer.header('x-arouter-source')).toBe(key.source);
  expect(answer.header('x-arouter-provider')).toBe(key.provider);
  expect(answer.header('x-arouter-attempts')).toBe(String(attempts));
  expect(answer.header('x-generation-id')).toMatch(/^gen-\d+-[0-9a-f]{24}$/);
}

describe('among own keys', () => {
  const WEIGHTS = [5, 3, 2] as const;

  test('first tries follow the weights', async () => {
    const keys = await Promise.all(WEIGHTS.map((weight) => addOwn({ weight })));
    const ASKED = 600;
    const answers: Seen[] = [];
    const loop = async (): Promise<void> => {
      while (answers.length < ASKED) answers.push(await ask());
    };
    await Promise.all(Array.from({ length: 8 }, loop));
    for (const [index, key] of keys.entries()) {
      const served = answers.filter((answer) => servedBy(answer) === key.id).length;
      expectShare(served, answers.length, (WEIGHTS[index] ?? 0) / 10);
      expect(callsOf(stage, key)).toHaveLength(served);
    }
  });

  test('the second choice is weighted too, and a preview shows both without sending anything', async () => {
    const keys = await Promise.all(WEIGHTS.map((weight) => addOwn({ weight, rpm_limit: 1000 })));
    const before = { calls: stage.sandbox.journal.seen(), usage: await tenant.usage() };
    const plans = await Promise.all(Array.from({ length: 400 }, () => preview()));
    for (const plan of plans.slice(0, 1))
      expect(plan.map(({ share }) => share).toSorted()).toEqual([0.2, 0.3, 0.5]);
    const [first, second] = keys;
    const firstWins = plans.filter((plan) => at(plan, 1) === first?.id);
    expectShare(firstWins.length, plans.length, 0.5);
    expectShare(firstWins.filter((plan) => at(plan, 2) === second?.id).length, firstWins.length, 3 / 5);
    expect({ calls: stage.sandbox.journal.seen(), usage: await tenant.usage() }).toEqual(before);
    expect(await tenant.manage('GET', '/api/v1/generations')).toEqual({
      data: [],
      next_cursor: null,
      searched_back_to: null,
    });
  });

  test('a disabled key is left out, and a key edited serves at once', async () => {
    const on = await addOwn({ weight: 1 });
    const off = await addOwn({ weight: 1000, enabled: false });
    for (let times = 0; times < 5; times += 1) expectServed(await ask(), on, 1);
    expect(reasonsIn(await preview())).toEqual({ [off.id]: 'key_disabled' });
    await tenant.editKey(off.id, { enabled: true });
    await tenant.editKey(on.id, { enabled: false });
    expectServed(await ask(), off, 1);
    await tenant.deleteKey(off.id);
    const answer = await ask();
    expect([answer.status, answer.json().code]).toEqual([503, 'no_provider_available']);
    expect(answer.json().message).toContain('it is disabled. Enable it to use it.');
  });

  test.each<[pattern: string, asked: string, serves: boolean]>([
    ['gpt-4o-mini', 'openai/gpt-4o-mini', true],
    ['openai/gpt-4o-mini', 'gpt-4o-mini', true],
    ['GPT-4O-*', 'openai/gpt-4o-mini', true],
    ['openai/*', 'gpt-4o-mini', true],
    ['*mini', 'openai/gpt-4o-mini', true],
    ['gpt-4o', 'openai/gpt-4o-mini', false],
    ['anthropic/*', 'openai/gpt-4o-mini', false],
    ['*nano*', 'openai/gpt-4o-mini', false],
  ])('supported models %s and a request for %s: %j', async (pattern, asked, serves) => {
    const key = await addOwn({ supported_models: ['text-embedding-3-small', pattern] });
    const answer = await tenant.ask({ model: asked });
    if (serves) return expectServed(answer, key, 1);
    expect([answer.status, answer.json().code]).toEqual([503, 'no_provider_available']);
    expect(answer.json().message).toContain("not in the key's supported models");
    return expect(callsOf(stage, key)).toEqual([]);
  });

  test('a preferred region goes first, another serves when it cannot, a required one never gives way', async () => {
    const europe = await addOwn({ region: 'eu' });
    const america = await addOwn({ region: 'us', weight: 1000 });
    const asking = (provider: object) => ask({ with: { provider } });
    for (let times = 0; times < 6; times += 1) expectServed(await asking({ region: 'eu' }), europe, 1);
    await tenant.editKey(europe.id, { enabled: false });
    expectServed(await asking({ region: 'eu' }), america, 1);
    const answer = await asking({ region: 'eu', require_region: true });
    expect([answer.status, answer.json().code]).toEqual([503, 'no_provider_available']);
    expect(answer.json().message).toContain('requires region eu');
  });

  test('the caller may narrow the providers, and orders them within a tier', async () => {
    await addOwn({ weight: 1000 });
    const claude = await addOwn({ provider: 'anthropic' });
    const answer = await tenant.ask({
      model,
      with: { models: ['anthropic/claude-haiku-4-5'], provider: { only: ['anthropic'] } },
    });
    expectServed(answer, claude, 1);
    const refused = await ask({ with: { provider: { ignore: ['openai'] } } });
    expect([refused.status, refused.json().code]).toEqual([503, 'no_provider_available']);
    expect(refused.json().message).toContain('the request leaves its provider out');
  });
});

describe('when a key fails, the next one serves and the client does not notice', () => {
  /** The failing key is the preferred region's, so that it is tried first. */
  const pair = async (): Promise<readonly [failing: StagedKey, good: StagedKey]> => [
    await addOwn({ region: 'first', label: 'Failing' }),
    await addOwn({ region: 'second' }),
  ];
  const prefers = { with: { provider: { region: 'first' } } };

  test.each([
    ['an error of the provider', { kind: 'error', preset: 'server_error' }, 'provider_error'],
    ['too much load', { kind: 'error', preset: 'overloaded' }, 'provider_busy'],
    ['a rate limit', { kind: 'error', preset: 'rate_limited' }, 'rate_limited'],
    ['a spent account', { kind: 'error', preset: 'insufficient_quota' }, 'billing'],
    ['a refused credential', { kind: 'error', preset: 'invalid_key' }, 'key_invalid'],
    ['a page instead of an answer', { kind: 'html' }, 'invalid_answer'],
    ['an empty answer', { kind: 'empty_body' }, 'invalid_answer'],
    ['a connection reset before the answer', { kind: 'reset_before_headers' }, 'unreachable'],
    ['a connection reset after its headers', { kind: 'reset_after_headers' }, 'unreachable'],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/v1/chat/completions' }, null],
    [
      'an error event before any content',
      { kind: 'error_in_200', preset: 'overloaded', afterFrames: 0 },
      'provider_busy',
    ],
  ] as const)('%s', async (_name, fault, failureClass) => {
    const [failing, good] = await pair();
    for (const stream of [false, true]) {
      await tenant.reenableKey(failing.id);
      model = versionOf(CHEAP_MODEL);
      stage.sandbox.behave({ match: { key: failing.secret }, times: 1, fault });
      const answer = await ask({ stream, ...prefers });
      expectServed(answer, good, 2);
      if (stream) expect(answer.text).toMatch(/data: \[DONE\]\n\n$/);
      const { route, status, usage } = await tenant.generation(answer.header('x-generation-id') ?? '');
      expect(status).toBe('succeeded');
      expect(usage?.estimated).toBe(false);
      expect(route.attempts).toMatchObject([
        {
          provider_key_id: failing.id,
          outcome: 'failed',
          ...(failureClass === null ? {} : { failure: { class: failureClass } }),
        },
        { provider_key_id: good.id, outcome: 'succeeded', failure: null },
      ]);
    }
    expect(callsOf(stage, failing)).toHaveLength(2);
  });

  test.each(['openai', 'anthropic'] as const)(
    'after content has gone out (%s) an error ends the stream: an error event, no terminal event, no second attempt',
    async (dialect) => {
      const [failing, good] = await pair();
      stage.sandbox.behave({
        match: { key: failing.secret },
        fault: { kind: 'error_in_200', preset: 'overloaded', afterFrames: 4 },
      });
      const answer = await ask({ dialect, stream: true, text: 'Write 30 words', maxTokens: 60, ...prefers });
      expectServed(answer, failing, 1);
      expect(answer.text).toMatch(/"error"/);
      expect(answer.text).not.toMatch(/\[DONE\]|message_stop/);
      expect(callsOf(stage, good)).toEqual([]);
      const generation = await tenant.generation(answer.header('x-generation-id') ?? '');
      expect(generation).toMatchObject({ status: 'interrupted', usage: { estimated: true } });
    },
  );

  test('three attempts at most, whatever the plan still offers', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => addOwn()));
    stage.sandbox.behave({
      match: { model: model.split('/')[1] ?? '' },
      fault: { kind: 'error', preset: 'server_error' },
    });
    const answer = await ask();
    expect([answer.status, answer.json().code, answer.header('x-arouter-attempts')]).toEqual([
      502,
      'upstream_error',
      '3',
    ]);
    expect(keys.flatMap((key) => callsOf(stage, key))).toHaveLength(3);
  });

  test.each(['bad_request', 'context_length', 'content_filter'] as const)(
    "the caller's own mistake (%s) comes back as the provider worded it, is tried once, and blames no key",
    async (preset) => {
      const keys = [await addOwn(), await addOwn()];
      stage.sandbox.behave({ match: { model: model.split('/')[1] ?? '' }, fault: { kind: 'error', preset } });
      const answer = await ask();
      expect([answer.status, answer.header('x-arouter-attempts')]).toEqual([400, '1']);
      expect(answer.header('x-should-retry')).toBe('false');
      for (const key of keys)
        expect(await tenant.readKey(key.id)).toMatchObject({
          health: { state: 'healthy', last_error: null },
        });
    },
  );
});

describe('platform keys', () => {
  test('come after own keys, whatever their weight, and serve where there is no own key', async () => {
    const platform = await addPlatform({ weight: 1000 });
    const answer = await ask();
    expectServed(answer, platform, 1);
    expect(answer.header('x-arouter-fallback-reason')).toBe('no_own_key');
    const own = await addOwn();
    for (let times = 0; times < 10; times += 1) expectServed(await ask(), own, 1);
    expect(callsOf(stage, platform)).toHaveLength(1);
  });

  test('step in when the own key fails, and the answer says why', async () => {
    const platform = await addPlatform();
    const own = await addOwn();
    stage.sandbox.revokeKey(own.secret);
    const failedOver = await ask();
    expectServed(failedOver, platform, 2);
    expect(failedOver.header('x-arouter-fallback-reason')).toBe(`${own.id}=key_invalid`);
    const passedOver = await ask();
    expectServed(passedOver, platform, 1);
    expect(passedOver.header('x-arouter-fallback-reason')).toBe(`${own.id}=cooling_down`);
    expect(callsOf(stage, own)).toHaveLength(1);
    const { route } = await tenant.generation(passedOver.header('x-generation-id') ?? '');
    expect(route.plans[0]?.verdicts.find((verdict) => verdict.provider_key_id === own.id)).toMatchObject({
      kind: 'excluded',
      reason: {
        code: 'cooling_down',
        message: expect.stringContaining('refused the credential. Edit the key, re-enable it, or test it'),
      },
    });
  });

  test('never step in where an own key says "always use this key": not after a failure, not while it is benched', async () => {
    const platform = await addPlatform();
    const own = await addOwn({ always_use: true, label: 'Always' });
    expect(own).toMatchObject({ fallback_policy: 'deny' });
    stage.sandbox.revokeKey(own.secret);
    for (let times = 0; times < 3; times += 1) {
      const answer = await ask({ stream: times === 2 });
      expect([answer.status, answer.json().code]).toEqual([424, 'provider_key_rejected']);
      expect(answer.text).toContain('Always');
    }
    expect(callsOf(stage, own)).toHaveLength(1);
    expect(callsOf(stage, platform)).toEqual([]);
    expect(reasonsIn(await preview())).toEqual({
      [own.id]: 'cooling_down',
      [platform.id]: 'fallback_denied',
    });
  });

  test('"always use" of one own key leaves the other own keys in play', async () => {
    const platform = await addPlatform();
    const denying = await addOwn({ always_use: true, region: 'first' });
    const other = await addOwn({ region: 'second' });
    stage.sandbox.revokeKey(denying.secret);
    expectServed(await ask({ with: { provider: { region: 'first' } } }), other, 2);
    expectServed(await ask(), other, 1);
    expect(callsOf(stage, platform)).toEqual([]);
  });

  test.each([
    ['for other models', { supported_models: ['gpt-4o'] }],
    ['that is disabled', { enabled: false }],
  ])('an "always use" key %s has no say', async (_name, fields) => {
    const platform = await addPlatform();
    await addOwn({ always_use: true, ...fields });
    expectServed(await ask(), platform, 1);
  });

  test('"always use" holds for its model only: the next model that the caller names is tried', async () => {
    const platform = await addPlatform({ supported_models: [model, 'gpt-4o-mini'] });
    const own = await addOwn({ always_use: true, supported_models: [model] });
    stage.sandbox.revokeKey(own.secret);
    const answer = await ask({ with: { models: ['openai/gpt-4o-mini'] } });
    expectServed(answer, platform, 2);
    expect(stage.sandbox.journal.entries().at(-1)?.model).toBe('gpt-4o-mini');
    await tenant.operate('DELETE', `/api/v1/platform-keys/${platform.id}`);
  });

  test('a caller cannot widen what the owner of the key allows', async () => {
    const platform = await addPlatform();
    await addOwn({ always_use: true });
    const answer = await ask({ with: { provider: { ignore: ['openai'] } } });
    expect([answer.status, answer.json().code]).toEqual([503, 'no_provider_available']);
    expect(callsOf(stage, platform)).toEqual([]);
  });
});

describe('what was done is told', () => {
  test('usage keeps own keys and platform apart, and its sums are those of the generations', async () => {
    const platform = await addPlatform({ supported_models: [model, 'gpt-4o-mini'] });
    const own = await addOwn();
    const generations: ShownGeneration[] = [];
    for (const asked of [model, model, 'openai/gpt-4o-mini', 'openai/gpt-4o'])
      generations.push(await generationOf(await tenant.ask({ model: asked })));
    await tenant.editKey(own.id, { enabled: false });
    for (const asked of [model, model])
      generations.push(await generationOf(await tenant.ask({ model: asked })));
    await tenant.editKey(own.id, { enabled: true });
    stage.sandbox.behave({
      match: { key: own.secret },
      times: 1,
      fault: { kind: 'error', preset: 'server_error' },
    });
    generations.push(await generationOf(await tenant.ask({ model: 'openai/gpt-4o-mini' })));

    const nanoOf = (source: string): number =>
      generations
        .filter((each) => each.source === source)
        .reduce((sum, each) => sum + Math.round((each.usage?.cost ?? 0) * 1e9), 0);
    const usage = await tenant.usage();
    expect(usage).toMatchObject({
      total_requests: 7,
      byok_requests: 4,
      platform_requests: 3,
      errors: 0,
      byok_error_rate: 1 / 5,
    });
    expect(Math.round(usage.estimated_byok_spend_usd * 1e9)).toBe(nanoOf('byok'));
    expect(Math.round(usage.platform_spend_usd * 1e9)).toBe(nanoOf('platform'));
    const sources = Object.fromEntries(usage.by_model.map((row) => [row.model, row.source]));
    expect(sources).toEqual({ [model]: 'mix', 'openai/gpt-4o-mini': 'mix', 'openai/gpt-4o': 'byok' });
    expect(await tenant.readKey(own.id)).toMatchObject({ spent_today_usd: nanoOf('byok') / 1e9 });
    await tenant.operate('DELETE', `/api/v1/platform-keys/${platform.id}`);
  });

  test('a generation holds one verdict per key, and its cost is its lines added up', async () => {
    const platform = await addPlatform();
    const keys = [
      await addOwn({ label: 'Serving' }),
      await addOwn({ enabled: false }),
      await addOwn({ supported_models: ['gpt-4o'] }),
      await addOwn({ provider: 'anthropic' }),
    ];
    const answer = await ask({ path: '/api/v1/chat/completions' });
    const { route, usage } = await generationOf(answer);
    const verdicts = route.plans[0]?.verdicts ?? [];
    const mine = [...keys, platform].map(({ id }) => id);
    expect(verdicts.filter(({ provider_key_id: id }) => mine.includes(id))).toHaveLength(5);
    expect(reasonsIn(verdicts)).toMatchObject({
      [keys[1]?.id ?? '']: 'key_disabled',
      [keys[2]?.id ?? '']: 'model_not_supported_by_key',
      [keys[3]?.id ?? '']: 'provider_not_serving_model',
    });
    const [attempt] = route.attempts as readonly {
      readonly cost_lines?: readonly { readonly usd: number }[];
    }[];
    const lines = (attempt?.cost_lines ?? []).reduce((sum, { usd }) => sum + usd, 0);
    expect(lines).toBeCloseTo(usage?.cost ?? -1, 9);
    expect(answer.json().usage).toMatchObject({ cost: usage?.cost, is_byok: true });
  });

  test("another workspace's ids are as missing as those that never were", async () => {
    const key = await addOwn();
    const generation = (await ask()).header('x-generation-id') ?? '';
    const other = await openTenant(stage.gateway, 'Somebody else');
    const tries = (id: string, generationId: string): readonly (readonly [string, string, unknown?])[] => [
      ['GET', `/api/v1/byok/${id}`],
      ['PATCH', `/api/v1/byok/${id}`, { weight: 2 }],
      ['DELETE', `/api/v1/byok/${id}`],
      ['POST', `/api/v1/byok/${id}/test`, {}],
      ['POST', `/api/v1/byok/${id}/reenable`],
      ['GET', `/api/v1/generation?id=${generationId}`],
    ];
    const missing = tries('pk_000000000000000000000000', 'gen-1795422925-000000000000000000000000');
    for (const [index, [method, path, body]] of tries(key.id, generation).entries()) {
      const foreign = await other.call(method, path, body);
      const [, missingPath = ''] = missing[index] ?? [];
      const never = await other.call(method, missingPath, body);
      expect(foreign.status, `${method} ${path}`).toBe(404);
      expect({ ...foreign.json().error, request_id: '' }).toEqual({ ...never.json().error, request_id: '' });
    }
    expect(await other.manage('GET', '/api/v1/byok')).toEqual({ data: [], total_count: 0 });
    expectServed(await ask(), key, 1);
  });
});

async function preview(): Promise<readonly ShownVerdict[]> {
  const { data } = (await tenant.manage('POST', '/api/v1/routing/preview', { model, messages: [] })) as {
    data: { verdicts: readonly ShownVerdict[] };
  };
  return data.verdicts;
}

function at(plan: readonly ShownVerdict[], rank: number): string | undefined {
  return plan.find((verdict) => verdict.rank === rank)?.provider_key_id;
}

/** Of the excluded keys, but for other tests' platform keys. */
function reasonsIn(verdicts: readonly ShownVerdict[]): Readonly<Record<string, string | undefined>> {
  const excluded = verdicts.filter(
    ({ kind, reason }) => kind === 'excluded' && reason?.code !== 'model_not_supported_by_key',
  );
  const own = verdicts.filter(
    ({ kind, source, reason }) =>
      kind === 'excluded' && source === 'byok' && reason?.code === 'model_not_supported_by_key',
  );
  return Object.fromEntries(
    [...excluded, ...own].map((verdict) => [verdict.provider_key_id, verdict.reason?.code]),
  );
}

async function generationOf(answer: Seen) {
  expect(answer.status, answer.text).toBe(200);
  return await tenant.generation(answer.header('x-generation-id') ?? '');
}

/** Five standard deviations: wrong once in a million runs when the share is right. */
function expectShare(count: number, of: number, share: number): void {
  const deviation = Math.sqrt(of * share * (1 - share));
  expect(Math.abs(count - of * share), `${count} of ${of}, expected ${share}`).toBeLessThan(5 * deviation);
}
