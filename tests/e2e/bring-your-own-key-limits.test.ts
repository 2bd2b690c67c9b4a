/** Limits of own keys, API keys and credits under parallel load: exact where exactness is promised, and refusals that explain. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import type { Seen } from '../support/send.ts';
import { runCommand } from '../support/start-gateway.ts';
import {
  addSandboxKey,
  callsOf,
  openStage,
  type SandboxKeyFields,
  type Stage,
  type StagedKey,
} from '../support/stage.ts';
import { ask as askAt, openTenant, versionOf, type Tenant } from '../support/tenant.ts';

let stage: Stage;
let tenant: Tenant;
/** 2 and 8 USD per million tokens: a question of this file costs about 0.0002 USD. */
let model = '';

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.sandbox.clearBehaviours();
  tenant = await openTenant(stage.gateway, 'Limits');
  model = versionOf('openai/gpt-4.1');
});

const addOwn = async (fields: SandboxKeyFields = {}): Promise<StagedKey> =>
  await addSandboxKey(stage, tenant.addKey, fields);
const addPlatform = async (fields: SandboxKeyFields = {}): Promise<StagedKey> =>
  await addSandboxKey(stage, tenant.addPlatformKey, { supported_models: [model], ...fields });
const ask = async (more: object = {}): Promise<Seen> => await tenant.ask({ model, ...more });
const askAtOnce = async (times: number, more: object = {}): Promise<readonly Seen[]> =>
  await Promise.all(Array.from({ length: times }, () => ask(more)));
const slowly = (delayMs: number): string =>
  stage.sandbox.behave({ match: { model: model.split('/')[1] ?? '' }, delayMs });
const spentBy = async ({
  id,
}: StagedKey): Promise<{ readonly spent_today_usd: number; readonly spent_month_usd: number }> =>
  (await tenant.readKey(id)) as unknown as {
    readonly spent_today_usd: number;
    readonly spent_month_usd: number;
  };

/** `200: 5, 429 provider_key_rate_limited: 15` */
function tally(answers: readonly Seen[]): Readonly<Record<string, number>> {
  const names = answers.map((answer) =>
    answer.status === 200 ? '200' : `${answer.status} ${answer.json().code}`,
  );
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, list]) => [name, list.length]),
  );
}

function secondsUntil(answer: Seen): number {
  return Number(answer.header('retry-after'));
}

describe('requests per minute', () => {
  test('exactly so many of twenty at once reach the provider; the others learn when a slot frees', async () => {
    const platform = await addPlatform();
    const key = await addOwn({ rpm_limit: 5, always_use: true, label: 'Five' });
    const answers = await askAtOnce(20);
    expect(tally(answers)).toEqual({ '200': 5, '429 provider_key_rate_limited': 15 });
    expect(callsOf(stage, key)).toHaveLength(5);
    expect(callsOf(stage, platform)).toEqual([]);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      expect(secondsUntil(answer)).toBeGreaterThan(50);
      expect(secondsUntil(answer)).toBeLessThanOrEqual(60);
      expect(answer.json().error.type).toBe('rate_limit_error');
    }
    expect((await ask()).json().message).toMatch(
      /"Five" was left out: its limit of 5 requests per minute is reached\. A slot frees at /,
    );
  });

  test('the rest goes to another own key, or to the platform, with the reason', async () => {
    const key = await addOwn({ rpm_limit: 5, weight: 1000 });
    const platform = await addPlatform();
    const answers = await askAtOnce(20);
    expect(tally(answers)).toEqual({ '200': 20 });
    expect(callsOf(stage, key)).toHaveLength(5);
    expect(callsOf(stage, platform)).toHaveLength(15);
    for (const answer of answers.filter((each) => each.header('x-arouter-source') === 'platform')) {
      expect(answer.header('x-arouter-fallback-reason')).toBe(`${key.id}=rpm_exceeded`);
    }
    const spare = await addOwn();
    expect(tally(await askAtOnce(6))).toEqual({ '200': 6 });
    expect(callsOf(stage, spare)).toHaveLength(6);
  });

  test('a restart forgets none of the minute', async () => {
    const key = await addOwn({ rpm_limit: 3, always_use: true });
    await askAtOnce(3);
    await stage.gateway.kill();
    stage.gateway = await stage.gateway.restart();
    const { apiKey } = tenant;
    const after = await openTenant(stage.gateway, 'After the restart');
    const answer = await after.ask({ model, apiKey });
    expect([answer.status, answer.json().code]).toEqual([429, 'provider_key_rate_limited']);
    expect(callsOf(stage, key)).toHaveLength(3);
  });

  test("an API key's own limit ends the request at once, whatever keys there are", async () => {
    await addOwn();
    const { key: apiKey } = await tenant.addApiKey({ rpm_limit: 4 });
    expect(tally(await askAtOnce(10, { apiKey }))).toEqual({ '200': 4, '429 rate_limit_exceeded': 6 });
    const refused = await ask({ apiKey });
    expect(refused.json().message).toMatch(/This API key is limited to 4 requests per minute/);
    expect(secondsUntil(refused)).toBeGreaterThan(50);
  });
});

