import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startSandbox } from './start-sandbox.ts';
import type { Sandbox } from './start-sandbox.ts';

const KEY = 'sk-sandbox-test';
const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 }, days: { type: 'integer', minimum: 3, maximum: 9 } },
  required: ['city', 'days'],
  additionalProperties: false,
};

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => await sandbox.close());
beforeEach(() => sandbox.clearBehaviours());

const openai = (apiKey = KEY, base = '/v1') =>
  new OpenAI({ apiKey, baseURL: sandbox.url + base, maxRetries: 0 });
const anthropic = (apiKey = KEY) => new Anthropic({ apiKey, baseURL: sandbox.url, maxRetries: 0 });
const asks = (content: string) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] });
const asksClaude = (content: string) => ({
  model: 'claude-sonnet-5',
  max_tokens: 200,
  messages: [{ role: 'user' as const, content }],
});

describe('the openai client', () => {
  test('gets an answer, the same for the same question, with usage that adds up', async () => {
    const first = await openai().chat.completions.create(asks('What is a gateway?'));
    const second = await openai().chat.completions.create(asks('What is a gateway?'));
    const other = await openai().chat.completions.create(asks('What is a river?'));
    expect(first.choices[0]?.message.content).toBeTruthy();
    expect(second.choices).toEqual(first.choices);
    expect(second.id).not.toBe(first.id);
    expect(other.choices[0]?.message.content).not.toBe(first.choices[0]?.message.content);
    expect(first.usage?.total_tokens).toBe(
      (first.usage?.prompt_tokens ?? 0) + (first.usage?.completion_tokens ?? 0),
    );
    // 18 characters are 5 tokens, 4 for the message, 3 for the request.
    expect(first.usage?.prompt_tokens).toBe(12);
  });

  test('streams the words that it would have got at once', async () => {
    const whole = await openai().chat.completions.create(asks('Tell me more.'));
    const stream = await openai().chat.completions.create({
      ...asks('Tell me more.'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let pieces = 0;
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content ?? '';
      if (piece !== '') pieces += 1;
      text += piece;
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(finish).toBe('stop');
    expect(usage).toEqual(whole.usage);
    expect(pieces).toBe(usage?.completion_tokens);
  });

  test('sees a usage event only when it asks for one', async () => {
    const stream = await openai().chat.completions.create({ ...asks('Hello'), stream: true });
    const usages: unknown[] = [];
    for await (const chunk of stream) usages.push(chunk.usage);
    expect(usages.length).toBeGreaterThan(3);
    expect(usages.every((usage) => usage === undefined)).toBe(true);
  });

  test.each([false, true])('gets a tool call with arguments of the schema (stream: %s)', async (stream) => {
    const runner = openai().chat.completions.stream({
      ...asks('Please call the tool'),
      tools: [{ type: 'function', function: { name: 'weather', parameters: WEATHER } }],
    });
    const answer = stream
      ? await runner.finalChatCompletion()
      : await openai().chat.completions.create({
          ...asks('Please call the tool'),
          tools: [{ type: 'function', function: { name: 'weather', parameters: WEATHER } }],
        });
    if (!stream) runner.abort();
    const call = answer.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== 'function') throw new Error('no function call');
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call.function.name).toBe('weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'sandbox', days: 3 });
    if (!stream) await runner.done().catch(() => undefined);
  });

  test('gets text after a tool has answered, and no call when it forbids one', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER } }];
    const forbidden = await openai().chat.completions.create({
      ...asks('call the tool'),
      tools,
      tool_choice: 'none',
    });
    expect(forbidden.choices[0]?.finish_reason).toBe('stop');
    const answered = await openai().chat.completions.create({
      model: 'gpt-4o-mini',
      tools,
      messages: [
        { role: 'user', content: 'call the tool' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
    });
    expect(answered.choices[0]?.message.content).toContain('The tool has answered');
  });

  test('is held to its token cap and its stop sequence', async () => {
    const capped = await openai().chat.completions.create({ ...asks('Write 100 words'), max_tokens: 7 });
    expect(capped.choices[0]?.finish_reason).toBe('length');
    expect(capped.usage?.completion_tokens).toBe(7);
    const stopped = await openai().chat.completions.create({
      ...asks('Say exactly: one two three'),
      stop: ' three',
    });
    expect(stopped.choices[0]?.message.content).toBe('one two');
    expect(stopped.choices[0]?.finish_reason).toBe('stop');
  });

  test('may send images, ask for several choices, and for JSON of a schema', async () => {
    const base = await openai().chat.completions.create(asks('Look'));
    const image = await openai().chat.completions.create({
      model: 'gpt-4o-mini',
      n: 2,
      response_format: { type: 'json_schema', json_schema: { name: 'weather', schema: WEATHER } },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
      ],
    });
    expect(image.usage?.prompt_tokens).toBe((base.usage?.prompt_tokens ?? 0) + 85);
    expect(image.choices).toHaveLength(2);
    expect(JSON.parse(image.choices[1]?.message.content ?? '')).toEqual({ city: 'sandbox', days: 3 });
  });

  test('lists models and embeds', async () => {
    const models = await openai().models.list();
    expect(models.data.map((model) => model.id)).toContain('gpt-4o-mini');
    const one = await openai().embeddings.create({ model: 'text-embedding-3-small', input: 'a river' });
    const vector = one.data[0]?.embedding ?? [];
    expect(vector).toHaveLength(1536);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
  });
});

