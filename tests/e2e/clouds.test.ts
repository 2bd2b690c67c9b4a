/** AWS Bedrock and Azure OpenAI through the real gateway: signed and addressed as they want it, asked in any dialect. */
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { secretOfAccessKey, type JournalEntry } from '@arouter/sandbox';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';

const ACCESS_KEY = 'AKIASANDBOX00000CLOUDS';
const SECRET = secretOfAccessKey(ACCESS_KEY);
const CLAUDE = 'claude-sonnet-4-5';
const AZURE_SECRET = 'sk-sandbox-azure-0123456789';

let stage: Stage;
let tenant: Tenant;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  stage = await openStage({ sandbox: { journalBodies: true } });
  tenant = await openTenant(stage.gateway, 'Clouds');
  await tenant.addKey({
    provider: 'bedrock',
    label: 'Frankfurt',
    credential: { access_key: ACCESS_KEY, secret_key: SECRET, region: 'eu-central-1' },
    base_url: `${stage.sandbox.url}/bedrock`,
  });
  await tenant.addKey({
    provider: 'azure',
    label: 'Resource',
    credential: {
      api_key: AZURE_SECRET,
      endpoint_url: `${stage.sandbox.url}/azure/openai/deployments/prod-4o/chat/completions?api-version=2024-10-21`,
      deployments: { 'prod-4o': 'gpt-4o', mini: 'gpt-4o-mini' },
    },
  });
  const { apiKey } = tenant;
  openai = new OpenAI({ apiKey, baseURL: `${stage.gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey, baseURL: stage.gateway.url, maxRetries: 0 });
});
afterAll(() => stage.close());

function lastAsked(): JournalEntry & { readonly json: Record<string, unknown> } {
  const entry = stage.sandbox.journal.entries().at(-1);
  if (entry === undefined) throw new Error('the sandbox was not asked anything');
  return { ...entry, json: JSON.parse(entry.body ?? '{}') as Record<string, unknown> };
}
async function testKey(body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const answer = await tenant.call('POST', '/api/v1/byok/test', body);
  return (answer.json() as { readonly data: unknown }).data;
}
const say = (words: string) => [{ role: 'user' as const, content: `Say exactly: ${words}` }];
const TOOL = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };

/** As the vendor's own library sees it: the raw proxy as its endpoint, the ARouter key where the access key id stands. */
describe('the unmodified AWS library, through the raw proxy', () => {
  const model = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
  const client = () =>
    new BedrockRuntimeClient({
      region: 'eu-central-1',
      endpoint: `${stage.gateway.url}/bedrock`,
      credentials: { accessKeyId: tenant.apiKey, secretAccessKey: 'signed-and-not-looked-at' },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
  const input = {
    modelId: model,
    messages: [{ role: 'user' as const, content: [{ text: 'Say exactly: Servus' }] }],
    inferenceConfig: { maxTokens: 50 },
  };

  test('Converse is answered, signed with the workspace’s own key, and in the ledger with its usage', async () => {
    const answer = await client().send(new ConverseCommand(input));
    expect(answer.output?.message?.content).toEqual([{ text: 'Servus' }]);
    expect(answer.usage?.outputTokens).toBeGreaterThan(0);
    expect(lastAsked().headers.flat().join()).not.toContain(tenant.apiKey);
    const { data } = (await tenant.manage('GET', '/api/v1/generations?limit=1')) as {
      data: readonly { status: string; dialect: string; usage: { total_tokens: number; cost: number } }[];
    };
    expect(data[0]).toMatchObject({
      status: 'succeeded',
      dialect: 'bedrock-converse',
      usage: { total_tokens: answer.usage?.totalTokens },
    });
    expect(data[0]?.usage.cost).toBeGreaterThan(0);
  });

  test('ConverseStream is read event by event', async () => {
    const { stream = [] } = await client().send(new ConverseStreamCommand(input));
    let text = '';
    let stopped: string | undefined;
    let tokens = 0;
    for await (const event of stream) {
      text += event.contentBlockDelta?.delta?.text ?? '';
      stopped = event.messageStop?.stopReason ?? stopped;
      tokens = event.metadata?.usage?.outputTokens ?? tokens;
    }
    expect([text, stopped]).toEqual(['Servus', 'end_turn']);
    expect(tokens).toBeGreaterThan(0);
  });

  test('tokens are counted, at no cost, with an attempt in the ledger', async () => {
    const answer = await client().send(
      new CountTokensCommand({ modelId: model, input: { converse: { messages: input.messages } } }),
    );
    expect(answer.inputTokens).toBeGreaterThan(0);
    expect(lastAsked().path).toMatch(/\/model\/anthropic\.claude-[^/]+\/count-tokens$/);
    const { data } = (await tenant.manage('GET', '/api/v1/generations?limit=1')) as {
      data: readonly { status: string; dialect: string; usage: { cost: number } }[];
    };
    expect(data[0]).toMatchObject({
      status: 'succeeded',
      dialect: 'bedrock-count-tokens',
      usage: { cost: 0 },
    });
  });

  test('a wrong key is refused in words that the library shows', async () => {
    const wrong = new BedrockRuntimeClient({
      region: 'eu-central-1',
      endpoint: `${stage.gateway.url}/bedrock`,
      credentials: { accessKeyId: 'lr_live_wrong', secretAccessKey: 'x' },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
    const error = await wrong.send(new ConverseCommand(input)).catch((thrown: unknown) => thrown);
    expect(String((error as Error).message)).toContain('API key');
  });
});

describe('Bedrock', () => {
  test('a caller of OpenAI chat gets Claude by Converse, from the profile of the key’s region', async () => {
    const answer = await openai.chat.completions.create({
      model: `anthropic/${CLAUDE}`,
      messages: say('Grüße'),
    });
    expect(answer.choices[0]?.message.content).toBe('Grüße');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.model).toBe('eu.anthropic.claude-sonnet-4-5-20250929-v1:0');
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toBe('/bedrock/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse');
  });

  test('streamed, with calls of tools', async () => {
    const stream = await openai.chat.completions.create({
      model: 'bedrock/amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: 'call the tool' }],
      tools: [{ type: 'function', function: { name: 'weather', parameters: TOOL } }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let args = '';
    let finish: string | null = null;
    let tokens = 0;
    for await (const chunk of stream) {
      args += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      tokens = chunk.usage?.total_tokens ?? tokens;
    }
    expect(Object.keys(JSON.parse(args) as object)).toEqual(['city']);
    expect(finish).toBe('tool_calls');
    expect(tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toBe('/bedrock/model/amazon.nova-lite-v1%3A0/converse-stream');
  });

  test('a caller of the Messages API gets Claude’s own API, betas in the body', async () => {
    const message = await anthropic.messages.create(
      { model: CLAUDE, max_tokens: 50, messages: say('Bonjour') },
      { headers: { 'anthropic-beta': 'context-1m-2025-08-07,files-api-2025-04-14' } },
    );
    expect(message.content).toEqual([{ type: 'text', text: 'Bonjour' }]);
    const { path, json } = lastAsked();
    expect(path).toMatch(/\/invoke$/);
    expect(json).toEqual({
      max_tokens: 50,
      messages: say('Bonjour'),
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['context-1m-2025-08-07'],
    });
  });

  test('streamed: its events come out of the AWS messages', async () => {
    const stream = anthropic.messages.stream({ model: CLAUDE, max_tokens: 50, messages: say('Ciao bella') });
    const message = await stream.finalMessage();
    expect(message.content).toEqual([{ type: 'text', text: 'Ciao bella' }]);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toMatch(/\/invoke-with-response-stream$/);
  });

  test('the Anthropic library counts tokens there, as far as the model can; else they are estimated', async () => {
    const question = { system: 'Be brief.', messages: say('Hello') };
    const counted = await anthropic.messages.countTokens({ model: CLAUDE, ...question });
    expect(counted.input_tokens).toBeGreaterThan(0);
    expect(lastAsked().path).toMatch(/\/count-tokens$/);
    expect(lastAsked().json).toMatchObject({
      input: { converse: { system: [{ text: 'Be brief.' }] } },
    });
    const asked = stage.sandbox.journal.entries().length;
    const { data, response } = await anthropic.messages
      .countTokens({ model: 'bedrock/amazon.nova-lite-v1:0', ...question })
      .withResponse();
    expect([data.input_tokens > 0, response.headers.get('x-arouter-estimated')]).toEqual([true, 'true']);
    expect(stage.sandbox.journal.entries()).toHaveLength(asked);
  });

  test('what Bedrock refuses is told in the caller’s dialect, and benches nothing', async () => {
    const ask = anthropic.messages.create({
      model: 'bedrock/anthropic.claude-does-not-exist',
      max_tokens: 5,
      messages: say('x'),
    });
    const error: unknown = await ask.catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect((error as InstanceType<typeof Anthropic.APIError>).message).toMatch(/model identifier is invalid/);
    const again = await openai.chat.completions.create({
      model: `anthropic/${CLAUDE}`,
      messages: say('still'),
    });
    expect(again.choices[0]?.message.content).toBe('still');
  });

  test('the secret stands in no request, and a wrong one is told by the test of a key', async () => {
    for (const entry of stage.sandbox.journal.entries()) expect(JSON.stringify(entry)).not.toContain(SECRET);
    const credential = { access_key: ACCESS_KEY, region: 'eu-central-1' };
    const base_url = `${stage.sandbox.url}/bedrock`;
    const good = await testKey({
      provider: 'bedrock',
      credential: { ...credential, secret_key: SECRET },
      base_url,
    });
    expect(good).toMatchObject({ ok: true, class: 'ok' });
    const bad = await testKey({
      provider: 'bedrock',
      credential: { ...credential, secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      base_url,
    });
    expect(bad).toMatchObject({ ok: false, class: 'bad_credential' });
  });
});

describe('Azure OpenAI', () => {
  test('a model is called by its deployment, with the key in Azure’s header', async () => {
    const answer = await openai.chat.completions.create({ model: 'openai/gpt-4o', messages: say('Hei') });
    expect(answer.choices[0]?.message.content).toBe('Hei');
    const { path, headers } = lastAsked();
    expect(path).toBe('/azure/openai/deployments/prod-4o/chat/completions?api-version=2024-10-21');
    expect(headers.find(([name]) => name.toLowerCase() === 'api-key')).toBeDefined();
    expect(headers.find(([name]) => name.toLowerCase() === 'authorization')).toBeUndefined();
  });

  test('another deployment of the same key serves another model; its first event has no choice', async () => {
    const stream = openai.chat.completions.stream({ model: 'openai/gpt-4o-mini', messages: say('Hola') });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message.content).toBe('Hola');
    expect(lastAsked().path).toContain('/deployments/mini/');
  });

  test('the Messages library is answered by it too', async () => {
    const stream = anthropic.messages.stream({
      model: 'openai/gpt-4o',
      max_tokens: 50,
      messages: say('Ahoj'),
    });
    expect((await stream.finalMessage()).content).toEqual([{ type: 'text', text: 'Ahoj' }]);
  });

  test('a model without a deployment is not served, and the error says why', async () => {
    const answer = await tenant.ask({ model: 'openai/gpt-4.1' });
    expect([answer.status, answer.json().code]).toEqual([503, 'no_provider_available']);
    expect(answer.json().message).toContain('deployment');
  });

  test('the test of a key tells a wrong deployment from a wrong key', async () => {
    const tested = (deployment_name: string, api_key = AZURE_SECRET) =>
      testKey({
        provider: 'azure',
        credential: { api_key, endpoint_url: `${stage.sandbox.url}/azure/openai/v1`, deployment_name },
      });
    expect(await tested('prod-4o')).toMatchObject({ class: 'ok' });
    expect(await tested('missing')).toMatchObject({ class: 'no_such_model' });
    expect(await tested('prod-4o', 'not-a-key-of-this-resource')).toMatchObject({ class: 'bad_credential' });
  });
});
