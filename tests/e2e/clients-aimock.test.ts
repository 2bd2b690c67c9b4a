/**
 * Unmodified client libraries of the field against the real gateway, over a provider stand-in that nobody here wrote:
 * text, streams, tools and their results, structured output, pictures, errors, and callers who leave. Every library asks
 * for a model of each provider, so that whatever it speaks is passed through once and translated twice.
 */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool, type LanguageModel } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AIMOCK_MODELS,
  CITY,
  EMBEDDING,
  FORECAST,
  GREETING,
  LONG_TEXT,
  startAimockWorld,
} from '../support/aimock-world.ts';
import type { AimockWorld } from '../support/aimock-world.ts';
import { waitUntil } from '../support/wait-until.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PICTURE = `data:image/png;base64,${PIXEL}`;
const CITY_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const }, days: { type: 'integer' as const } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const WEATHER = { name: 'get_weather', description: 'The weather of a city.', parameters: CITY_SCHEMA };
const RESULT = 'It is sunny in Paris.';

let world: AimockWorld;
beforeAll(async () => {
  world = await startAimockWorld();
});
afterAll(async () => {
  await world?.close();
});
const v1 = (): string => `${world.gateway.url}/v1`;
const apiKey = (): string => world.gateway.keys.apiKey;

/** The caller has left: the attempt is settled as cancelled, with what came until then. */
async function expectCancelled(generationId: string | null): Promise<void> {
  const outcomeOf = async (): Promise<string | null | undefined> =>
    (await world.client.generation(generationId ?? '')).route.attempts.at(-1)?.outcome;
  expect(await waitUntil(outcomeOf, (outcome) => typeof outcome === 'string')).toBe('cancelled');
}

describe.each(AIMOCK_MODELS)('openai, responses, on %s', (model) => {
  const client = (): OpenAI => new OpenAI({ apiKey: apiKey(), baseURL: v1(), maxRetries: 0 });

  test('text, whole and streamed, with usage', async () => {
    const whole = await client().responses.create({
      model,
      instructions: 'Be kind.',
      input: 'Please greet me.',
    });
    expect([whole.output_text, whole.status]).toEqual([GREETING, 'completed']);
    const stream = client().responses.stream({ model, input: 'Please greet me.' });
    const types = new Set<string>();
    stream.on('event', ({ type }) => types.add(type));
    const streamed = await stream.finalResponse();
    expect([streamed.output_text, streamed.status]).toEqual([GREETING, 'completed']);
    expect([...types]).toEqual(
      expect.arrayContaining(['response.created', 'response.output_text.delta', 'response.completed']),
    );
  });

  test('a tool is called, answered by replaying the output, and used', async () => {
    const tools = [{ type: 'function' as const, ...WEATHER, strict: true }];
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'What is the weather?' }];
    const first = await client().responses.stream({ model, input, tools, store: false }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(JSON.parse(call?.arguments ?? 'null')).toEqual(CITY);
    input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]), {
      type: 'function_call_output',
      call_id: call?.call_id ?? '',
      output: RESULT,
    });
    const second = await client().responses.create({ model, input, tools, store: false });
    expect(second.output_text).toBe(FORECAST);
    expect(world.lastAsked().text).toContain(RESULT);
  });

  test('structured output and a picture', async () => {
    const parsed = await client().responses.parse({
      model,
      input: 'Answer structured.',
      text: { format: { type: 'json_schema', name: 'city', schema: CITY_SCHEMA, strict: true } },
    });
    expect(parsed.output_parsed).toEqual(CITY);
    const content = [
      { type: 'input_text' as const, text: 'What is in this picture?' },
      { type: 'input_image' as const, image_url: PICTURE, detail: 'auto' as const },
    ];
    const seen = await client().responses.create({ model, input: [{ role: 'user', content }] });
    expect(seen.output_text).toBe('A single pixel.');
  });

  test('an error is the library’s own, with the provider’s words', async () => {
    const asked = client().responses.create({ model, input: 'Utter nonsense.' });
    await expect(asked).rejects.toThrow(/makes no sense/);
    await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });

  test('who leaves a stream is not waited for, and the attempt is settled', async () => {
    const { data, response } = await client()
      .responses.create({ model, input: 'Answer at length.', stream: true })
      .withResponse();
    for await (const event of data) if (event.type === 'response.output_text.delta') break;
    data.controller.abort();
    await expectCancelled(response.headers.get('x-generation-id'));
  });
});

