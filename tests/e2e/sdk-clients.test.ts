/**
 * The unmodified `openai` and `@anthropic-ai/sdk` packages as an application uses them, against providers that answer
 * like the real ones: tools, pictures, streams that the caller leaves, keys, errors and retries.
 */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askOverHttp } from '../support/ask-over-http.ts';
import { OPENAI_SECRET, startSandboxWorld } from '../support/sandbox-world.ts';
import type { SandboxWorld } from '../support/sandbox-world.ts';
import { waitUntil } from '../support/wait-until.ts';

const OPENAI_MODEL = 'gpt-4o-mini';
const CLAUDE = 'claude-haiku-4-5';
/** The same model for callers of both dialects: one is served without, the other with translation. */
const MODELS = [`openai/${OPENAI_MODEL}`, `anthropic/${CLAUDE}`];
const WEATHER_SCHEMA = {
  type: 'object' as const,
  properties: {
    city: { type: 'string', enum: ['Paris'] },
    days: { type: 'integer', minimum: 1, maximum: 3 },
  },
  required: ['city', 'days'],
  additionalProperties: false,
};
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PICTURE_URL = 'https://pictures.example/cat.png';

let world: SandboxWorld;
beforeAll(async () => {
  world = await startSandboxWorld();
});
afterAll(async () => {
  await world?.close();
});
afterEach(async () => {
  world.sandbox.clearBehaviours();
  await world.client.reenableKey(world.openaiKey.id);
  await world.client.reenableKey(world.anthropicKey.id);
});

describe('a tool is called, answered and used', () => {
  test.each(MODELS)('by the openai package on %s', async (model) => {
    const { client } = world.openai();
    const tools: OpenAI.ChatCompletionTool[] = [
      {
        type: 'function',
        function: { name: 'get_weather', description: 'Weather', parameters: WEATHER_SCHEMA },
      },
    ];
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'Please call the tool get_weather.' },
    ];
    const first = await client.chat.completions.create({ model, messages, tools });
    const choice = first.choices[0];
    const call = choice?.message.tool_calls?.[0];
    if (choice === undefined || call?.type !== 'function')
      throw new Error(`no call in ${JSON.stringify(first)}`);
    expect(choice.finish_reason).toBe('tool_calls');
    expect(call.function.name).toBe('get_weather');
    expectWeatherArguments(JSON.parse(call.function.arguments));
    messages.push(choice.message, { role: 'tool', tool_call_id: call.id, content: 'Sunny, 21 °C' });
    const second = await client.chat.completions.create({ model, messages, tools });
    expect(second.choices[0]?.message.content).toContain('The tool has answered');
    expect(second.choices[0]?.finish_reason).toBe('stop');
    expect(JSON.stringify(world.lastAsked().json)).toContain('Sunny, 21 °C');
  });

  test.each(MODELS)('by the Anthropic package on %s', async (model) => {
    const { client } = world.anthropic();
    const tools: Anthropic.Tool[] = [
      { name: 'get_weather', description: 'Weather', input_schema: WEATHER_SCHEMA },
    ];
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: 'Please call the tool get_weather.' },
    ];
    const first = await client.messages.create({ model, messages, tools, max_tokens: 200 });
    const call = first.content.find((block) => block.type === 'tool_use');
    if (call === undefined) throw new Error(`no call in ${JSON.stringify(first)}`);
    expect(first.stop_reason).toBe('tool_use');
    expectWeatherArguments(call.input);
    messages.push(
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny, 21 °C' }] },
    );
    const second = await client.messages.create({ model, messages, tools, max_tokens: 200 });
    expect(second.stop_reason).toBe('end_turn');
    expect(second.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toContain(
      'The tool has answered',
    );
    expect(JSON.stringify(world.lastAsked().json)).toContain('Sunny, 21 °C');
  });

  test.each(MODELS)('in streams that both packages put together, on %s', async (model) => {
    const content = 'Please call the tool get_weather.';
    const openai = await world
      .openai()
      .client.chat.completions.stream({
        model,
        messages: [{ role: 'user', content }],
        tools: [{ type: 'function', function: { name: 'get_weather', parameters: WEATHER_SCHEMA } }],
        stream_options: { include_usage: true },
      })
      .finalChatCompletion();
    const anthropic = await world
      .anthropic()
      .client.messages.stream({
        model,
        messages: [{ role: 'user', content }],
        tools: [{ name: 'get_weather', input_schema: WEATHER_SCHEMA }],
        max_tokens: 200,
      })
      .finalMessage();
    const call = openai.choices[0]?.message.tool_calls?.[0];
    expectWeatherArguments(call?.type === 'function' ? JSON.parse(call.function.arguments) : null);
    expectWeatherArguments(anthropic.content.find((block) => block.type === 'tool_use')?.input);
    expect(openai.usage?.completion_tokens).toBeGreaterThan(0);
    expect(anthropic.usage.output_tokens).toBeGreaterThan(0);
    expect(anthropic.usage.input_tokens).toBeGreaterThan(0);
  });
});

