/**
 * The unmodified `@google/genai` package against the real gateway: at Google's own wire format, at Vertex AI with a
 * service account, and crossed to providers that speak other dialects. Text, streams, tools, thinking, JSON, errors.
 */
import { generateKeyPairSync } from 'node:crypto';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, type Content, type Part } from '@google/genai';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createManagementClient, type ManagementClient } from '../support/management-client.ts';
import { startGateway, type Gateway } from '../support/start-gateway.ts';

const GEMINI = 'gemini-2.5-flash';
const MODELS = [GEMINI, 'openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5'];
const ACCOUNT = 'gateway@sandbox-project.iam.gserviceaccount.com';
const WEATHER = {
  name: 'get_weather',
  description: 'Weather',
  parametersJsonSchema: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Paris'] } },
    required: ['city'],
    additionalProperties: false,
  },
};

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const accountFile = {
  type: 'service_account',
  project_id: 'sandbox-project',
  private_key_id: 'abcdef0123456789',
  private_key: privateKey,
  client_email: ACCOUNT,
  // Whoever could write these would get a signed token: they must not matter.
  token_uri: 'https://tokens.attacker.example/token',
  auth_uri: 'https://auth.attacker.example',
  universe_domain: 'attacker.example',
};

let sandbox: Sandbox;
let gateway: Gateway;
let client: ManagementClient;
let genai: GoogleGenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ journalBodies: true });
  gateway = await startGateway({
    egressAllow: [sandbox.url],
    environment: { AROUTER_EGRESS_REROUTE: `https://oauth2.googleapis.com=${sandbox.url}` },
  });
  client = createManagementClient(gateway);
  const add = (provider: string, path: string) =>
    client.addKey({
      provider,
      credential: { api_key: `sk-sandbox-${provider}` },
      base_url: sandbox.url + path,
    });
  await add('gemini', '/google');
  await add('openai', '/openai/v1');
  await add('anthropic', '/anthropic');
  sandbox.acceptServiceAccount(ACCOUNT, publicKey);
  await client.addKey({
    provider: 'vertex',
    credential: { service_account_json: JSON.stringify(accountFile), region: 'us-central1' },
    base_url: `${sandbox.url}/vertex`,
  });
  genai = new GoogleGenAI({ apiKey: gateway.keys.apiKey, httpOptions: { baseUrl: gateway.url } });
});
afterAll(async () => {
  await gateway?.remove();
  await sandbox?.close();
});
afterEach(() => sandbox.clearBehaviours());

function lastAsked(): {
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly json: Record<string, unknown>;
} {
  const entry = sandbox.journal.entries().findLast(({ path }) => !path.endsWith('/token'));
  if (entry === undefined) throw new Error('the sandbox was not asked anything');
  return { ...entry, json: JSON.parse(entry.body ?? '{}') as Record<string, unknown> };
}