describe.each(AIMOCK_MODELS)('openai, chat, on %s', (model) => {
  const client = (): OpenAI => new OpenAI({ apiKey: apiKey(), baseURL: v1(), maxRetries: 0 });

  test('text, a streamed tool call and its result', async () => {
    const tools = [{ type: 'function' as const, function: WEATHER }];
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the weather?' }];
    const first = await client().chat.completions.stream({ model, messages, tools }).finalMessage();
    const call = first.tool_calls?.[0];
    expect(JSON.parse(call?.type === 'function' ? call.function.arguments : 'null')).toEqual(CITY);
    messages.push(first, { role: 'tool', tool_call_id: call?.id ?? '', content: RESULT });
    const second = await client().chat.completions.create({ model, messages, tools });
    expect(second.choices[0]?.message.content).toBe(FORECAST);
    const greeting = await client().chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Greet me.' }],
    });
    expect(greeting.choices[0]?.message.content).toBe(GREETING);
  });
});

test('openai, embeddings', async () => {
  const client = new OpenAI({ apiKey: apiKey(), baseURL: v1(), maxRetries: 0 });
  const input = ['Please embed me.', 'And embed me.'];
  const answer = await client.embeddings.create({ model: 'openai/text-embedding-3-small', input });
  expect(answer.data.map(({ embedding }) => embedding)).toEqual([EMBEDDING, EMBEDDING]);
});

describe.each(AIMOCK_MODELS)('@anthropic-ai/sdk on %s', (model) => {
  const client = (): Anthropic =>
    new Anthropic({ apiKey: apiKey(), baseURL: world.gateway.url, maxRetries: 0 });

  test('text, a streamed tool call and its result', async () => {
    const tools = [{ name: 'get_weather', input_schema: CITY_SCHEMA }];
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'What is the weather?' }];
    const first = await client().messages.stream({ model, messages, tools, max_tokens: 500 }).finalMessage();
    const call = first.content.find((block) => block.type === 'tool_use');
    expect(call?.input).toEqual(CITY);
    const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: RESULT };
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: [result] });
    const second = await client().messages.create({ model, messages, tools, max_tokens: 500 });
    expect(second.content).toMatchObject([{ type: 'text', text: FORECAST }]);
  });
});

describe.each(AIMOCK_MODELS)('@mistralai/mistralai on %s', (model) => {
  const client = (): Mistral =>
    new Mistral({ apiKey: apiKey(), serverURL: world.gateway.url, retryConfig: { strategy: 'none' } });
  const tools = [{ type: 'function' as const, function: WEATHER }];

  test('text, whole and streamed', async () => {
    const messages = [{ role: 'user' as const, content: 'Please greet me.' }];
    const whole = await client().chat.complete({ model, messages });
    expect(whole.choices[0]?.message?.content).toBe(GREETING);
    let text = '';
    for await (const { data } of await client().chat.stream({ model, messages })) {
      const piece = data.choices[0]?.delta.content;
      if (typeof piece === 'string') text += piece;
    }
    expect(text).toBe(GREETING);
  });

  test('a tool call, and an error', async () => {
    const asked = await client().chat.complete({
      model,
      tools,
      messages: [{ role: 'user', content: 'The weather?' }],
    });
    const call = asked.choices[0]?.message?.toolCalls?.[0];
    const written = call?.function.arguments;
    expect(typeof written === 'string' ? JSON.parse(written) : written).toEqual(CITY);
    const refused = client().chat.complete({
      model,
      messages: [{ role: 'user', content: 'Utter nonsense.' }],
    });
    await expect(refused).rejects.toMatchObject({ statusCode: 400 });
  });
});

