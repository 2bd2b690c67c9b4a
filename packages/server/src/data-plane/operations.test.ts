/** Everything besides chat goes the same way: planned, reserved, in the ledger before it is sent, settled after. */
import { secretOfAccessKey } from '@arouter/sandbox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

describe('embeddings of other vendors, for a caller of OpenAI’s form', () => {
  const asked = () => stage.sandbox.journal.entries().at(-1);

  test('Google’s are a batch; where it states no usage, the tokens are estimated, and marked', async () => {
    await stage.addKey({ provider: 'google', base_url: `${stage.sandbox.url}/google` });
    const ask = (model: string) =>
      stage.ask(
        { model, input: ['one', 'two'], dimensions: 4, encoding_format: 'base64' },
        { path: '/v1/embeddings' },
      );
    const counted = await ask('google/gemini-embedding-2-preview');
    expect(counted.status).toBe(200);
    const [first] = counted.json['data'] as { embedding: string }[];
    // Four floats of four bytes.
    expect(Buffer.from(first?.embedding ?? '', 'base64')).toHaveLength(16);
    expect(counted.json['model']).toBe('gemini-embedding-2-preview');
    expect(asked()?.path).toMatch(/\/gemini-embedding-2-preview:batchEmbedContents$/);
    expect((await settled()).attempts[0]?.usage).toMatchObject({ origin: 'provider' });
    const uncounted = await ask('google/gemini-embedding-001');
    expect(uncounted.json).not.toHaveProperty('usage');
    const [attempt] = (await stage.newest(({ header }) => header.modelRequested.endsWith('-001'))).attempts;
    expect(attempt).toMatchObject({ usage: { origin: 'estimated', outputTokens: 0 } });
    expect(attempt?.costNano).toBeGreaterThan(0);
  });

  test('Bedrock’s are of Amazon or Cohere, with the tokens that its header states', async () => {
    const access = 'AKIASANDBOX00000EMBEDS';
    await stage.addKey({
      provider: 'bedrock',
      credential: { access_key: access, secret_key: secretOfAccessKey(access), region: 'us-east-1' },
      base_url: `${stage.sandbox.url}/bedrock`,
    });
    const ask = (model: string, input: unknown) =>
      stage.ask({ model: `bedrock/${model}`, input }, { path: '/v1/embeddings' });
    const titan = await ask('amazon.titan-embed-text-v2:0', 'one');
    expect([titan.status, (titan.json['data'] as unknown[]).length]).toEqual([200, 1]);
    const cohere = await ask('cohere.embed-v4:0', ['one', 'two']);
    expect([cohere.status, (cohere.json['data'] as unknown[]).length]).toEqual([200, 2]);
    const [attempt] = (await settled()).attempts;
    // 0.12 USD per million tokens.
    expect(attempt?.usage).toMatchObject({ origin: 'provider' });
    expect(attempt?.costNano).toBe((attempt?.usage?.inputTokens ?? 0) * 120);
    const many = await ask('amazon.titan-embed-text-v2:0', ['one', 'two']);
    expect([many.status, many.json.error?.['message']]).toEqual([
      400,
      expect.stringContaining('takes one text in one request'),
    ]);
    const raw = await stage.ask(
      { inputText: 'one' },
      { path: '/bedrock/model/amazon.titan-embed-text-v2%3A0/invoke' },
    );
    expect(raw.json).toHaveProperty('inputTextTokenCount');
    expect((await settled()).header.dialect).toBe('bedrock-embed');
  });
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
  ['/v1/images/generations', { model: 'm', prompt: 'p', stream: true, n: 2 }, '"stream"'],
  ['/v1/embeddings', { input: 'x' }, '"model"'],
])('%s refuses %j and names the field', async (path, body, field) => {
  const { status, json } = await stage.ask(body, { path });
  expect(status).toBe(400);
  expect(json.error?.['message']).toContain(field);
});

