/** Everything besides chat goes the same way: planned, reserved, in the ledger before it is sent, settled after. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.close();
});

const settled = () => stage.newest(({ status }) => status !== 'running');

test('embeddings are answered byte for byte, metered by their tokens, with cost where it is expected', async () => {
  await stage.addKey();
  const body = { model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8 };
  const { status, json, headers } = await stage.ask(body, { path: '/v1/embeddings' });
  expect(status).toBe(200);
  expect(json['data']).toHaveLength(2);
  const { prompt_tokens: tokens } = json['usage'] as { prompt_tokens: number };
  const generation = await settled();
  expect(headers.get('x-generation-id')).toBe(generation.header.id);
  expect(generation.header.dialect).toBe('openai-embeddings');
  // 0.02 USD per million tokens are 20 nano-USD a token.
  expect(generation.attempts[0]).toMatchObject({
    outcome: 'succeeded',
    costNano: tokens * 20,
    usage: { inputTokens: tokens, outputTokens: 0, origin: 'provider' },
  });
  const twin = await stage.ask(body, { path: '/api/v1/embeddings' });
  expect(twin.json['usage']).toMatchObject({ cost: tokens * 20e-9, is_byok: true });
});

test('an answer of embeddings without usage is estimated from the input alone', async () => {
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'usage', damage: 'none' } });
  await stage.ask({ model: 'text-embedding-3-small', input: 'one two three' }, { path: '/v1/embeddings' });
  const [attempt] = (await settled()).attempts;
  expect(attempt?.usage).toMatchObject({ origin: 'estimated', outputTokens: 0 });
});

test('a second key serves when the first is out of quota', async () => {
  await stage.addKey({ label: 'one', weight: 1000 });
  await stage.addKey({ label: 'two' });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'rate_limited' } });
  const { status, headers } = await stage.ask(
    { model: 'text-embedding-3-small', input: 'x' },
    { path: '/v1/embeddings' },
  );
  expect([status, headers.get('x-arouter-attempts')]).toEqual([200, '2']);
});

test('a provider that does not offer the operation is left out, and the error says so', async () => {
  await stage.addKey({ provider: 'anthropic' });
  const { status, json } = await stage.ask(
    { model: 'anthropic/claude-sonnet-4-5', input: 'x' },
    { path: '/v1/embeddings' },
  );
  expect(status).toBe(503);
  expect(json.error?.['message']).toContain('its provider does not offer embeddings for this model');
  expect(stage.sandbox.journal.entries()).toHaveLength(0);
});

test('reranking keeps the provider’s own answer and counts what the provider counts', async () => {
  await stage.addKey({ provider: 'together' });
  const { status, json } = await stage.ask(
    {
      model: 'together/Salesforce/Llama-Rank-v1',
      query: 'red fish',
      documents: ['blue bird', 'a red fish', 'green'],
      top_n: 2,
    },
    { path: '/v1/rerank' },
  );
  expect(status).toBe(200);
  expect((json['results'] as { index: number }[]).map(({ index }) => index)).toEqual([1, 0]);
  const [attempt] = (await settled()).attempts;
  const { total_tokens: tokens } = json['usage'] as { total_tokens: number };
  expect(attempt?.usage).toMatchObject({ inputTokens: tokens, origin: 'provider' });
});

test('images are billed by their tokens where the model states them, and are unpriced, not free, where nothing is known', async () => {
  await stage.addKey();
  const draw = (model: string) =>
    stage.ask({ model, prompt: 'a grey pixel', n: 2 }, { path: '/v1/images/generations' });
  const { json } = await draw('gpt-image-2');
  expect(json['data']).toHaveLength(2);
  const { input_tokens: input, output_tokens: output } = json['usage'] as Record<string, number>;
  expect((await settled()).attempts[0]).toMatchObject({
    costNano: (input ?? 0) * 5000 + (output ?? 0) * 30_000,
  });
  const older = await draw('dall-e-3');
  expect(older.status).toBe(200);
  const generation = await stage.newest(
    ({ header, status }) => header.modelRequested === 'dall-e-3' && status !== 'running',
  );
  expect(generation.attempts[0]).toMatchObject({
    costNano: null,
    costLines: [{ what: 'images', quantity: 2, nanoPerMillion: null }],
  });
});

test.each([
  ['/v1/embeddings', { model: 'm' }, '"input"'],
  ['/v1/rerank', { model: 'm', query: 'q' }, '"documents"'],
  ['/v1/rerank', { model: 'm', documents: ['d'] }, '"query"'],
  ['/v1/images/generations', { model: 'm' }, '"prompt"'],
  ['/v1/images/generations', { model: 'm', prompt: 'p', stream: true }, '"stream"'],
  ['/v1/embeddings', { input: 'x' }, '"model"'],
])('%s refuses %j and names the field', async (path, body, field) => {
  const { status, json } = await stage.ask(body, { path });
  expect(status).toBe(400);
  expect(json.error?.['message']).toContain(field);
});

test('chat is as it was', async () => {
  await stage.addKey();
  expect((await stage.ask(QUESTION)).status).toBe(200);
});