type Maker = readonly [name: string, make: (model: string) => LanguageModel];
const AI_SDK: readonly Maker[] = [
  [
    '@ai-sdk/openai (responses)',
    (model) => createOpenAI({ apiKey: apiKey(), baseURL: v1() }).responses(model),
  ],
  ['@ai-sdk/openai (chat)', (model) => createOpenAI({ apiKey: apiKey(), baseURL: v1() }).chat(model)],
  ['@ai-sdk/anthropic', (model) => createAnthropic({ apiKey: apiKey(), baseURL: v1() })(model)],
  [
    '@ai-sdk/google',
    (model) =>
      createGoogleGenerativeAI({ apiKey: apiKey(), baseURL: `${world.gateway.url}/v1beta` })(
        `models/${model}`,
      ),
  ],
];
describe.each(AI_SDK)('ai with %s', (name, make) => {
  // Nothing is stored here, so the library must send its items whole.
  const providerOptions = { openai: { store: false } };
  const settings = (model: string) => ({ model: make(model), maxRetries: 0, providerOptions });
  const weather = tool({ inputSchema: jsonSchema<typeof CITY>(CITY_SCHEMA), execute: async () => RESULT });

  test.each(AIMOCK_MODELS)('text streams, on %s', async (model) => {
    const result = streamText({ ...settings(model), prompt: 'Please greet me.' });
    expect(await result.text).toBe(GREETING);
    expect(await result.finishReason).toBe('stop');
  });

  test.each(AIMOCK_MODELS)('a tool loop runs to its end, streamed and whole, on %s', async (model) => {
    const loop = {
      ...settings(model),
      prompt: 'What is the weather?',
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    };
    const whole = await generateText(loop);
    expect(whole.steps[0]?.toolCalls[0]).toMatchObject({ toolName: 'get_weather', input: CITY });
    // The stand-in ends a call of Gemini's with a reason that Google does not have; its library then stops, with a
    // gateway in between or without.
    if (name === '@ai-sdk/google' && model.startsWith('google/')) return;
    expect(whole.text).toBe(FORECAST);
    const streamed = streamText(loop);
    expect(await streamed.text).toBe(FORECAST);
    expect((await streamed.steps).length).toBe(2);
    expect(world.lastAsked().text).toContain(RESULT);
  });

  test.each(AIMOCK_MODELS)('structured output and pictures, on %s', async (model) => {
    const output = Output.object({ schema: jsonSchema<typeof CITY>(CITY_SCHEMA) });
    const structured = await generateText({ ...settings(model), prompt: 'Answer structured.', output });
    expect(structured.output).toEqual(CITY);
    const content = [
      { type: 'text' as const, text: 'What is in this picture?' },
      { type: 'image' as const, image: Buffer.from(PIXEL, 'base64') },
    ];
    const seen = await generateText({ ...settings(model), messages: [{ role: 'user', content }] });
    expect(seen.text).toBe('A single pixel.');
  });

  test('an error has the provider’s words, and an aborted stream ends', async () => {
    await expect(generateText({ ...settings(AIMOCK_MODELS[0]), prompt: 'Utter nonsense.' })).rejects.toThrow(
      /makes no sense/,
    );
    const leaving = new AbortController();
    const result = streamText({
      ...settings(AIMOCK_MODELS[1]),
      prompt: 'Answer at length.',
      abortSignal: leaving.signal,
    });
    let text = '';
    for await (const piece of result.textStream) {
      text += piece;
      leaving.abort();
    }
    expect(text.length, name).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(LONG_TEXT.length);
  });
});

describe.each(AIMOCK_MODELS)('@langchain/openai on %s', (model) => {
  test.each([false, true])(
    'a tool is called and answered, a stream read; responses API: %s',
    async (useResponsesApi) => {
      const chat = new ChatOpenAI({
        model,
        apiKey: apiKey(),
        maxRetries: 0,
        useResponsesApi,
        configuration: { baseURL: v1() },
        modelKwargs: useResponsesApi ? { store: false } : {},
      });
      let streamed = '';
      for await (const chunk of await chat.stream('Please greet me.')) streamed += chunk.text;
      expect(streamed).toBe(GREETING);
      const weather = langchainTool(async () => RESULT, { ...WEATHER, schema: CITY_SCHEMA });
      const bound = chat.bindTools([weather]);
      const asked = new HumanMessage('What is the weather?');
      const first = await bound.invoke([asked]);
      expect(first.tool_calls?.[0]).toMatchObject({ name: 'get_weather', args: CITY });
      const result = new ToolMessage({ content: RESULT, tool_call_id: first.tool_calls?.[0]?.id ?? '' });
      const second = await bound.invoke([asked, first, result]);
      expect(second.text).toBe(FORECAST);
    },
  );
});

test('nothing reached a provider outside the ledger', async () => {
  const asked = world.mock.getRequests().filter(({ method }) => method === 'POST').length;
  expect(asked).toBeGreaterThan(80);
  const { total_requests: recorded } = await waitUntil(
    () => world.client.usage(),
    (usage) => usage.total_requests === asked,
  );
  expect(recorded).toBe(asked);
});