describe('requests at the same time', () => {
  test('never more than allowed; the others go to the next key, or are told to wait', async () => {
    const key = await addOwn({ max_concurrency: 2, weight: 1000 });
    slowly(300);
    expect(tally(await askAtOnce(10))).toEqual({ '200': 2, '429 provider_key_rate_limited': 8 });
    expect(tally(await askAtOnce(2))).toEqual({ '200': 2 });
    const spare = await addOwn({ region: 'elsewhere' });
    expect(tally(await askAtOnce(10, { with: { provider: { region: 'here' } } }))).toEqual({ '200': 10 });
    expect(callsOf(stage, key)).toHaveLength(6);
    expect(callsOf(stage, spare)).toHaveLength(8);
  });
});

describe('budgets', () => {
  test.each([
    ['daily', 'daily_budget_usd', 'day'],
    ['monthly', 'monthly_budget_usd', 'month'],
  ])(
    'a soft %s budget serves until it is spent, then says which, how much and until when',
    async (name, field, period) => {
      const key = await addOwn({ [field]: 0.0003, label: 'Pocket money' });
      const answers: Seen[] = [];
      for (let times = 0; times < 6; times += 1) answers.push(await ask());
      const served = answers.filter(({ status }) => status === 200).length;
      expect(served).toBeGreaterThan(0);
      expect(tally(answers)).toEqual({ '200': served, '402 provider_key_budget_exceeded': 6 - served });
      expect(callsOf(stage, key)).toHaveLength(served);
      const { spent_today_usd: spent } = await spentBy(key);
      expect(spent).toBeGreaterThanOrEqual(0.0003);
      const refused = answers.at(-1);
      expect(refused?.header('x-should-retry')).toBe('false');
      expect(refused?.json().message).toMatch(
        new RegExp(
          `"Pocket money" was left out: its ${name} budget of 0\\.0003 USD is used up \\([\\d.]+ USD\\)\\. It resets at \\d{4}-`,
        ),
      );
      const { metadata } = refused?.json().error ?? {};
      expect(metadata).toMatchObject({ scope: 'provider_key', period, limit_usd: 0.0003, spent_usd: spent });
      expect(Date.parse(metadata.resets_at)).toBeGreaterThan(Date.now());
      await tenant.editKey(key.id, { [field]: 1 });
      expect((await ask()).status).toBe(200);
    },
  );

  test('a hard budget with room for one request at most lets exactly one of twenty through, and is never overshot', async () => {
    const budgetUsd = 0.0006;
    const key = await addOwn({ daily_budget_usd: budgetUsd, hard_budget: true });
    slowly(250);
    // The most that one can cost: 2 USD per million bytes of body and 8 USD per million of 25 tokens, some 0.0004 USD.
    expect(tally(await askAtOnce(20))).toEqual({ '200': 1, '402 provider_key_budget_exceeded': 19 });
    expect(callsOf(stage, key)).toHaveLength(1);
    stage.sandbox.clearBehaviours();
    for (let times = 0; times < 10; times += 1) await ask();
    expect((await spentBy(key)).spent_today_usd).toBeLessThanOrEqual(budgetUsd);
  });

  test('a hard budget under load is used up almost to its end and not a nano-dollar further', async () => {
    const budgetUsd = 0.005;
    const key = await addOwn({ monthly_budget_usd: budgetUsd, hard_budget: true });
    slowly(20);
    for (let rounds = 0; rounds < 8; rounds += 1) await askAtOnce(20);
    const { spent_month_usd: spent } = await spentBy(key);
    expect(spent).toBeLessThanOrEqual(budgetUsd);
    expect(spent).toBeGreaterThan(budgetUsd - 0.0005);
  });

  test('beyond the budget the platform serves, and the answer says why; "always use" forbids it', async () => {
    const platform = await addPlatform();
    const key = await addOwn({ daily_budget_usd: 0.000_000_001 });
    expect((await ask()).header('x-arouter-provider-key')).toBe(key.id);
    const fallback = await ask();
    expect(fallback.header('x-arouter-provider-key')).toBe(platform.id);
    expect(fallback.header('x-arouter-fallback-reason')).toBe(`${key.id}=budget_exceeded`);
    await tenant.editKey(key.id, { always_use: true });
    const denied = await ask();
    expect([denied.status, denied.json().code]).toEqual([402, 'provider_key_budget_exceeded']);
    expect(callsOf(stage, platform)).toHaveLength(1);
  });
});