describe('pictures as a stream', () => {
  const draw = (model = 'gpt-image-2') =>
    stage.ask(
      { model, prompt: 'a grey pixel', stream: true, partial_images: 2 },
      { path: '/v1/images/generations' },
    );
  const typesOf = (text: string) => [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);

  test('come as they are drawn, billed by the tokens of the last event', async () => {
    await stage.addKey();
    const { headers, text } = await draw();
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(typesOf(text)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    const { usage } = JSON.parse(/data: (.*completed.*)$/m.exec(text)?.[1] ?? '{}') as {
      usage: { input_tokens: number; output_tokens: number };
    };
    const { header, attempts } = await settled();
    expect(header.streamed).toBe(true);
    expect(attempts[0]).toMatchObject({
      outcome: 'succeeded',
      costNano: usage.input_tokens * 5000 + usage.output_tokens * 30_000,
      usage: { origin: 'provider' },
    });
  });

  test('that the provider draws at once are an answer as it gives it', async () => {
    await stage.addKey();
    const { headers, json } = await draw('dall-e-3');
    expect([headers.get('content-type'), json['data']]).toMatchObject([
      expect.stringContaining('application/json'),
      [{}],
    ]);
  });

  test('fail over to another key before the first picture, and end in an error event after it', async () => {
    await stage.addKey({ label: 'one' });
    await stage.addKey({ label: 'two' });
    stage.sandbox.behave({
      times: 1,
      fault: { kind: 'error_in_200', preset: 'server_error', afterFrames: 0 },
    });
    const moved = await draw();
    expect([moved.headers.get('x-arouter-attempts'), typesOf(moved.text).at(-1)]).toEqual([
      '2',
      'image_generation.completed',
    ]);
    stage.sandbox.behave({ times: 1, fault: { kind: 'cut', afterFrames: 1, how: 'reset' } });
    const cut = await draw();
    expect(typesOf(cut.text)).toEqual(['image_generation.partial_image', 'error']);
    const broken = await stage.newest(({ header, status }) => {
      return header.id === cut.headers.get('x-generation-id') && status !== 'running';
    });
    expect(broken.attempts[0]).toMatchObject({ outcome: 'interrupted' });
  });
});

test('a transcription is streamed as it is heard, billed by the tokens of its last event', async () => {
  await stage.addKey();
  const { headers, text } = await transcribe({ model: 'gpt-4o-mini-transcribe', stream: 'true' });
  expect(headers.get('content-type')).toContain('text/event-stream');
  expect(text).toContain('transcript.text.delta');
  expect(text.trimEnd().split('\n').at(-1)).toContain('transcript.text.done');
  expect((await settled()).attempts[0]).toMatchObject({
    outcome: 'succeeded',
    usage: { inputTokens: 10, outputTokens: 7, audioInputTokens: 10, origin: 'provider' },
  });
  const ignored = await transcribe({ model: 'whisper-1', stream: 'true' });
  expect(JSON.parse(ignored.text)).toHaveProperty('text');
  const refused = await transcribe({ model: 'whisper-1', stream: 'true' }, '/v1/audio/translations');
  expect([refused.status, refused.text]).toEqual([
    400,
    expect.stringContaining('Translations are not streamed'),
  ]);
});

/** A second of sound, as the sandbox counts. */
const SOUND = Buffer.alloc(1024, 7);

async function transcribe(fields: Readonly<Record<string, string>>, path = '/v1/audio/transcriptions') {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([SOUND], { type: 'audio/mpeg' }), 'audio.mp3');
  const response = await fetch(stage.server.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.keys.apiKey}` },
    body: form,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test('a form is passed on with its file untouched and the model in it changed, and its seconds are billed', async () => {
  await stage.addKey();
  const { status, text } = await transcribe({ model: 'openai/whisper-1', language: 'en' });
  expect([status, text]).toEqual([200, expect.stringContaining('1024 bytes heard by whisper-1.')]);
  // 0.006 USD a minute.
  expect((await settled()).attempts[0]).toMatchObject({
    costNano: 100_000,
    usage: { inputTokens: 0, origin: 'provider' },
    costLines: [{ what: 'seconds', quantity: 1, nanoPerMillion: 1e11 }],
  });
});

test.each([
  ['srt', 'text/plain', '-->'],
  ['vtt', 'text/vtt', 'WEBVTT'],
  ['text', 'text/plain', 'heard'],
])('an answer as %s keeps its own content type', async (format, type, words) => {
  await stage.addKey();
  const answer = await transcribe({ model: 'whisper-1', response_format: format }, '/v1/audio/translations');
  expect(answer.headers.get('content-type')).toContain(type);
  expect(answer.text).toContain(words);
  expect((await settled()).attempts[0]?.costLines).toEqual([
    { what: 'seconds', quantity: 1, nanoPerMillion: 1e11 },
  ]);
});

test('speech is streamed through as sound, billed by its characters', async () => {
  await stage.addKey();
  const response = await fetch(`${stage.server.url}/v1/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.keys.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tts-1', voice: 'alloy', input: 'x'.repeat(100) }),
  });
  expect(response.headers.get('content-type')).toBe('audio/mpeg');
  expect((await response.arrayBuffer()).byteLength).toBe(10 * 1024);
  // 15 USD per million characters.
  expect((await settled()).attempts[0]).toMatchObject({ outcome: 'succeeded', costNano: 1_500_000 });
});

