/**
 * What other clients of this contract rely on and nothing else tries: spellings of names, further names of fields and
 * paths, and the lists of models as they are asked for. On the real gateway, over HTTP.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { send, type Seen } from '../support/send.ts';
import { addSandboxKey, callsOf, openStage, type Stage, type StagedKey } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';

let stage: Stage;
let tenant: Tenant;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  tenant = await openTenant(stage.gateway, 'Contract');
});

const addOwn = async (provider: 'openai' | 'anthropic', fields: object = {}) =>
  await addSandboxKey(stage, tenant.addKey, { provider, ...fields });
const sentTo = (key: StagedKey) => callsOf(stage, key).map(({ model }) => model);
const read = async (path: string, apiKey = tenant.apiKey): Promise<Seen> =>
  await send(stage.gateway.url + path, { method: 'GET', headers: { authorization: `Bearer ${apiKey}` } });
type Listed = {
  readonly id: string;
  readonly architecture: { readonly output_modalities: readonly string[] };
};
const listed = async (query: string) => (await read(`/v1/models${query}`)).json().data as readonly Listed[];

describe('a model of Anthropic under the name that aggregators give it', () => {
  test.each([
    ['anthropic/claude-sonnet-4.6', 'claude-sonnet-4-6'],
    ['claude-sonnet-4.6', 'claude-sonnet-4-6'],
    ['claude-sonnet-4.6:nitro', 'claude-sonnet-4-6'],
    ['anthropic/claude-sonnet-4', 'claude-sonnet-4-20250514'],
    ['anthropic/claude-2.1', 'claude-2.1'],
    ['anthropic/claude-opus-9.7', 'claude-opus-9-7'],
  ])('%s is asked as %s', async (written, own) => {
    const key = await addOwn('anthropic');
    const answer = await tenant.ask({ model: written });
    expect(answer.status, answer.text).toBe(200);
    expect(sentTo(key)).toEqual([own]);
  });

  test('may stand in the lists of API keys and provider keys, and opens nothing else', async () => {
    const key = await addOwn('anthropic', { supported_models: ['claude-sonnet-4.6'] });
    const { key: apiKey } = await tenant.addApiKey({ allowed_models: ['anthropic/claude-sonnet-4.6'] });
    for (const model of ['claude-sonnet-4.6', 'anthropic/claude-sonnet-4-6'])
      expect((await tenant.ask({ model, apiKey })).status).toBe(200);
    expect(sentTo(key)).toEqual(['claude-sonnet-4-6', 'claude-sonnet-4-6']);
    const other = await tenant.ask({ model: 'claude-sonnet-4-5', apiKey });
    expect([other.status, other.json().code]).toEqual([403, 'model_not_allowed']);
    const unsupported = await tenant.ask({ model: 'claude-sonnet-4-5' });
    expect([unsupported.status, unsupported.json().code]).toEqual([503, 'no_provider_available']);
    expect((await listed('')).map(({ id }) => id)).toEqual(['anthropic/claude-sonnet-4-6']);
    expect((await read('/v1/models/claude-sonnet-4.6')).json()).toMatchObject({
      id: 'anthropic/claude-sonnet-4-6',
    });
  });
});

test.each(['thinking', 'extended', 'exacto', 'online'])(
  'the variant :%s of other gateways is refused with what to write instead, before any key is asked',
  async (variant) => {
    const key = await addOwn('openai');
    const answer = await tenant.ask({ model: `openai/gpt-4o:${variant}` });
    expect([answer.status, answer.json().code], answer.text).toEqual([404, 'model_not_found']);
    expect(answer.json().message).toContain(`There is no variant ":${variant}" here`);
    expect(callsOf(stage, key)).toEqual([]);
  },
);

describe('the lists of models', () => {
  test('are narrowed by what comes out and by what can be asked', async () => {
    await addOwn('openai');
    const all = await listed('?output_modalities=all');
    const images = await listed('?output_modalities=image');
    const vectors = await listed('?output_modalities=embeddings');
    const tools = await listed('?supported_parameters=tools&output_modalities=text');
    expect(all).toEqual(await listed(''));
    expect(images.every((each) => each.architecture.output_modalities.includes('image'))).toBe(true);
    expect(vectors.map(({ id }) => id)).toContain('openai/text-embedding-3-small');
    expect(tools.map(({ id }) => id)).toContain('openai/gpt-4o');
    expect(tools.map(({ id }) => id)).not.toContain('openai/text-embedding-3-small');
    for (const some of [images, vectors, tools]) {
      expect(some.length).toBeGreaterThan(0);
      expect(some.length).toBeLessThan(all.length);
    }
    const both = await listed('?output_modalities=image,embeddings');
    expect(both).toHaveLength(images.length + vectors.length);
  });

  test.each(['/v1', '/api/v1'])('say under %s who serves one model, at which price', async (root) => {
    await addOwn('anthropic');
    const path = `${root}/models/anthropic/claude-sonnet-4.5/endpoints`;
    const { data } = (await read(path)).json();
    expect(data).toMatchObject({
      id: 'anthropic/claude-sonnet-4-5',
      endpoints: [
        {
          provider_id: 'anthropic',
          provider_name: 'Anthropic',
          model: 'claude-sonnet-4-5',
          pricing: { prompt: 0.000003, completion: 0.000015 },
          supported_parameters: expect.arrayContaining(['tools']),
        },
      ],
    });
    const { key: narrow } = await tenant.addApiKey({ allowed_models: ['gpt-4o'] });
    for (const [where, who] of [
      [path, narrow],
      [`${root}/models/openai/gpt-4o/endpoints`, tenant.apiKey],
    ] as const) {
      const answer = await read(where, who);
      expect([answer.status, answer.json().code]).toEqual([404, 'model_not_found']);
    }
  });
});

describe('API keys', () => {
  test.each(['limit', 'limit_usd', 'spending_limit'])(
    'take their limit as %s, at both paths',
    async (name) => {
      for (const path of ['/api/v1/keys', '/v1/keys']) {
        const made = await tenant.call('POST', path, {
          name: 'x',
          [name]: 4,
          rate_limit: { requests_per_minute: 7 },
        });
        expect(made.status, made.text).toBe(201);
        const { data } = made.json() as { readonly data: { readonly hash: string } };
        expect(data).toMatchObject({ limit: 4, rpm_limit: 7 });
        const changed = await tenant.call('PATCH', `${path}/${data.hash}`, {
          [name]: null,
          rate_limit: null,
        });
        expect(changed.json().data).toMatchObject({ limit: null, rpm_limit: null });
        expect((await tenant.call('DELETE', `${path}/${data.hash}`)).json()).toEqual({
          data: { deleted: true },
        });
      }
    },
  );

  test.each([
    [{ limit: 1, limit_usd: 1 }, '`limit` and `limit_usd` are two names'],
    [{ rpm_limit: 1, rate_limit: { requests_per_minute: 1 } }, '`rpm_limit` and `rate_limit` are two names'],
    [{ rate_limit: { requests_per_day: 9 } }, 'is not a field of this request'],
  ])('refuse %o', async (fields, words) => {
    const answer = await tenant.call('POST', '/api/v1/keys', { name: 'x', ...fields });
    expect([answer.status, answer.json().code]).toEqual([400, 'invalid_request']);
    expect(answer.json().message).toContain(words);
  });
});

test('both usage queries take the parameters of one type, as clients have it', async () => {
  await addOwn('openai');
  await tenant.ask();
  const query = `?start_time=${new Date(Date.now() - 86_400_000).toISOString()}&granularity=monthly`;
  for (const path of ['/api/usage/summary', '/api/usage/timeseries'])
    expect((await tenant.call('GET', path + query)).status, path).toBe(200);
});

describe('names of models', () => {
  const long = (characters: number) => `openai/gpt-${'x'.repeat(characters - 'openai/gpt-'.length)}`;
  const asks: readonly (readonly [
    string,
    (model: string, models: readonly string[]) => readonly [string, object],
  ])[] = [
    [
      'openai',
      (model, models) => [
        '/v1/chat/completions',
        { model, models, messages: [{ role: 'user', content: 'Hi' }] },
      ],
    ],
    ['responses', (model, models) => ['/v1/responses', { model, models, input: 'Hi' }]],
    [
      'anthropic',
      (model, models) => [
        '/v1/messages',
        { model, models, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] },
      ],
    ],
    [
      'gemini',
      (model, models) => [
        `/v1beta/models/${model}:generateContent`,
        { models, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
      ],
    ],
    ['embeddings', (model, models) => ['/v1/embeddings', { model, models, input: 'Hi' }]],
  ];

  test.each(asks)('are at most 256 characters and ten in a request: %s', async (_format, asked) => {
    await addOwn('openai');
    const ask = async (model: string, more: number): Promise<number> => {
      const models = Array.from({ length: more }, (_, index) => `openai/gpt-more-${index}`);
      const [path, body] = asked(model, models);
      return (
        await tenant.ask({
          path,
          with: { model: undefined, max_tokens: undefined, messages: undefined, ...body },
        })
      ).status;
    };
    expect(await ask(long(256), 9)).toBe(200);
    expect(await ask(long(257), 0)).toBe(400);
    expect(await ask(long(256), 10)).toBe(400);
  });

  test('may be as long in lists of keys, and are found again in usage', async () => {
    const model = long(256).slice('openai/'.length);
    const key = await addOwn('openai', { supported_models: [`openai/${model}`] });
    const { key: apiKey } = await tenant.addApiKey({ allowed_models: [`openai/${model}`] });
    const answer = await tenant.ask({ model: `openai/${model}`, apiKey });
    expect(answer.status, answer.text).toBe(200);
    expect(sentTo(key)).toEqual([model]);
    const summary = await tenant.call('GET', `/api/usage/summary?model=openai/${model}`);
    expect(summary.json().total_requests, summary.text).toBe(1);
    const refused = await tenant.call('POST', '/api/v1/keys', {
      name: 'x',
      allowed_models: ['x'.repeat(257)],
    });
    expect(refused.json().message).toContain('1 to 256 visible ASCII characters');
  });
});

test.each(['/v1/messages/batches', '/v1/responses/resp_1/cancel', '/v1/files', '/v1/moderations'])(
  '%s, which is a provider’s own, says where it is reached',
  async (path) => {
    const answer = await tenant.ask({ path });
    expect(answer.status, answer.text).toBe(404);
    expect(answer.text).toContain('with its name in front, as /{provider}/v1/');
  },
);
