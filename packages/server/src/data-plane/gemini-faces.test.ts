/** Google's paths over real HTTP, crossed to a provider that speaks another dialect. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.addKey();
});
afterAll(async () => {
  await stage.close();
});

const SAY = { contents: [{ role: 'user', parts: [{ text: 'Say exactly: Grüezi 漢字' }] }] };
const path = (method: string, model = 'openai/gpt-4o-mini'): string => `/v1beta/models/${model}:${method}`;
type Part = { readonly text?: string };
type Answer = {
  readonly candidates: readonly {
    readonly content: { readonly parts: readonly Part[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: Readonly<Record<string, number>>;
};
const textOf = (answers: readonly Answer[]): string =>
  answers
    .flatMap(({ candidates }) =>
      candidates.flatMap(({ content }) => content.parts.map(({ text = '' }) => text)),
    )
    .join('');

test('an answer of another dialect has the shape of Gemini, with usage and a finish reason', async () => {
  const { status, json, headers } = await stage.ask(SAY, { path: path('generateContent') });
  const answer = json as unknown as Answer;
  expect(status).toBe(200);
  expect(textOf([answer])).toBe('Grüezi 漢字');
  expect(answer.candidates[0]?.finishReason).toBe('STOP');
  expect(answer.usageMetadata).toMatchObject({
    promptTokenCount: expect.any(Number),
    totalTokenCount: expect.any(Number),
  });
  expect(headers.get('x-generation-id')).toMatch(/^gen-/);
});

test('with alt=sse a stream is events, without it one array', async () => {
  const events = await stage.ask(SAY, { path: `${path('streamGenerateContent')}?alt=sse` });
  expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const objects = events.text.split('\r\n\r\n').filter((each) => each !== '');
  const parsed = objects.map((each) => JSON.parse(each.slice('data: '.length)) as Answer);
  expect(textOf(parsed)).toBe('Grüezi 漢字');
  expect(parsed.at(-1)?.usageMetadata?.['promptTokenCount']).toBeGreaterThan(0);

  const array = await stage.ask(SAY, { path: path('streamGenerateContent') });
  expect(array.headers.get('content-type')).toMatch(/^application\/json/);
  expect(textOf(array.json as unknown as readonly Answer[])).toBe('Grüezi 漢字');
});

test.each([
  '/v1/models/openai/gpt-4o-mini:generateContent',
  '/v1beta1/projects/p/locations/global/publishers/openai/models/gpt-4o-mini:generateContent',
  `/v1beta/models/${encodeURIComponent('openai/gpt-4o-mini')}:generateContent`,
])('the same model answers at %s', async (written) => {
  const { status, json } = await stage.ask(SAY, { path: written });
  expect([status, textOf([json as unknown as Answer])]).toEqual([200, 'Grüezi 漢字']);
});

test('the key is taken from ?key=, and is refused in the shape of Google when it is wrong', async () => {
  const url = stage.server.url + path('generateContent');
  const send = (query: string) =>
    fetch(url + query, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(SAY),
    });
  expect((await send(`?key=${stage.keys.apiKey}`)).status).toBe(200);
  const refused = await send('?key=lr_live_none');
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({
    error: { code: 401, status: 'UNAUTHENTICATED', details: [{ reason: 'invalid_api_key' }] },
  });
});

test('what is not there is said in the shape of Google', async () => {
  const unknown = await stage.ask(SAY, { path: path('predictLongRunning') });
  expect([unknown.status, unknown.json.error]).toMatchObject([404, { code: 404, status: 'NOT_FOUND' }]);
  const method = await stage.ask(SAY, { path: path('generateContent'), method: 'GET' });
  expect([method.status, method.json.error]).toMatchObject([405, { code: 405 }]);
  const model = await stage.ask(SAY, { path: path('generateContent', 'nobody-has-this') });
  expect([model.status, model.json.error]).toMatchObject([404, { status: 'NOT_FOUND' }]);
  const empty = await stage.ask({}, { path: path('generateContent') });
  expect([empty.status, empty.json.error]).toMatchObject([400, { status: 'INVALID_ARGUMENT' }]);
});

test('models are listed as Google lists them, page by page', async () => {
  type Page = { readonly models: readonly { readonly name: string }[]; readonly nextPageToken?: string };
  const names: string[] = [];
  let token: string | undefined;
  do {
    const query: string = `?pageSize=20${token === undefined ? '' : `&pageToken=${token}`}`;
    const { json } = await stage.ask({}, { path: `/v1beta/models${query}`, method: 'GET' });
    const page = json as unknown as Page;
    expect(page.models.length).toBeLessThanOrEqual(20);
    names.push(...page.models.map(({ name }) => name));
    token = page.nextPageToken;
  } while (token !== undefined);
  expect(names).toContain('models/openai/gpt-4o-mini');
  expect(new Set(names).size).toBe(names.length);
  const one = await stage.ask({}, { path: '/v1beta/models/openai/gpt-4o-mini', method: 'GET' });
  expect(one.json).toMatchObject({ name: 'models/openai/gpt-4o-mini', inputTokenLimit: expect.any(Number) });
  const none = await stage.ask({}, { path: '/v1beta/models/none', method: 'GET' });
  expect([none.status, none.json.error]).toMatchObject([404, { status: 'NOT_FOUND' }]);
});

test('tokens are counted by a provider of another dialect that has a counter', async () => {
  const { status, json, headers } = await stage.ask(SAY, { path: path('countTokens') });
  expect([status, headers.get('x-arouter-estimated')]).toEqual([200, null]);
  expect(json['totalTokens']).toBeGreaterThan(0);
  expect(stage.sandbox.journal.entries().at(-1)?.path).toBe('/openai/v1/responses/input_tokens');
});

test('tokens are estimated by rule, and marked, where the provider does not count; nothing is sent', async () => {
  await stage.addKey({ provider: 'mistral' });
  const asked = stage.sandbox.journal.entries().length;
  const { status, json, headers } = await stage.ask(SAY, {
    path: path('countTokens', 'mistral/mistral-small-latest'),
  });
  expect([status, headers.get('x-arouter-estimated')]).toEqual([200, 'true']);
  expect(json['totalTokens']).toBeGreaterThan(10);
  expect(stage.sandbox.journal.entries()).toHaveLength(asked);
  const refused = await stage.ask({ contents: 'text' }, { path: path('countTokens') });
  expect([refused.status, refused.json.error]).toMatchObject([400, { status: 'INVALID_ARGUMENT' }]);
});

describe('embedding', () => {
  const EMBEDDED = 'openai/text-embedding-3-small';
  const content = { parts: [{ text: 'one' }] };
  const vectorOf = (values: unknown): number => (values as readonly number[]).length;

  test('one text, or many, are asked of a provider of another dialect, at its price', async () => {
    const one = await stage.ask(
      { content, outputDimensionality: 8 },
      { path: path('embedContent', EMBEDDED) },
    );
    expect(one.status).toBe(200);
    expect(vectorOf((one.json['embedding'] as { values: unknown }).values)).toBe(8);
    const { promptTokenCount: tokens } = one.json['usageMetadata'] as { promptTokenCount: number };
    const generation = await stage.newest(({ status }) => status !== 'running');
    expect(generation.header.dialect).toBe('gemini-embed');
    // 0.02 USD per million tokens are 20 nano-USD a token.
    expect(generation.attempts[0]).toMatchObject({ costNano: tokens * 20, usage: { inputTokens: tokens } });

    const requests = [{ content }, { content: { parts: [{ text: 'two' }] } }];
    const many = await stage.ask({ requests }, { path: path('batchEmbedContents', EMBEDDED) });
    expect(many.json['embeddings']).toHaveLength(2);
    const instances = [{ content: 'one' }, { content: 'two' }];
    const predicted = await stage.ask({ instances }, { path: path('predict', EMBEDDED) });
    expect(predicted.json['predictions']).toHaveLength(2);
  });

  test('what only Google can do is refused in its own shape, and nothing is sent', async () => {
    const asked = stage.sandbox.journal.entries().length;
    const picture = { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] };
    const answer = await stage.ask({ content: picture }, { path: path('embedContent', EMBEDDED) });
    expect([answer.status, answer.json.error]).toMatchObject([400, { status: 'INVALID_ARGUMENT' }]);
    expect(answer.json.error?.['message']).toContain('by Google only');
    expect(stage.sandbox.journal.entries()).toHaveLength(asked);
  });

  test('pictures are made by a method of the same name, which nobody here speaks', async () => {
    const { status, json } = await stage.ask(
      { instances: [{ prompt: 'x' }] },
      { path: path('predict', 'imagen-4') },
    );
    expect([status, json.error]).toMatchObject([404, { status: 'NOT_FOUND' }]);
  });
});