test('sound that breaks off does not end like sound that is whole', async () => {
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'cut', afterFrames: 1, how: 'reset' } });
  const response = await fetch(`${stage.server.url}/v1/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.keys.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tts-1', voice: 'alloy', input: 'x'.repeat(100) }),
  });
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect((await settled()).attempts[0]).toMatchObject({ outcome: 'interrupted' });
});

describe('counting tokens', () => {
  const counted = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hello' }] };
  test('is asked of the provider and costs nothing', async () => {
    await stage.addKey({ provider: 'anthropic' });
    const { status, json } = await stage.ask(counted, { path: '/v1/messages/count_tokens' });
    expect([status, typeof json['input_tokens']]).toEqual([200, 'number']);
    expect((await settled()).attempts[0]).toMatchObject({ costNano: 0, usage: { inputTokens: 0 } });
  });
  test('is asked of OpenAI in its own form, whatever the caller speaks', async () => {
    await stage.addKey();
    const { status, json, headers } = await stage.ask(
      { ...counted, model: 'openai/gpt-4o-mini' },
      { path: '/v1/messages/count_tokens' },
    );
    expect([status, typeof json['input_tokens']]).toEqual([200, 'number']);
    expect(headers.get('x-arouter-estimated')).toBeNull();
    expect(stage.sandbox.journal.entries().at(-1)?.path).toMatch(/\/responses\/input_tokens$/);
    expect((await settled()).attempts[0]).toMatchObject({ costNano: 0, usage: { inputTokens: 0 } });
  });
  test('is estimated by rule, and marked, where the provider has no such thing', async () => {
    await stage.addKey({ provider: 'groq', base_url: `${stage.sandbox.url}/groq/openai/v1` });
    const { status, json, headers } = await stage.ask(
      { ...counted, model: 'groq/llama-3.1-8b-instant' },
      { path: '/v1/messages/count_tokens' },
    );
    expect([status, headers.get('x-arouter-estimated')]).toEqual([200, 'true']);
    // 10, and the 48 bytes of names and texts by three.
    expect(json['input_tokens']).toBeGreaterThan(10);
    expect(json['input_tokens']).toBeLessThan(40);
    expect(stage.sandbox.journal.entries()).toHaveLength(0);
  });
  test('is refused where no key serves the model', async () => {
    const { status } = await stage.ask(counted, { path: '/v1/messages/count_tokens' });
    expect(status).toBe(503);
  });
});

describe('the raw proxy', () => {
  const lastSent = () => stage.sandbox.journal.entries().at(-1);
  /** With an API key of its own. */
  async function askAs(fields: object, path: string) {
    const { json } = await stage.manage('POST', '/api/v1/keys', { name: 'Restricted', ...fields });
    return stage.ask(
      { ...QUESTION, model: 'gpt-4o-mini' },
      { path, headers: { authorization: `Bearer ${String(json['key'])}` } },
    );
  }

  test('a known path is served and metered by its dialect, by that provider only', async () => {
    await stage.addKey();
    await stage.addKey({ provider: 'anthropic' });
    const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] };
    const { status, headers } = await stage.ask(body, { path: '/openai/v1/chat/completions' });
    expect([status, headers.get('x-arouter-provider')]).toEqual([200, 'openai']);
    const generation = await settled();
    expect(generation.header.dialect).toBe('openai-chat');
    expect(generation.attempts[0]?.costNano).toBeGreaterThan(0);
    const elsewhere = await stage.ask(
      { ...body, model: 'claude-sonnet-4-5' },
      { path: '/openai/v1/chat/completions' },
    );
    expect(elsewhere.headers.get('x-arouter-provider')).not.toBe('anthropic');
  });

  test('a list passes with the provider’s credential, without the caller’s', async () => {
    await stage.addKey();
    const { status, json } = await stage.ask(
      {},
      {
        path: `/openai/v1/models?limit=2&key=${stage.keys.apiKey}`,
        method: 'GET',
        headers: { cookie: 'a=b', 'x-api-key': stage.keys.apiKey },
      },
    );
    expect([status, json['object']]).toEqual([200, 'list']);
    expect(lastSent()?.path).toBe('/openai/v1/models?limit=2');
    expect(JSON.stringify(lastSent()?.headers)).not.toContain('lr_');
    expect(JSON.stringify(lastSent()?.headers)).not.toContain('a=b');
    expect((await settled()).attempts[0]).toMatchObject({ costNano: 0, outcome: 'succeeded' });
  });

  test('what nobody knows passes as it is, unpriced, and not at all where its price must be known', async () => {
    await stage.addKey({ label: 'free' });
    const body = { model: 'gpt-4o-mini', anything: true };
    const { status } = await stage.ask(body, { path: '/openai/v1/unheard/of' });
    // The sandbox has no such path, which the caller is told.
    expect(status).toBe(404);
    expect(lastSent()).toMatchObject({ method: 'POST', path: '/openai/v1/unheard/of' });
    await stage.manage('PATCH', `/api/v1/byok/${(await settled()).attempts[0]?.providerKeyId ?? ''}`, {
      daily_budget_usd: 1,
      hard_budget: true,
    });
    const metered = await stage.ask(body, { path: '/openai/v1/unheard/of' });
    expect([metered.status, metered.json.error?.['code']]).toEqual([422, 'price_unknown']);
  });

  test('a key that may use certain models gets nothing through unread, whatever model the body names', async () => {
    await stage.addKey();
    const ask = (allowed: readonly string[] | null, path: string) => askAs({ allowed_models: allowed }, path);
    // The path, a file or a second field may name the model that answers.
    for (const path of ['/openai/v1/engines/gpt-4o/completions', '/openai/v1/chat/completions/']) {
      const refused = await ask(['openai/gpt-4o-mini'], path);
      expect([refused.status, refused.json.error?.['code']]).toEqual([403, 'model_not_allowed']);
      expect(refused.json.error?.['message']).toContain('allow "openai/*"');
    }
    expect(stage.sandbox.journal.entries()).toHaveLength(0);
    expect((await ask(['openai/gpt-4o-mini'], '/openai/v1/chat/completions')).status).toBe(200);
    await ask(['openai/*'], '/openai/v1/unheard/of');
    expect(lastSent()?.path).toBe('/openai/v1/unheard/of');
  });

  test.each(['/openai//evil.example/v1', '/openai/http://evil.example/', '/openai/v1/a%5cb'])(
    'refuses %s',
    async (path) => {
      await stage.addKey();
      const { status } = await stage.ask({}, { path, method: 'GET' });
      expect(status).toBe(400);
      expect(stage.sandbox.journal.entries()).toHaveLength(0);
    },
  );

  test('the operator’s account is not read through it: only what a dialect knows is served by a platform key', async () => {
    await stage.addKey({ platform: true });
    const list = await stage.ask({}, { path: '/openai/v1/files', method: 'GET' });
    expect(list.status).toBe(503);
    expect(list.text).toContain("only the workspace's own keys serve paths that are passed on unread");
    const gone = await stage.ask({}, { path: '/openai/v1/files/file-1', method: 'DELETE' });
    expect(gone.status).toBe(503);
    expect(stage.sandbox.journal.entries()).toHaveLength(0);
    const known = await stage.ask(
      { ...QUESTION, model: 'gpt-4o-mini' },
      { path: '/openai/v1/chat/completions' },
    );
    expect([known.status, known.headers.get('x-arouter-source')]).toEqual([200, 'platform']);
  });

  test('nor is it gone on from: an earlier response there may be another workspace’s', async () => {
    await stage.addKey({ platform: true });
    const body = { model: 'gpt-4o-mini', input: 'Hello', previous_response_id: 'resp_0123456789' };
    const refused = await stage.ask(body, { path: '/v1/responses' });
    expect([refused.status, refused.text]).toEqual([
      503,
      expect.stringContaining('refers to things stored at the provider'),
    ]);
    expect(stage.sandbox.journal.entries()).toHaveLength(0);
    const { previous_response_id: _id, ...fresh } = body;
    const served = await stage.ask(fresh, { path: '/v1/responses' });
    expect([served.status, served.headers.get('x-arouter-source')]).toEqual([200, 'platform']);
    await stage.addKey({ provider: 'anthropic' });
    const model = 'anthropic/claude-haiku-4-5';
    const elsewhere = await stage.ask({ ...body, model }, { path: '/v1/responses' });
    expect([elsewhere.status, elsewhere.json.error?.['message']]).toEqual([
      400,
      expect.stringContaining('Send the earlier input and output items in "input" instead.'),
    ]);
    await stage.addKey();
    const own = await stage.ask(body, { path: '/v1/responses' });
    expect(own.headers.get('x-arouter-source')).toBe('byok');
    const later = await stage.ask({ ...fresh, background: true }, { path: '/v1/responses' });
    expect([later.status, later.json.error?.['message']]).toEqual([
      400,
      expect.stringContaining('"background"'),
    ]);
  });

  test('a key of another provider never serves it', async () => {
    await stage.addKey();
    const { status } = await stage.ask({}, { path: '/anthropic/v1/models', method: 'GET' });
    expect(status).toBe(503);
    expect(stage.sandbox.journal.entries()).toHaveLength(0);
  });
});

test('chat is as it was', async () => {
  await stage.addKey();
  expect((await stage.ask(QUESTION)).status).toBe(200);
});
