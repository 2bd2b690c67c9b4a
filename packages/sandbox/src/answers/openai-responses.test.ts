/** The responses format: what the library makes of it, and whether its events have the members of recorded ones. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRecordings } from '../replay/load-recordings.ts';
import { startSandbox } from '../start-sandbox.ts';
import type { Sandbox } from '../start-sandbox.ts';

const MODEL = 'gpt-5-mini';
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Paris'] } },
  required: ['city'],
  additionalProperties: false,
};
const TOOL = { type: 'function' as const, name: 'weather', parameters: SCHEMA, strict: true };

let sandbox: Sandbox;
let client: OpenAI;
beforeAll(async () => {
  sandbox = await startSandbox();
  client = new OpenAI({ apiKey: 'sk-sandbox-test', baseURL: `${sandbox.url}/v1`, maxRetries: 0 });
});
afterAll(async () => await sandbox.close());

async function eventsOf(
  request: Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'model' | 'stream'>,
): Promise<OpenAI.Responses.ResponseStreamEvent[]> {
  const stream = await client.responses.create({ ...request, model: MODEL, stream: true });
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('the openai client, responses', () => {
  test('gets the same text whole and streamed, with usage that adds up', async () => {
    const input = 'What is a river?';
    const whole = await client.responses.create({ model: MODEL, input, instructions: 'Be brief.' });
    const streamed = await client.responses
      .stream({ model: MODEL, input, instructions: 'Be brief.' })
      .finalResponse();
    expect(whole.output_text).toMatch(/^Sandbox/);
    expect([streamed.output_text, streamed.status]).toEqual([whole.output_text, 'completed']);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage?.total_tokens).toBe(
      (whole.usage?.input_tokens ?? 0) + (whole.usage?.output_tokens ?? 0),
    );
  });

  test('calls a tool, gets its result, and refuses a result without its call', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Please call the tool' }];
    const first = await client.responses.stream({ model: MODEL, input, tools: [TOOL] }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(JSON.parse(call?.arguments ?? '')).toEqual({ city: 'Paris' });
    const result = {
      type: 'function_call_output' as const,
      call_id: call?.call_id ?? '',
      output: 'Sunny',
    };
    const items = [...input, ...(first.output as OpenAI.Responses.ResponseInputItem[]), result];
    const second = await client.responses.create({ model: MODEL, input: items, tools: [TOOL] });
    expect(second.output_text).toContain('The tool has answered');
    await expect(client.responses.create({ model: MODEL, input: [...input, result] })).rejects.toThrow(
      /No tool call found/,
    );
  });

  test('is cut at its cap, thinks where effort is asked for, and answers in JSON', async () => {
    const cut = await client.responses.create({
      model: MODEL,
      input: 'Write 90 words',
      max_output_tokens: 7,
    });
    expect([cut.status, cut.incomplete_details?.reason]).toEqual(['incomplete', 'max_output_tokens']);
    const thinking = await client.responses.create({
      model: MODEL,
      input: 'Say exactly: thought',
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    });
    expect(thinking.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(thinking.output[0]).toMatchObject({ encrypted_content: expect.any(String) as string });
    expect(thinking.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const format = { type: 'json_schema' as const, name: 'city', schema: SCHEMA, strict: true };
    const parsed = await client.responses.parse({ model: MODEL, input: 'Where?', text: { format } });
    expect(parsed.output_parsed).toEqual({ city: 'Paris' });
  });

  test('sees every event in order, numbered without a gap, between created and completed', async () => {
    const events = await eventsOf({
      input: 'Say exactly: one two',
      reasoning: { effort: 'low', summary: 'auto' },
    });
    expect(events.map(({ sequence_number: number }) => number)).toEqual([...events.keys()]);
    const types = events.map(({ type }) => type).filter((type) => !type.endsWith('.delta'));
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });
});

/** It lies beside the project and is no part of it. */
const RECORDED = join(
  process.env['AROUTER_TRAFFIC_DIR'] ?? join(import.meta.dirname, '../../../../../shared/traffic'),
  'recorded',
);

describe.skipIf(!existsSync(RECORDED))('recorded streams of responses', () => {
  test('have the members that these have, event by event', async () => {
    const recorded = new Map<string, Set<string>>();
    for (const { exchange, path } of loadRecordings(RECORDED)) {
      if (!path.endsWith('/responses') || exchange.response_text === undefined) continue;
      for (const event of dataOf(exchange.response_text)) note(recorded, event);
    }
    const made = [
      ...(await eventsOf({ input: 'Say exactly: one two' })),
      ...(await eventsOf({ input: 'Please call the tool', tools: [TOOL] })),
    ];
    for (const event of made) {
      const known = recorded.get(event.type);
      expect(known, event.type).toBeDefined();
      expect([...(known ?? [])], event.type).toEqual(expect.arrayContaining(Object.keys(event)));
    }
  });
});

function note(recorded: Map<string, Set<string>>, event: Readonly<Record<string, unknown>>): void {
  const type = String(event['type']);
  const names = recorded.get(type) ?? new Set<string>();
  recorded.set(type, names);
  for (const name of Object.keys(event)) names.add(name);
}

function dataOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data:') && line.includes('{'))
    .map((line) => JSON.parse(line.slice('data:'.length)) as Record<string, unknown>);
}