describe.each(MODELS)('%s', (model) => {
  test('answers, with usage and a finish reason', async () => {
    const answer = await genai.models.generateContent({
      model,
      contents: 'Say exactly: Grüezi 漢字',
      config: { systemInstruction: 'Be brief.', temperature: 0.2, maxOutputTokens: 200 },
    });
    expect(answer.text).toBe('Grüezi 漢字');
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    expect(answer.usageMetadata?.promptTokenCount).toBeGreaterThan(5);
    expect(answer.usageMetadata?.candidatesTokenCount).toBeGreaterThan(0);
  });

  test('streams the same text in pieces', async () => {
    const stream = await genai.models.generateContentStream({ model, contents: 'Write 60 words.' });
    let text = '';
    let chunks = 0;
    let finish: unknown;
    for await (const chunk of stream) {
      chunks += 1;
      text += chunk.text ?? '';
      finish = chunk.candidates?.[0]?.finishReason ?? finish;
    }
    const whole = await genai.models.generateContent({ model, contents: 'Write 60 words.' });
    expect(text).toBe(whole.text);
    expect(chunks).toBeGreaterThan(20);
    expect(finish).toBe('STOP');
  });

  test.each(['whole', 'streamed'])('calls a tool, gets its result and uses it (%s)', async (how) => {
    const contents: Content[] = [{ role: 'user', parts: [{ text: 'Please call the tool get_weather.' }] }];
    const config = { tools: [{ functionDeclarations: [WEATHER] }] };
    const first: Part[] = [];
    if (how === 'whole') {
      const answer = await genai.models.generateContent({ model, contents, config });
      first.push(...(answer.candidates?.[0]?.content?.parts ?? []));
    } else {
      const stream = await genai.models.generateContentStream({ model, contents, config });
      for await (const chunk of stream) first.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    }
    const call = first.find((part) => part.functionCall !== undefined)?.functionCall;
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Paris' } });
    const id = call?.id === undefined ? {} : { id: call.id };
    contents.push(
      { role: 'model', parts: first },
      {
        role: 'user',
        parts: [{ functionResponse: { ...id, name: 'get_weather', response: { output: 'Sunny' } } }],
      },
    );
    const second = await genai.models.generateContent({ model, contents, config });
    expect(second.text).toContain('The tool has answered');
    expect(JSON.stringify(lastAsked().json)).toContain('Sunny');
  });

  test('must call a tool when it is told to', async () => {
    const answer = await genai.models.generateContent({
      model,
      contents: 'Hello.',
      config: {
        tools: [{ functionDeclarations: [WEATHER, { ...WEATHER, name: 'get_time' }] }],
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_time'] },
        },
      },
    });
    expect(answer.functionCalls?.map(({ name }) => name)).toEqual(['get_time']);
  });

  test('answers in JSON of a schema', async () => {
    const answer = await genai.models.generateContent({
      model,
      contents: 'Where?',
      config: { responseMimeType: 'application/json', responseJsonSchema: WEATHER.parametersJsonSchema },
    });
    expect(JSON.parse(answer.text ?? '')).toEqual({ city: 'Paris' });
  });

  test('counts tokens, or estimates them where nobody counts', async () => {
    const short = await genai.models.countTokens({ model, contents: 'Hello' });
    const long = await genai.models.countTokens({ model, contents: 'Hello '.repeat(100) });
    expect(short.totalTokens).toBeGreaterThan(0);
    expect(long.totalTokens).toBeGreaterThan((short.totalTokens ?? 0) + 50);
  });

  test('an error of the provider arrives as an ApiError in the shape of Google', async () => {
    sandbox.behave({ fault: { kind: 'error', preset: 'bad_request' } });
    const error = await genai.models
      .generateContent({ model, contents: 'Hello' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(400);
    expect(JSON.parse((error as ApiError).message)).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT' },
    });
  });
});

test('thinking streams as thoughts and its signature comes back where it belongs', async () => {
  const config = {
    tools: [{ functionDeclarations: [WEATHER] }],
    thinkingConfig: { includeThoughts: true, thinkingBudget: 512 },
  };
  const contents: Content[] = [{ role: 'user', parts: [{ text: 'Please call the tool get_weather.' }] }];
  const answer = await genai.models.generateContent({ model: GEMINI, contents, config });
  const parts = answer.candidates?.[0]?.content?.parts ?? [];
  expect(parts.some((part) => part.thought === true)).toBe(true);
  expect(answer.usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0);
  const signature = parts.find((part) => part.functionCall !== undefined)?.thoughtSignature;
  expect(signature).toEqual(expect.any(String));
});

describe('vectors for the unmodified package', () => {
  test.each([
    'gemini-embedding-001',
    'vertex/gemini-embedding-2',
    'vertex/gemini-embedding-001',
    'openai/text-embedding-3-small',
  ])('%s embeds a text, as large as is asked for', async (model) => {
    const config = { outputDimensionality: 16, taskType: 'RETRIEVAL_QUERY' };
    const { embeddings } = await genai.models.embedContent({ model, contents: 'Grüezi 漢字', config });
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([16]);
  });

  test('several texts at once, in their order', async () => {
    const one = async (model: string, text: string) =>
      (await genai.models.embedContent({ model, contents: text })).embeddings?.[0]?.values ?? [];
    for (const model of ['gemini-embedding-001', 'openai/text-embedding-3-small']) {
      const { embeddings } = await genai.models.embedContent({ model, contents: ['one', 'two'] });
      expect(embeddings?.map(({ values }) => values)).toEqual([
        await one(model, 'one'),
        await one(model, 'two'),
      ]);
    }
  });

  test('the package in its other mode asks by another method', async () => {
    const enterprise = new GoogleGenAI({
      vertexai: true,
      apiKey: gateway.keys.apiKey,
      httpOptions: { baseUrl: gateway.url },
    });
    const { embeddings } = await enterprise.models.embedContent({
      model: 'gemini-embedding-001',
      contents: 'one',
    });
    expect(embeddings?.[0]?.values).toHaveLength(1536);
  });

  test('a model that makes no vectors is refused as an ApiError', async () => {
    const error = await genai.models
      .embedContent({ model: 'anthropic/claude-haiku-4-5', contents: 'one' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).message).toContain('does not offer embeddings');
  });
});