describe('the anthropic client', () => {
  test('gets an answer and streams the same one', async () => {
    const whole = await anthropic().messages.create(asksClaude('What is a ledger?'));
    const streamed = await anthropic().messages.stream(asksClaude('What is a ledger?')).finalMessage();
    expect(whole.content[0]?.type).toBe('text');
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.stop_reason).toBe('end_turn');
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(streamed.usage.input_tokens).toBe(whole.usage.input_tokens);
  });

  test('gets tool use with an input of the schema, whole and streamed', async () => {
    const body = {
      ...asksClaude('What is the weather?'),
      tools: [{ name: 'weather', input_schema: WEATHER as Anthropic.Tool.InputSchema }],
      tool_choice: { type: 'any' as const },
    };
    const whole = await anthropic().messages.create(body);
    const streamed = await anthropic().messages.stream(body).finalMessage();
    for (const answer of [whole, streamed]) {
      expect(answer.stop_reason).toBe('tool_use');
      expect(answer.content[0]).toMatchObject({
        type: 'tool_use',
        name: 'weather',
        input: { city: 'sandbox', days: 3 },
      });
    }
  });

  test('is held to max_tokens, counts tokens, and lists models in pages', async () => {
    const capped = await anthropic().messages.create({ ...asksClaude('Write 90 words'), max_tokens: 4 });
    expect(capped.stop_reason).toBe('max_tokens');
    expect(capped.usage.output_tokens).toBe(4);
    const { max_tokens: _cap, ...body } = asksClaude('Write 90 words');
    const counted = await anthropic().messages.countTokens(body);
    expect(counted.input_tokens).toBe(capped.usage.input_tokens);
    const page = await anthropic().models.list({ limit: 1 });
    expect(page.data).toHaveLength(1);
    expect(page.has_more).toBe(true);
  });
});

describe('credentials', () => {
  test('a wrong key gets the provider’s own refusal, which the clients raise as such', async () => {
    await expect(openai('sk-wrong').chat.completions.create(asks('Hello'))).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    await expect(openai('sk-wrong').chat.completions.create(asks('Hello'))).rejects.toMatchObject({
      code: 'invalid_api_key',
    });
    await expect(anthropic('sk-wrong').messages.create(asksClaude('Hello'))).rejects.toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
  });

  test('a key is accepted once registered and refused once revoked', async () => {
    const key = 'my-own-key';
    await expect(openai(key).models.list()).rejects.toMatchObject({ status: 401 });
    sandbox.acceptKey(key);
    await expect(openai(key).models.list()).resolves.toBeDefined();
    sandbox.revokeKey(key);
    await expect(openai(key).models.list()).rejects.toMatchObject({ status: 401 });
  });

  test('each provider refuses in its own words, whatever base path it stands under', async () => {
    const refusal = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(sandbox.url + path, { headers: { authorization: 'Bearer sk-wrong' } });
      return { status: response.status, text: await response.text() };
    };
    expect((await refusal('/mistral/v1/models')).text).toContain('"Unauthorized"');
    expect(await refusal('/xai/v1/models')).toMatchObject({ status: 400 });
    expect((await refusal('/groq/openai/v1/models')).text).toContain('Invalid API Key');
    expect((await refusal('/perplexity/v1/models')).text).toContain('<html>');
    // OpenRouter lists its models to anyone, and tells of keys elsewhere.
    expect(await refusal('/openrouter/api/v1/models')).toMatchObject({ status: 200 });
    expect(await refusal('/openrouter/api/v1/key')).toMatchObject({ status: 401 });
  });
});

describe('the journal', () => {
  test('has every request with its key, body hash and outcome', async () => {
    sandbox.journal.clear();
    const before = sandbox.journal.seen();
    await openai('sk-sandbox-journal').chat.completions.create(asks('Remember me'));
    const entries = sandbox.journal.entries();
    expect(sandbox.journal.seen()).toBe(before + 1);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      number: before + 1,
      method: 'POST',
      path: '/v1/chat/completions',
      key: 'sk-sandbox-journal',
      model: 'gpt-4o-mini',
      status: 200,
      outcome: 'finished',
      body: null,
    });
    expect(entries[0]?.bodySha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('keeps no more entries than it may', async () => {
    const small = await startSandbox({ journalEntriesMax: 3, journalBodies: true });
    try {
      for (const text of ['1', '2', '3', '4', '5'])
        await new OpenAI({ apiKey: KEY, baseURL: `${small.url}/v1` }).chat.completions.create(asks(text));
      expect(small.journal.entries().map((entry) => entry.number)).toEqual([3, 4, 5]);
      expect(small.journal.entries()[2]?.body).toContain('"content":"5"');
      expect(small.journal.seen()).toBe(5);
    } finally {
      await small.close();
    }
  });
});

test('a sandbox with a list of models has no others', async () => {
  const small = await startSandbox({ models: ['only-this'] });
  try {
    const client = new OpenAI({ apiKey: KEY, baseURL: `${small.url}/v1`, maxRetries: 0 });
    await expect(client.chat.completions.create(asks('Hello'))).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(
      client.chat.completions.create({ ...asks('Hello'), model: 'only-this' }),
    ).resolves.toBeDefined();
    expect((await client.models.list()).data.map((model) => model.id)).toEqual(['only-this']);
  } finally {
    await small.close();
  }
});
