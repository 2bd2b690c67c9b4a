/**
 * Every client library that the documentation names, unmodified, asked for everything it can do, for a model of each
 * vendor: `tests/support/clients/client-table.ts` says what that is, and `docs/clients.md` is written from it.
 */
import { secretOfAccessKey } from '@arouter/sandbox';
import type { JournalEntry } from '@arouter/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aiAnthropic, aiGoogle, aiOpenaiChat, aiOpenaiResponses } from '../support/clients/ai-sdk.ts';
import { anthropicMessages } from '../support/clients/anthropic-messages.ts';
import { bedrockConverse } from '../support/clients/bedrock-converse.ts';
import { CLIENTS } from '../support/clients/client-table.ts';
import type { Capability, ClientName, ClientRow } from '../support/clients/client-table.ts';
import type { Asked, ClientUnderTest, MakeClient, Reply } from '../support/clients/client-under-test.ts';
import { googleGenai } from '../support/clients/google-genai.ts';
import { langchainChat, langchainResponses } from '../support/clients/langchain-openai.ts';
import { mistralChat } from '../support/clients/mistral-chat.ts';
import { openaiChat } from '../support/clients/openai-chat.ts';
import { openaiResponses } from '../support/clients/openai-responses.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';

const MAKERS: Readonly<Record<ClientName, MakeClient>> = {
  openaiChat,
  openaiResponses,
  anthropicMessages,
  googleGenai,
  mistralChat,
  bedrockConverse,
  aiOpenaiChat,
  aiOpenaiResponses,
  aiAnthropic,
  aiGoogle,
  langchainChat,
  langchainResponses,
};
const ACCESS_KEY = 'AKIASANDBOX00000MATRIX';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const CITY = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Paris'] } },
  required: ['city'],
  additionalProperties: false,
};
const TOOLS = [
  { name: 'get_weather', schema: CITY },
  { name: 'get_time', schema: CITY },
];
const ONE_CALL = 'Please call the tool get_weather.';
const ALL_CALLS = 'Please call all tools.';
const RESULT = 'Sunny, 21 °C';
/** So long a provider may go on after its caller left, and what two busy cores add. */
const CANCEL_MS_MAX = 4000;
const FRAME_DELAY_MS = 60;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ sandbox: { journalBodies: true } });
});
afterAll(() => stage.close());
afterEach(() => stage.sandbox.clearBehaviours());