describe('pictures reach the provider in its own form', () => {
  const asData = `data:image/png;base64,${PIXEL}`;
  const openaiForm = { data: asData, url: PICTURE_URL };
  const anthropicForm = {
    data: { type: 'base64', media_type: 'image/png', data: PIXEL },
    url: { type: 'url', url: PICTURE_URL },
  };

  test.each(['data', 'url'] as const)('from the openai package, as %s', async (kind) => {
    for (const model of MODELS) {
      const answer = await world.openai().client.chat.completions.create({
        model,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: openaiForm[kind] } },
            ],
          },
        ],
      });
      expect(answer.choices[0]?.message.content).toMatch(/^Sandbox/);
      expect(pictureAsked()).toEqual(
        model.startsWith('openai') ? { url: openaiForm[kind] } : anthropicForm[kind],
      );
    }
  });

  test.each(['data', 'url'] as const)('from the Anthropic package, as %s', async (kind) => {
    const source = anthropicForm[kind] as Anthropic.ImageBlockParam['source'];
    for (const model of MODELS) {
      const answer = await world.anthropic().client.messages.create({
        model,
        max_tokens: 100,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', source },
              { type: 'text', text: 'What is this?' },
            ],
          },
        ],
      });
      expect(answer.content[0]).toMatchObject({
        type: 'text',
        text: expect.stringMatching(/^Sandbox/) as string,
      });
      expect(pictureAsked()).toEqual(
        model.startsWith('openai') ? { url: openaiForm[kind] } : anthropicForm[kind],
      );
    }
  });

  /** `image_url` of OpenAI's form, `source` of Anthropic's. */
  function pictureAsked(): unknown {
    const messages = world.lastAsked().json['messages'] as readonly { readonly content: unknown }[];
    const parts = messages.flatMap(({ content }) =>
      Array.isArray(content) ? (content as Record<string, unknown>[]) : [],
    );
    const picture = parts.find(({ type }) => type === 'image' || type === 'image_url');
    return picture?.['image_url'] ?? picture?.['source'];
  }
});

describe('a stream that its caller leaves is cancelled at the provider and settled', () => {
  /** The gateway lets the provider go on for a second, in the hope of its usage. */
  const CANCEL_MS_MAX = 1500;
  /** For two busy cores. */
  const SLACK_MS = 1000;

  test.each(MODELS)('by the openai package on %s', async (model) => {
    world.sandbox.behave({ fault: { kind: 'pace', frameDelayMs: 100 } });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Write 500 words' }];
    const { data, response } = await world
      .openai()
      .client.chat.completions.create({ model, messages, stream: true })
      .withResponse();
    await leaveAfter(data, 5);
    await expectCancelled(response.headers.get('x-generation-id'));
  });

  test.each(MODELS)('by the Anthropic package on %s', async (model) => {
    world.sandbox.behave({ fault: { kind: 'pace', frameDelayMs: 100 } });
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Write 500 words' }];
    const { data, response } = await world
      .anthropic()
      .client.messages.create({ model, messages, max_tokens: 2000, stream: true })
      .withResponse();
    await leaveAfter(data, 5);
    await expectCancelled(response.headers.get('x-generation-id'));
  });

  async function leaveAfter(
    stream: AsyncIterable<unknown> & { readonly controller: AbortController },
    events: number,
  ): Promise<void> {
    let seen = 0;
    for await (const _event of stream) {
      seen += 1;
      if (seen === events) break;
    }
    stream.controller.abort();
    expect(seen).toBe(events);
  }

  async function expectCancelled(generationId: string | null): Promise<void> {
    const left = performance.now();
    await waitUntil(
      () => world.lastAsked().outcome,
      (outcome) => outcome === 'client_left',
      CANCEL_MS_MAX + SLACK_MS,
    );
    console.log(
      `the provider's stream was cut ${Math.round(performance.now() - left)} ms after the caller left`,
    );
    const generation = await waitUntil(
      () => world.client.generation(generationId ?? ''),
      ({ status }) => status !== 'running',
      SLACK_MS,
    );
    expect(generation.status).toBe('cancelled');
    expect(generation.route.attempts).toMatchObject([{ outcome: 'cancelled', failure: null }]);
    expect(generation.usage?.completion_tokens).toBeGreaterThan(0);
    expect(generation.usage?.cost).toBeGreaterThan(0);
  }
});

