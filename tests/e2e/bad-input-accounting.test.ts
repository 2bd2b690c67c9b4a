/**
 * What providers leave out: a price nobody knows, an answer without usage, a stream cut in the middle. All is accounted, and
 * what had to be estimated is marked as estimated.
 */
import { startSandbox, type Fault, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ShownGeneration } from '../support/management-client.ts';
import type { Seen } from '../support/send.ts';
import { startGateway, type Gateway } from '../support/start-gateway.ts';
import { openTenant, versionOf, type Tenant } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';
import { expectRefusal } from './bad-input-checks.ts';

let sandbox: Sandbox;
let gateway: Gateway;
let tenant: Tenant;

beforeAll(async () => {
  sandbox = await startSandbox();
  gateway = await startGateway({ egressAllow: [sandbox.url] });
});
afterAll(async () => {
  await gateway.remove();
  await sandbox.close();
});
beforeEach(async () => {
  sandbox.clearBehaviours();
  tenant = await openTenant(gateway, 'Accounts');
});

const UNPRICED = 'openai/gpt-nobody-priced-this';

async function addKey(provider: 'openai' | 'anthropic', more: object = {}) {
  const base = provider === 'openai' ? '/openai/v1' : '/anthropic';
  return await tenant.addKey({
    provider,
    credential: { api_key: 'sk-sandbox-accounts' },
    base_url: sandbox.url + base,
    ...more,
  });
}

/** The row is durable before the client has its last byte, so one reading must do. */
async function generationOf(answer: Seen): Promise<ShownGeneration> {
  return await tenant.generation(answer.header('x-generation-id') ?? '');
}

describe('a model without a price', () => {
  test('serves where nothing is metered; its cost is unknown, not 0, and counted as such', async () => {
    await addKey('openai');
    const answer = await tenant.ask({ model: UNPRICED, path: '/api/v1/chat/completions' });
    expect(answer.status).toBe(200);
    expect(answer.json().usage.cost).toBeNull();
    const { usage } = await generationOf(answer);
    expect(usage).toMatchObject({ cost: null, estimated: false });
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(await tenant.usage()).toMatchObject({
      total_requests: 1,
      unpriced: 1,
      estimated_cost_usd: 0,
      errors: 0,
    });
  });

  test.each([
    ['a budget', { daily_budget_usd: 5 }, {}],
    ['a hard budget', { monthly_budget_usd: 5, hard_budget: true }, {}],
    ['a limit of the API key', {}, { limit: 5, include_byok_in_limit: true }],
  ])('is refused where %s applies, and the error says what to do', async (_name, keyFields, apiKeyFields) => {
    await addKey('openai', keyFields);
    const { key: apiKey } = await tenant.addApiKey(apiKeyFields);
    const before = sandbox.journal.seen();
    const answer = await tenant.ask({ model: UNPRICED, apiKey });
    expect(answer.status, answer.text).toBe(422);
    expect(answer.json().code).toBe('price_unknown');
    expect(answer.json().message).toMatch(/Set a price for the model, or lift the limit/);
    expect(answer.header('x-should-retry')).toBe('false');
    expect(sandbox.journal.seen()).toBe(before);
  });

  test('serves and is charged once the operator has set a price', async () => {
    const key = await addKey('openai', { daily_budget_usd: 5 });
    await tenant.operate('PUT', '/api/v1/prices', {
      provider: 'openai',
      model: 'gpt-priced-by-hand',
      input_usd_per_million: 3,
      output_usd_per_million: 7,
    });
    const answer = await tenant.ask({ model: 'openai/gpt-priced-by-hand' });
    const { usage } = await generationOf(answer);
    const nano = (usage?.prompt_tokens ?? 0) * 3000 + (usage?.completion_tokens ?? 0) * 7000;
    expect(Math.round((usage?.cost ?? 0) * 1e9)).toBe(nano);
    expect(await tenant.readKey(key.id)).toMatchObject({ spent_today_usd: nano / 1e9 });
  });
});

const DIALECTS = [
  { dialect: 'openai', model: 'openai/gpt-4.1-mini', provider: 'openai', name: 'OpenAI chat' },
  {
    dialect: 'anthropic',
    model: 'anthropic/claude-haiku-4-5',
    provider: 'anthropic',
    name: 'Anthropic messages',
  },
  {
    dialect: 'anthropic',
    model: 'openai/gpt-4.1-mini',
    provider: 'openai',
    name: 'Anthropic messages over OpenAI chat',
  },
  {
    dialect: 'openai',
    model: 'anthropic/claude-haiku-4-5',
    provider: 'anthropic',
    name: 'OpenAI chat over Anthropic messages',
  },
] as const;