describe.each(Object.entries<ClientRow>(CLIENTS))('%s', (name, row) => {
  const make = MAKERS[name as ClientName];
  let tenant: Tenant;
  let client: ClientUnderTest;
  beforeAll(async () => {
    tenant = await openTenant(stage.gateway, name);
    await addKeys(tenant);
    client = make({ url: stage.gateway.url, apiKey: tenant.apiKey });
  });
  const can = (capability: Capability) => test.skipIf(capability in row.lacks).each(row.models);

  can('plain')('plain, %s', async (model) => {
    const reply = await client.ask({ model, text: 'Say exactly: Grüezi 漢字' });
    expect(reply.text).toBe('Grüezi 漢字');
    expect(reply.outputTokens).toBeGreaterThan(0);
    expect(reply.calls).toEqual([]);
  });

  can('streaming')('streaming, %s', async (model) => {
    const text = 'Write 40 words.';
    const pieces: string[] = [];
    const reply = await streamed({ model, text }, (piece) => pieces.push(piece));
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.join('')).toBe(reply.text);
    expect(reply.text).toBe((await client.ask({ model, text })).text);
  });

  can('usage of streams')('usage of streams, %s', async (model) => {
    const asked = { model, text: 'Say exactly: one two three four five' };
    const { outputTokens } = await streamed(asked);
    expect(outputTokens).toBeGreaterThan(0);
    expect(outputTokens).toBe((await client.ask(asked)).outputTokens);
  });

  can('tools')('tools, %s', async (model) => {
    await callAndAnswer(await client.ask({ model, text: ONE_CALL, tools: TOOLS }), TOOLS.slice(0, 1));
  });

  can('parallel tools')('parallel tools, %s', async (model) => {
    await callAndAnswer(await client.ask({ model, text: ALL_CALLS, tools: TOOLS }), TOOLS);
  });

  can('streamed tools')('streamed tools, %s', async (model) => {
    await callAndAnswer(await streamed({ model, text: ONE_CALL, tools: TOOLS }), TOOLS.slice(0, 1));
    await callAndAnswer(await streamed({ model, text: ALL_CALLS, tools: TOOLS }), TOOLS);
  });

  can('structured output')('structured output, %s', async (model) => {
    const reply = await client.ask({ model, text: 'Where is it?', schema: CITY });
    expect(JSON.parse(reply.text)).toEqual({ city: 'Paris' });
  });

  can('picture')('picture, %s', async (model) => {
    const reply = await client.ask({ model, text: 'What is in this picture?', picture: PIXEL });
    expect(reply.text).toMatch(/^Sandbox/);
    expect(lastAsked().body).toContain(PIXEL);
  });

  can('provider error')('provider error, %s', async (model) => {
    stage.sandbox.behave({ times: 2, fault: { kind: 'error', preset: 'bad_request' } });
    for (const ask of [client.ask, streamed]) {
      const refusal = client.readRefusal(await thrownBy(ask({ model, text: 'Hello' })));
      expect(refusal?.status).toBe(400);
      expect(refusal?.message).toMatch(/temperature|Request contains an invalid argument/);
    }
  });

  can('wrong key')('wrong key, %s', async (model) => {
    const before = stage.sandbox.journal.seen();
    const stranger = make({ url: stage.gateway.url, apiKey: 'lr_live_wrong' });
    const refusal = stranger.readRefusal(await thrownBy(stranger.ask({ model, text: 'Hello' })));
    expect(refusal?.status).toBe(401);
    expect(refusal?.message).toContain('API key');
    if (refusal !== null && 'code' in refusal) expect(refusal.code).toBe('invalid_api_key');
    expect(stage.sandbox.journal.seen()).toBe(before);
  });

  test.skipIf('leaving' in row.lacks)('leaving, every model at once', async () => {
    stage.sandbox.behave({ fault: { kind: 'pace', frameDelayMs: FRAME_DELAY_MS } });
    const before = await bookings();
    await Promise.all(
      row.models.map(async (model) => {
        const text = `Write 300 words for ${name} on ${model}.`;
        await leaveAfter({ model, text }, 3);
        await waitUntil(
          () => stage.sandbox.journal.entries().find((entry) => entry.body?.includes(text))?.outcome,
          (outcome) => outcome === 'client_left',
          CANCEL_MS_MAX,
        );
      }),
    );
    const after = await waitUntil(
      bookings,
      (all) => all.filter(({ status }) => status === 'cancelled').length >= row.models.length,
      CANCEL_MS_MAX,
    );
    expect(after).toHaveLength(before.length + row.models.length);
    for (const { usage } of after.filter(({ status }) => status === 'cancelled'))
      expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('everything that reached a provider is booked once', async () => {
    const sent = stage.sandbox.journal
      .entries()
      .filter(({ key }) => key !== null && secretsOf(tenant).has(key)).length;
    expect(sent).toBeGreaterThan(0);
    const { total_requests: booked } = await waitUntil(
      () => tenant.usage(),
      (usage) => usage.total_requests === sent,
    );
    expect(booked).toBe(sent);
  });

  const streamed = async (asked: Asked, onPiece: (text: string) => void = () => undefined): Promise<Reply> =>
    await client.stream(asked, { onPiece, signal: new AbortController().signal });

  /** Some libraries throw then, some end the stream: both is leaving. */
  async function leaveAfter(asked: Asked, pieces: number): Promise<void> {
    const leaving = new AbortController();
    let seen = 0;
    const onPiece = (): void => {
      seen += 1;
      if (seen === pieces) leaving.abort();
    };
    await client.stream(asked, { onPiece, signal: leaving.signal }).catch(() => undefined);
    expect(leaving.signal.aborted).toBe(true);
  }

  async function bookings(): Promise<readonly Booking[]> {
    const { data } = (await tenant.manage('GET', '/api/v1/generations?limit=100')) as {
      readonly data: readonly Booking[];
    };
    return data;
  }
});

type Booking = {
  readonly status: string;
  readonly usage: { readonly completion_tokens: number } | null;
};

/** Every tool was called; its result reaches the provider, and an answer comes back. */
async function callAndAnswer(first: Reply, tools: readonly { readonly name: string }[]): Promise<void> {
  expect(first.calls).toEqual(tools.map(({ name }) => ({ name, input: { city: 'Paris' } })));
  const second = await first.answerCalls(RESULT);
  expect(second.text).toContain('The tool has answered');
  expect(second.calls).toEqual([]);
  expect(lastAsked().body?.split(RESULT)).toHaveLength(tools.length + 1);
}

/** A key of each vendor, its secret the tenant's own, by which the sandbox's journal knows it. */
async function addKeys(tenant: Tenant): Promise<void> {
  const { url } = stage.sandbox;
  for (const [provider, path] of [
    ['openai', '/openai/v1'],
    ['anthropic', '/anthropic'],
    ['google', '/google'],
  ] as const)
    await tenant.addKey({
      provider,
      credential: { api_key: secretOf(tenant, provider) },
      base_url: url + path,
    });
  const accessKey = secretOf(tenant, 'bedrock');
  await tenant.addKey({
    provider: 'bedrock',
    credential: {
      access_key: accessKey,
      secret_key: secretOfAccessKey(accessKey),
      region: 'eu-central-1',
    },
    base_url: `${url}/bedrock`,
    supported_models: CLIENTS.bedrockConverse.models,
  });
}

function secretOf({ workspaceId }: Tenant, provider: string): string {
  if (provider === 'bedrock') return ACCESS_KEY + workspaceId.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  return `sk-sandbox-${provider}-${workspaceId.replaceAll(/[^\w-]/g, '')}`;
}

function secretsOf(tenant: Tenant): ReadonlySet<string> {
  return new Set(['openai', 'anthropic', 'google', 'bedrock'].map((provider) => secretOf(tenant, provider)));
}

function lastAsked(): JournalEntry {
  const entry = stage.sandbox.journal.entries().at(-1);
  if (entry === undefined) throw new Error('the sandbox was not asked anything');
  return entry;
}

async function thrownBy(asked: Promise<unknown>): Promise<unknown> {
  try {
    await asked;
  } catch (error) {
    return error;
  }
  throw new Error('it was answered');
}