describe('keys', () => {
  const FACES = [
    ['/v1/chat/completions', { model: OPENAI_MODEL, messages: [{ role: 'user', content: 'Hello' }] }],
    ['/v1/messages', { model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] }],
  ] as const;
  const CARRIERS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const;

  test.each(FACES)(
    'are taken from every header that a client library uses, at %s, and go no further',
    async (path, body) => {
      const { apiKey } = world.gateway.keys;
      for (const carrier of CARRIERS) {
        const response = await fetch(world.gateway.url + path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            [carrier]: carrier === 'authorization' ? `Bearer ${apiKey}` : apiKey,
          },
          body: JSON.stringify(body),
        });
        expect(response.status, carrier).toBe(200);
        const { headers, body: sent } = world.lastAsked();
        expect(JSON.stringify([headers, sent])).not.toContain(apiKey);
      }
    },
  );

  test.each(FACES)(
    'that are missing or wrong are refused at %s before anything is sent',
    async (path, body) => {
      const before = world.sandbox.journal.seen();
      const url = world.gateway.url + path;
      for (const token of ['', 'lr_live_wrong', OPENAI_SECRET, world.gateway.keys.apiKey.slice(0, -1)])
        expect((await askOverHttp(url, token, JSON.stringify(body))).status, token).toBe(401);
      expect((await askOverHttp(url, world.gateway.keys.managementKey, JSON.stringify(body))).status).toBe(
        403,
      );
      expect(world.sandbox.journal.seen()).toBe(before);
    },
  );
});