describe.each(DIALECTS)('$name', ({ dialect, model: base, provider }) => {
  const ask = async (stream: boolean, fault: Fault): Promise<Seen> => {
    await addKey(provider, { daily_budget_usd: 5 });
    const model = versionOf(base);
    sandbox.behave({ match: { model: model.split('/')[1] ?? '' }, fault });
    return await tenant.ask({ dialect, model, stream, text: 'Write 40 words', maxTokens: 100 });
  };

  test.each([false, true])(
    'an answer without usage is estimated and marked so (streamed: %j)',
    async (stream) => {
      const answer = await ask(stream, { kind: 'usage', damage: 'none' });
      expect(answer.status, answer.text).toBe(200);
      const generation = await generationOf(answer);
      expect(generation).toMatchObject({ status: 'succeeded', usage: { estimated: true, is_byok: true } });
      expect(generation.usage?.prompt_tokens).toBeGreaterThan(0);
      // Forty words are some fifty tokens; an estimate for a budget may err high, never low.
      expect(generation.usage?.completion_tokens).toBeGreaterThan(40);
      expect(generation.usage?.cost).toBeGreaterThan(0);
      await expectBooked(generation);
    },
  );

  test.each(['reset', 'close', 'end'] as const)(
    'a stream cut in the middle (%s) ends with an error and is accounted as interrupted',
    async (how) => {
      const answer = await ask(true, { kind: 'cut', afterFrames: 12, how });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('[DONE]');
      expect(answer.text).not.toContain('message_stop');
      expect(answer.text).toContain('"code":"upstream_error"');
      const generation = await generationOf(answer);
      expect(generation).toMatchObject({ status: 'interrupted', usage: { estimated: true } });
      expect(generation.usage?.completion_tokens).toBeGreaterThan(0);
      expect(generation.usage?.cost).toBeGreaterThan(0);
      await expectBooked(generation);
      expect(await tenant.usage()).toMatchObject({ total_requests: 1, errors: 1 });
    },
  );

  test('a whole answer cut in the middle never reaches the client, and is accounted', async () => {
    const answer = await ask(false, { kind: 'cut', afterBytes: 60, how: 'reset' });
    expectUpstreamError(answer);
    const generation = await generationOf(answer);
    expect(generation).toMatchObject({ status: 'failed', usage: { estimated: true } });
    await expectBooked(generation);
  });

  test('numbers that cannot be true are not believed', async () => {
    const answer = await ask(false, { kind: 'usage', damage: 'negative' });
    const generation = await generationOf(answer);
    expect(generation.usage).toMatchObject({ estimated: true });
    expect(generation.usage?.completion_tokens).toBeGreaterThan(0);
    expect(generation.usage?.cost).toBeGreaterThan(0);
  });
});

/** The budget of the only key has the generation's cost, to the nano-dollar. */
async function expectBooked({ usage, provider_key_id: id }: ShownGeneration): Promise<void> {
  expect(await tenant.readKey(id ?? '')).toMatchObject({ spent_today_usd: usage?.cost });
}

function expectUpstreamError(answer: Seen): void {
  expect([answer.status, answer.json().code], answer.text).toEqual([502, 'upstream_unreachable']);
  expect(answer.json().message).toMatch(/closed the connection/);
}

describe('a client that leaves', () => {
  test('is accounted with what it got, and blames no key', async () => {
    const key = await addKey('openai', { daily_budget_usd: 5 });
    sandbox.behave({ fault: { kind: 'pace', frameDelayMs: 60 } });
    const leaving = new AbortController();
    const onPiece = (): void => leaving.abort();
    await tenant.ask({
      model: 'openai/gpt-4.1-mini',
      stream: true,
      text: 'Write 60 words',
      maxTokens: 200,
      signal: leaving.signal,
      onPiece,
    });
    const list = await waitUntil(
      async () => (await tenant.manage('GET', '/api/v1/generations')) as { data: readonly ShownGeneration[] },
      ({ data }) => data[0]?.status === 'cancelled',
    );
    expect(list.data[0]?.usage).toMatchObject({ estimated: true });
    expect(list.data[0]?.usage?.cost).toBeGreaterThan(0);
    expect(await tenant.readKey(key.id)).toMatchObject({ health: { state: 'healthy', last_error: null } });
    expect(sandbox.journal.entries().at(-1)?.outcome).toBe('client_left');
    expect(await tenant.usage()).toMatchObject({ errors: 0 });
  });
});

test('the refusal of an unpriced model is one or two sentences in the other dialect too', async () => {
  await addKey('openai', { daily_budget_usd: 5 });
  const answer = await tenant.ask({ dialect: 'anthropic', model: UNPRICED });
  expect(answer.json()).toMatchObject({
    type: 'error',
    code: 'price_unknown',
    error: { code: 'price_unknown' },
  });
  expectRefusal(
    await tenant.ask({ dialect: 'anthropic', model: 'openai/' }),
    { status: 404, code: 'model_not_found', says: /No provider serves/ },
    'anthropic',
  );
});
