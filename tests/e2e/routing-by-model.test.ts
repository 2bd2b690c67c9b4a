/** What a model's name and the request's wishes do to the route: variants, highest prices, required parameters, auto. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Seen } from '../support/send.ts';
import { addSandboxKey, callsOf, openStage, type Stage, type StagedKey } from '../support/stage.ts';
import { CHEAP_MODEL, openTenant, versionOf, type Tenant } from '../support/tenant.ts';

let stage: Stage;
let tenant: Tenant;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.sandbox.clearBehaviours();
  tenant = await openTenant(stage.gateway, 'By model');
});

const addOwn = async (provider: 'openai' | 'anthropic', models: readonly string[] | null = null) =>
  await addSandboxKey(stage, tenant.addKey, {
    provider,
    ...(models === null ? {} : { supported_models: models }),
  });
const sentTo = (key: StagedKey) => callsOf(stage, key).map(({ model }) => model);

function expectRefused(answer: Seen, words: string): void {
  expect([answer.status, answer.json().code], answer.text).toEqual([503, 'no_provider_available']);
  expect(answer.json().message).toContain(words);
}

describe('a variant of the name', () => {
  test.each([':nitro', ':floor'])(
    '%s is ours: the provider is asked for the model itself',
    async (variant) => {
      const key = await addOwn('openai');
      const model = versionOf(CHEAP_MODEL);
      const answer = await tenant.ask({ model: model + variant });
      expect(answer.status, answer.text).toBe(200);
      expect(sentTo(key)).toEqual([model.slice('openai/'.length)]);
    },
  );

  test(':free refuses what has a price, and says so', async () => {
    const key = await addOwn('openai');
    expectRefused(await tenant.ask({ model: `${CHEAP_MODEL}:free` }), 'asks for a free model');
    expect(callsOf(stage, key)).toEqual([]);
  });
});

describe('the wishes of a request', () => {
  const asking = async (provider: Readonly<Record<string, unknown>>, more: object = {}) =>
    await tenant.ask({ model: versionOf(CHEAP_MODEL), with: { provider, ...more } });

  test('a highest price in USD per million tokens', async () => {
    await addOwn('openai');
    expect((await asking({ max_price: { prompt: 0.1, completion: 0.4 } })).status).toBe(200);
    expectRefused(await asking({ max_price: { prompt: 0.09 } }), 'prompt price is above');
    const wrong = await asking({ max_price: { prompt: -1 } });
    expect([wrong.status, wrong.json().code]).toEqual([400, 'invalid_request']);
  });

  test('every parameter heeded, or not served', async () => {
    await addOwn('anthropic');
    const model = 'anthropic/claude-sonnet-4-5';
    const ask = async (required: boolean) =>
      await tenant.ask({ model, with: { seed: 7, provider: { require_parameters: required } } });
    expect((await ask(false)).status).toBe(200);
    expectRefused(await ask(true), 'would not heed "seed"');
  });

  test('a sort that is none is refused in words', async () => {
    await addOwn('openai');
    const answer = await asking({ sort: 'cheapest' });
    expect([answer.status, answer.json().code]).toEqual([400, 'invalid_request']);
    expect(answer.json().message).toContain('one of price, throughput, latency');
  });
});

describe('auto', () => {
  test('answers from a model that an own key serves and the caller may use, and says which', async () => {
    const key = await addOwn('openai', ['gpt-4.1-nano', 'gpt-4.1-mini']);
    const answer = await tenant.ask({ model: 'auto' });
    expect(answer.status, answer.text).toBe(200);
    expect(['gpt-4.1-nano', 'gpt-4.1-mini']).toContain(sentTo(key)[0]);
    const { key: narrow } = await tenant.addApiKey({ allowed_models: ['gpt-4.1-nano'] });
    expect((await tenant.ask({ model: 'auto', apiKey: narrow })).status).toBe(200);
    expect(sentTo(key)[1]).toBe('gpt-4.1-nano');
  });

  test('says what to do where nothing fits', async () => {
    const answer = await tenant.ask({ model: 'auto' });
    expect([answer.status, answer.json().code]).toEqual([404, 'model_not_found']);
    expect(answer.json().message).toContain('Add a provider key, or name a model');
  });
});

describe('a list of models', () => {
  test('goes on to the caller’s next model when the first fails, whoever serves it', async () => {
    const first = await addOwn('openai');
    const second = await addOwn('anthropic');
    const model = versionOf(CHEAP_MODEL);
    stage.sandbox.behave({ match: { key: first.secret }, fault: { kind: 'error', preset: 'server_error' } });
    const answer = await tenant.ask({
      model,
      with: { models: ['anthropic/claude-haiku-4-5'], route: 'fallback' },
    });
    expect([answer.status, answer.header('x-arouter-provider')], answer.text).toEqual([200, 'anthropic']);
    expect(sentTo(first)).toEqual([model.slice('openai/'.length)]);
    expect(sentTo(second)).toHaveLength(1);
  });

  test('is enough without a model beside it', async () => {
    const key = await addOwn('openai');
    const model = versionOf(CHEAP_MODEL);
    const answer = await tenant.ask({ with: { model: undefined, models: [model], route: 'fallback' } });
    expect(answer.status, answer.text).toBe(200);
    expect(sentTo(key)).toEqual([model.slice('openai/'.length)]);
  });
});

/** One model at two providers: every wish is one about the same plan. */
describe('which provider', () => {
  const MODEL = 'openai/gpt-4o-mini';
  const served = (answer: Seen): unknown => [answer.status, answer.header('x-arouter-provider')];
  const askFor = async (provider: object): Promise<Seen> =>
    await tenant.ask({ model: MODEL, with: { provider } });
  async function addBoth(): Promise<void> {
    await addOwn('openai');
    await tenant.addKey({
      provider: 'azure',
      credential: {
        api_key: 'sk-sandbox-azure-routing-0123456789',
        endpoint_url: `${stage.sandbox.url}/azure/openai/v1`,
        deployments: { mini: 'gpt-4o-mini' },
      },
    });
  }

  test.each([
    [{ only: ['azure'] }, 'azure'],
    [{ ignore: ['azure'] }, 'openai'],
    [{ order: ['azure', 'openai'] }, 'azure'],
    [{ order: ['openai'] }, 'openai'],
  ])('%o', async (wish, provider) => {
    await addBoth();
    for (let time = 0; time < 4; time += 1) expect(served(await askFor(wish))).toEqual([200, provider]);
  });

  test('that fails is left for the next, unless the caller allows no fallbacks', async () => {
    await addBoth();
    stage.sandbox.behave({
      match: { path: '/azure/' },
      fault: { kind: 'error', preset: 'server_error' },
    });
    expect(served(await askFor({ order: ['azure'] }))).toEqual([200, 'openai']);
    const only = await askFor({ order: ['azure'], allow_fallbacks: false });
    expect(only.status, only.text).toBeGreaterThanOrEqual(500);
    expect(only.text).not.toContain('"choices"');
  });
});