describe('Gemini asked by callers of other dialects', () => {
  test('the openai package embeds, though it asks for base64', async () => {
    const openai = new OpenAI({ apiKey: gateway.keys.apiKey, baseURL: `${gateway.url}/v1` });
    const { data } = await openai.embeddings.create({
      model: 'google/gemini-embedding-001',
      input: ['one', 'two'],
      dimensions: 16,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
  });

  test('the openai package calls a tool, and the signature returns with the call', async () => {
    const openai = new OpenAI({ apiKey: gateway.keys.apiKey, baseURL: `${gateway.url}/v1` });
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'get_weather', parameters: WEATHER.parametersJsonSchema } },
    ];
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'Please call the tool get_weather.' },
    ];
    const first = await openai.chat.completions.create({ model: `google/${GEMINI}`, messages, tools });
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (message === undefined || call === undefined) throw new Error(JSON.stringify(first));
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: 'Sunny' });
    const second = await openai.chat.completions.create({ model: `google/${GEMINI}`, messages, tools });
    expect(second.choices[0]?.message.content).toContain('The tool has answered');
    const sent = JSON.stringify(lastAsked().json);
    expect(sent).toContain(Buffer.from('sandbox get_weather').toString('base64'));
  });

  test('the Anthropic package streams thinking and text', async () => {
    const anthropic = new Anthropic({ apiKey: gateway.keys.apiKey, baseURL: gateway.url });
    const stream = anthropic.messages.stream({
      model: `google/${GEMINI}`,
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: [{ role: 'user', content: 'Say exactly: hello from Gemini' }],
    });
    const message = await stream.finalMessage();
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(message.content.at(-1)).toMatchObject({ text: 'hello from Gemini' });
    expect(message.stop_reason).toBe('end_turn');
    expect(lastAsked().json['generationConfig']).toMatchObject({
      thinkingConfig: { thinkingBudget: 1024, includeThoughts: true },
    });
  });
});