describe("an API key's spending limit", () => {
  test('counts platform spend only, unless own keys are included', async () => {
    await addOwn();
    const limit = { limit: 0.000_000_001 };
    const { key: plain } = await tenant.addApiKey(limit);
    const { key: including } = await tenant.addApiKey({ ...limit, include_byok_in_limit: true });
    for (let times = 0; times < 3; times += 1) expect((await ask({ apiKey: plain })).status).toBe(200);
    expect((await ask({ apiKey: including })).status).toBe(200);
    const refused = await ask({ apiKey: including });
    expect([refused.status, refused.json().code]).toEqual([403, 'quota_exceeded']);
    expect(refused.json().message).toMatch(
      /spending limit of this API key is reached\..*raise it in API keys/,
    );
    expect(refused.header('x-should-retry')).toBe('false');
  });

  test('counts what platform keys cost, in the period that was set', async () => {
    const platform = await addPlatform();
    const { key: apiKey } = await tenant.addApiKey({ limit: 0.000_000_001, limit_reset: 'daily' });
    expect((await ask({ apiKey })).status).toBe(200);
    const refused = await ask({ apiKey });
    expect([refused.status, refused.json().code]).toEqual([403, 'quota_exceeded']);
    expect(refused.json().message).toMatch(/It resets at \d{4}-\d{2}-\d{2}T00:00:00/);
    expect(callsOf(stage, platform)).toHaveLength(1);
  });

  test('is as spent as before when the deletion of its key is undone, also after a restart in between', async () => {
    await addOwn();
    const { key: apiKey, hash } = await tenant.addApiKey({
      limit: 0.000_000_001,
      include_byok_in_limit: true,
    });
    expect((await ask({ apiKey })).status).toBe(200);
    await tenant.manage('DELETE', `/api/v1/keys/${hash}`);
    expect((await ask({ apiKey })).status).toBe(401);
    await stage.gateway.stop();
    stage.gateway = await stage.gateway.restart();
    const { url, keys } = stage.gateway;
    const { managementKey } = tenant;
    const { manage } = createManagementClient({ url, keys: { ...keys, managementKey } });
    await manage('POST', `/api/v1/keys/${hash}/restore`);
    const refused = await askAt(url, apiKey, { model });
    expect([refused.status, refused.json().code]).toEqual([403, 'quota_exceeded']);
    await manage('PATCH', `/api/v1/keys/${hash}`, { limit: 1 });
    expect((await askAt(url, apiKey, { model })).status).toBe(200);
  });
});