describe('errors become the error classes of the packages', () => {
  const ask = (client: OpenAI, model = OPENAI_MODEL) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] });
  const askClaude = (client: Anthropic, model = CLAUDE) =>
    client.messages.create({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] });

  test('a wrong key is an AuthenticationError', async () => {
    const apiKey = 'lr_live_wrong';
    const openai = await refusalOf(ask(world.openai({ apiKey }).client));
    const anthropic = await refusalOf(askClaude(world.anthropic({ apiKey }).client));
    expect(openai).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(anthropic).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(openai).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('a model that the key may not use is a PermissionDeniedError', async () => {
    const made = (await world.client.manage('POST', '/api/v1/keys', {
      name: 'only one model',
      allowed_models: ['gpt-4.1'],
    })) as { readonly key: string };
    const openai = await refusalOf(ask(world.openai({ apiKey: made.key }).client));
    const anthropic = await refusalOf(askClaude(world.anthropic({ apiKey: made.key }).client));
    expect(openai).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(anthropic).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(openai).toMatchObject({ status: 403, code: 'model_not_allowed' });
  });

  test('a model that nobody serves is a NotFoundError', async () => {
    const openai = await refusalOf(ask(world.openai().client, 'nobody/nothing'));
    const anthropic = await refusalOf(askClaude(world.anthropic().client, 'nobody/nothing'));
    expect(openai).toBeInstanceOf(OpenAI.NotFoundError);
    expect(anthropic).toBeInstanceOf(Anthropic.NotFoundError);
    expect(openai).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('a rate limit of the provider is a RateLimitError', async () => {
    world.sandbox.behave({ times: 2, fault: { kind: 'error', preset: 'rate_limited' } });
    const openai = await refusalOf(ask(world.openai({ maxRetries: 0 }).client));
    const anthropic = await refusalOf(askClaude(world.anthropic({ maxRetries: 0 }).client));
    expect(openai).toBeInstanceOf(OpenAI.RateLimitError);
    expect(anthropic).toBeInstanceOf(Anthropic.RateLimitError);
    expect(openai).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  });

  test('a spent budget is status 402 after exactly one call, and names the key and when it resets', async () => {
    await world.client.editKey(world.openaiKey.id, { daily_budget_usd: 0.000_001, hard_budget: true });
    try {
      const { client, calls } = world.openai({ maxRetries: 5 });
      const refusal = await refusalOf(ask(client));
      expect(refusal).toMatchObject({ status: 402, code: 'provider_key_budget_exceeded' });
      expect(refusal.message).toContain('My openai');
      expect(calls()).toBe(1);
    } finally {
      await world.client.editKey(world.openaiKey.id, { daily_budget_usd: null, hard_budget: false });
    }
  });
});

describe('the packages try again only where that can help', () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];
  const request = { model: OPENAI_MODEL, messages };
  const claude: Anthropic.MessageCreateParamsNonStreaming = {
    model: CLAUDE,
    max_tokens: 50,
    messages: [{ role: 'user', content: 'Hello' }],
  };

  test('a rate limit that ends soon is met again, and the answer comes', async () => {
    world.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'rate_limited', retryAfter: '1' } });
    const { client, calls } = world.openai({ maxRetries: 5 });
    const answer = await client.chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toMatch(/^Sandbox/);
    // The bench of the key may end a moment after the time that the provider stated: then the first retry is too early.
    expect([2, 3]).toContain(calls());
  });

  test('one that lasts is not: `x-should-retry: false`, one call, with five retries allowed', async () => {
    world.sandbox.behave({ fault: { kind: 'error', preset: 'rate_limited', retryAfter: '3600' } });
    const openai = world.openai({ maxRetries: 5 });
    const anthropic = world.anthropic({ maxRetries: 5 });
    const refusals = [
      await refusalOf(openai.client.chat.completions.create(request)),
      // The key is benched by now: nothing is sent to the provider, and still one call.
      await refusalOf(openai.client.chat.completions.create(request)),
      await refusalOf(anthropic.client.messages.create(claude)),
    ];
    expect(refusals.map(({ headers }) => headers?.get('x-should-retry'))).toEqual([
      'false',
      'false',
      'false',
    ]);
    expect([openai.calls(), anthropic.calls()]).toEqual([2, 1]);
    expect(refusals[0]?.status).toBe(429);
    expect(refusals[1]?.status).toBeGreaterThanOrEqual(429);
  });

  test('a credential that the provider refuses is not tried again, and the error says what to do', async () => {
    world.sandbox.behave({ match: { key: OPENAI_SECRET }, fault: { kind: 'error', preset: 'invalid_key' } });
    const { client, calls } = world.openai({ maxRetries: 5 });
    const refusal = await refusalOf(client.chat.completions.create(request));
    expect(refusal).toMatchObject({ status: 424, code: 'provider_key_rejected' });
    expect(refusal.message).toMatch(/My openai.*Make a new key/s);
    expect(refusal.message).not.toContain(OPENAI_SECRET);
    expect(refusal.headers?.get('x-should-retry')).toBe('false');
    expect(calls()).toBe(1);
  });
});

function expectWeatherArguments(value: unknown): void {
  expect(value).toEqual({ city: 'Paris', days: expect.any(Number) as number });
}

/** The packages throw one error class of their own each; what they have in common is what an application reads. */
async function refusalOf(
  asked: Promise<unknown>,
): Promise<
  Error & { readonly status?: unknown; readonly code?: unknown; readonly headers?: Headers | undefined }
> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof OpenAI.APIError || error instanceof Anthropic.APIError) return error;
    throw error;
  }
  throw new Error('it was answered');
}