describe('tokens of Gemini counted for the Anthropic package', () => {
  const anthropic = () => new Anthropic({ apiKey: gateway.keys.apiKey, baseURL: gateway.url });
  const question = {
    system: 'Be brief.',
    messages: [{ role: 'user' as const, content: 'How long is this?' }],
    tools: [
      { name: 'get_weather', input_schema: WEATHER.parametersJsonSchema as Anthropic.Tool.InputSchema },
    ],
  };

  test.each([
    ['google', 'generateContentRequest'],
    ['vertex', 'systemInstruction'],
  ])('%s counts, in its own layout', async (provider, field) => {
    const counted = await anthropic().messages.countTokens({
      model: `google/${GEMINI}`,
      ...question,
      provider: { only: [provider] },
    } as Anthropic.MessageCountTokensParams);
    expect(counted.input_tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toMatch(/:countTokens$/);
    expect(lastAsked().json).toHaveProperty(field);
  });

  test('Claude at Vertex AI counts by its own name for it', async () => {
    const model = 'claude-sonnet-4-5@20250929';
    const counted = await anthropic().messages.countTokens({ model: `vertex/${model}`, ...question });
    expect(counted.input_tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toMatch(/\/models\/count-tokens:rawPredict$/);
    expect(lastAsked().json).toMatchObject({ model, anthropic_version: 'vertex-2023-10-16' });
  });
});

describe('Vertex AI with a service account', () => {
  test('one token serves many requests, in the project and region of the key', async () => {
    const before = sandbox.tokensIssued();
    const ask = () =>
      genai.models.generateContent({ model: `vertex/${GEMINI}`, contents: 'Say exactly: one' });
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(answers.map(({ text }) => text)).toEqual(['one', 'one', 'one', 'one']);
    expect(sandbox.tokensIssued() - before).toBeLessThanOrEqual(1);
    const { path, headers } = lastAsked();
    expect(path).toContain(
      `/v1beta1/projects/sandbox-project/locations/us-central1/publishers/google/models/${GEMINI}:generateContent`,
    );
    expect(headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]).toMatch(/^Bearer ya29\./);
  });

  test('a token that Google no longer takes is replaced once, and the ledger tells of both attempts', async () => {
    const ask = () =>
      genai.models.generateContent({ model: `vertex/${GEMINI}`, contents: 'Say exactly: one' });
    await ask();
    await ask();
    const before = sandbox.tokensIssued();
    sandbox.revokeKey(`ya29.sandbox-${before}`);
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ text }) => text)).toEqual(['one', 'one', 'one']);
    expect(sandbox.tokensIssued() - before).toBe(1);
    const { data } = (await client.manage('GET', '/api/v1/generations?limit=3')) as {
      data: readonly { id: string; status: string }[];
    };
    expect(data.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    const told = await Promise.all(
      data.map(async ({ id }) => {
        const shown = await client.manage('GET', `/api/v1/generation?id=${id}`);
        return (shown as { route: { attempts: readonly unknown[] } }).route.attempts;
      }),
    );
    // One that began late may have had the new token at once.
    const repeated = told.filter((attempts) => attempts.length === 2);
    expect(repeated.length).toBeGreaterThan(0);
    for (const [first] of repeated) expect(JSON.stringify(first)).toContain('token_stale');
    await ask();
    expect(sandbox.tokensIssued() - before).toBe(1);
  });

  test('a test of the key is not fooled by a token that was kept', async () => {
    sandbox.revokeKey(`ya29.sandbox-${sandbox.tokensIssued()}`);
    const { data } = (await client.manage('GET', '/api/v1/byok')) as {
      data: readonly { id: string; provider: string }[];
    };
    const id = data.find(({ provider }) => provider === 'vertex')?.id ?? '';
    expect(await client.manage('POST', `/api/v1/byok/${id}/test`)).toMatchObject({ data: { ok: true } });
  });

  test('an account that is refused with a new token too is told as a refused key, after two attempts', async () => {
    const ask = () =>
      genai.models
        .generateContent({ model: `vertex/${GEMINI}`, contents: 'Hello' })
        .catch((thrown: unknown) => thrown);
    sandbox.behave({
      times: 2,
      match: { path: ':generateContent' },
      fault: { kind: 'error', preset: 'oauth_token_refused' },
    });
    const asked = sandbox.journal.entries().length;
    const error = await ask();
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(424);
    const paths = sandbox.journal.entries().slice(asked);
    expect(paths.filter(({ path }) => path.endsWith(':generateContent'))).toHaveLength(2);
    sandbox.clearBehaviours();
    const { data } = (await client.manage('GET', '/api/v1/byok')) as {
      data: readonly { id: string; provider: string; health: { state: string } }[];
    };
    const key = data.find(({ provider }) => provider === 'vertex');
    expect(key?.health.state).toBe('unhealthy');
    await client.manage('POST', `/api/v1/byok/${key?.id ?? ''}/reenable`);
    expect(await ask()).toHaveProperty('candidates');
  });

  test('Claude answers there too, without a model in the body', async () => {
    const anthropic = new Anthropic({ apiKey: gateway.keys.apiKey, baseURL: gateway.url });
    const message = await anthropic.messages.create({
      model: 'vertex/claude-sonnet-4-5@20250929',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Say exactly: two' }],
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'two' }]);
    const { path, json } = lastAsked();
    expect(path).toContain('/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict');
    expect(json).toMatchObject({ anthropic_version: 'vertex-2023-10-16' });
    expect(json).not.toHaveProperty('model');
    const stream = anthropic.messages.stream({
      model: 'vertex/claude-sonnet-4-5@20250929',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Say exactly: three' }],
    });
    expect(await stream.finalText()).toBe('three');
    expect(lastAsked().path).toContain(':streamRawPredict');
  });

  test.each([
    ['a key that was deleted', { private_key: otherKey() }, 'bad_credential', /deleted or replaced/],
    [
      'an account that is gone',
      { client_email: 'gone@sandbox-project.iam.gserviceaccount.com' },
      'bad_credential',
      /deleted/,
    ],
  ])('Test Key says what is wrong with %s', async (_name, change, wanted, words) => {
    const answer = await testUnsaved({
      provider: 'vertex',
      credential: { service_account_json: JSON.stringify({ ...accountFile, ...change }), region: 'global' },
      base_url: `${sandbox.url}/vertex`,
    });
    expect(answer).toMatchObject({ ok: false, class: wanted });
    expect(answer.message).toMatch(words);
  });

  test('Test Key proves a good one without a token of output', async () => {
    const answer = await testUnsaved({
      provider: 'vertex',
      credential: { ...accountFile, region: 'europe-west4' },
      base_url: `${sandbox.url}/vertex`,
    });
    expect(answer).toMatchObject({ ok: true });
    expect(lastAsked().path).toMatch(
      /locations\/europe-west4\/publishers\/google\/models\/[^/]+:countTokens$/,
    );
  });
});

async function testUnsaved(fields: object): Promise<{ readonly ok: boolean; readonly message: string }> {
  const answer = (await client.manage('POST', '/api/v1/byok/test', fields)) as {
    readonly data: { readonly ok: boolean; readonly message: string };
  };
  return answer.data;
}

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}