describe('credits', () => {
  const grant = async (amountUsd: number, more: object = {}): Promise<unknown> =>
    await tenant.operate('POST', `/api/v1/workspaces/${tenant.workspaceId}/credits`, {
      amount_usd: amountUsd,
      ...more,
    });
  const balance = async (): Promise<number> =>
    ((await tenant.manage('GET', '/api/v1/balance')) as { balance: number }).balance;

  beforeEach(async () => {
    tenant = await openTenant(stage.gateway, 'Prepaid', false);
  });

  test('none: a platform key is not called, and the error says what to do; own keys need none', async () => {
    const platform = await addPlatform();
    const refused = await ask();
    expect([refused.status, refused.json().code]).toEqual([402, 'insufficient_credits']);
    expect(refused.json().message).toMatch(/Add credits, lower max_tokens, or add an own key/);
    expect(refused.header('x-should-retry')).toBe('false');
    expect(callsOf(stage, platform)).toEqual([]);
    await addOwn();
    expect((await ask()).status).toBe(200);
    expect(await balance()).toBe(0);
  });

  test('granted: the cost is taken, to the nano-dollar, and the transactions add up to the balance', async () => {
    await addPlatform();
    await grant(1, { idempotency_key: 'once' });
    await grant(1, { idempotency_key: 'once' });
    const answers = await askAtOnce(8);
    expect(tally(answers)).toEqual({ '200': 8 });
    const costs = await Promise.all(
      answers.map(
        async (answer) => (await tenant.generation(answer.header('x-generation-id') ?? '')).usage?.cost ?? 0,
      ),
    );
    const spentNano = costs.reduce((sum, cost) => sum + Math.round(cost * 1e9), 0);
    expect(spentNano).toBeGreaterThan(0);
    expect(Math.round((await balance()) * 1e9)).toBe(1e9 - spentNano);
    const { transactions } = (await tenant.manage('GET', '/api/v1/transactions')) as {
      transactions: readonly { amount: number; type: string }[];
    };
    expect(transactions.map(({ type }) => type).filter((type) => type === 'credit')).toHaveLength(1);
    expect(Math.round(transactions.reduce((sum, { amount }) => sum + amount, 0) * 1e9)).toBe(1e9 - spentNano);
    expect(await tenant.manage('GET', '/api/v1/credits')).toMatchObject({ data: { total_credits: 1 } });
  });

  test('few: never below zero, however many ask at once, whole or streamed', async () => {
    const platform = await addPlatform();
    await grant(0.002);
    slowly(20);
    const rounds = [];
    for (let times = 0; times < 3; times += 1)
      rounds.push(...(await askAtOnce(15)), ...(await askAtOnce(15, { stream: true })));
    const counts = tally(rounds);
    expect(Object.keys(counts).toSorted()).toEqual(['200', '402 insufficient_credits']);
    expect(callsOf(stage, platform)).toHaveLength(counts['200'] ?? 0);
    const left = await balance();
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left).toBeLessThan(0.0005);
  });

  test.each([
    ['ten times what was allowed', 250],
    ['a billion tokens', 1_000_000_000],
  ])(
    'whatever the provider reports (%s): what was held is taken and no more, and the log says so',
    async (_name, tokens) => {
      const platform = await addPlatform();
      await grant(0.001);
      const raw = `{"prompt_tokens":10,"completion_tokens":${tokens},"total_tokens":${tokens + 10}}`;
      stage.sandbox.behave({ match: { key: platform.secret }, fault: { kind: 'usage', raw } });
      const counts: Record<string, number> = {};
      let lastServed = '';
      for (let round = 0; round < 8; round += 1) {
        const answers = await askAtOnce(5, { stream: round % 2 === 1 });
        for (const [what, count] of Object.entries(tally(answers)))
          counts[what] = (counts[what] ?? 0) + count;
        lastServed = answers.find(({ status }) => status === 200)?.header('x-generation-id') ?? lastServed;
        expect(await balance()).toBeGreaterThanOrEqual(0);
      }
      expect(counts['200']).toBeGreaterThan(1);
      const { attempts } = (await tenant.generation(lastServed)).route;
      expect(attempts[0]).toMatchObject({ charge_capped: true });
      expect(attempts[0]?.charged_usd).toBe(attempts[0]?.reserved_usd);
      expect(attempts[0]?.cost_usd).toBeGreaterThan(attempts[0]?.charged_usd ?? Infinity);
    },
  );

  test('a failed attempt takes none', async () => {
    const platform = await addPlatform();
    await grant(1);
    stage.sandbox.behave({
      match: { key: platform.secret },
      fault: { kind: 'error', preset: 'server_error' },
    });
    expect((await ask()).status).toBe(502);
    expect(await balance()).toBe(1);
  });
});

test('after all this the doctor finds ledger, rollups and credits in agreement', async () => {
  await stage.gateway.stop();
  const { code, stdout, stderr } = await runCommand(['doctor', '--data-dir', stage.gateway.dataDir]);
  expect(stderr + stdout).toContain('sound; ledger, rollups and credits agree');
  expect(code).toBe(0);
});
