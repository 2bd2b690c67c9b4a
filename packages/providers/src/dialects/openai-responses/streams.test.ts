/** Responses streams that go wrong, and what chunks of other providers become. */
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { type JsonObject, objectsOf } from '../shared/json-values.ts';
import { openaiResponses as dialect } from './index.ts';

const event = (data: JsonObject): string =>
  `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`;
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const textOf = (bytes: Uint8Array | null): string =>
  bytes === null ? '' : Buffer.from(bytes).toString('utf8');

const OPENING =
  event({
    type: 'response.created',
    response: { id: 'resp_1', error: null, output: [] },
    sequence_number: 0,
  }) +
  event({
    type: 'response.in_progress',
    response: { id: 'resp_1', error: null, output: [] },
    sequence_number: 1,
  });
const QUOTA = { code: 'insufficient_quota', message: 'You exceeded your current quota.', param: null };
const DELTA = event({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  delta: 'Hi',
  sequence_number: 2,
});
const FAILED = event({
  type: 'response.failed',
  response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message: 'It broke.' } },
  sequence_number: 3,
});

describe('errors inside a stream that began well', () => {
  test.each([
    ['an error event', event({ type: 'error', ...QUOTA, sequence_number: 2 }), /quota/],
    ['a nested error event', event({ type: 'error', error: QUOTA, sequence_number: 2 }), /quota/],
    ['a response that failed', FAILED, /It broke/],
  ])('before content, %s leaves the way open to another key', (_name, ending, words) => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    const decoder = dialect.createStreamDecoder();
    relay.push(bytesOf(OPENING + ending));
    decoder.push(bytesOf(OPENING + ending));
    for (const { contentSeen, terminalSeen, failure } of [relay.state, decoder.state]) {
      expect([contentSeen, terminalSeen]).toEqual([false, false]);
      expect(failure?.message).toMatch(words);
    }
  });

  test('after content it is passed on as it came, and no end is written', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    const passed =
      textOf(relay.push(bytesOf(OPENING + DELTA))) +
      textOf(relay.push(bytesOf(FAILED))) +
      textOf(relay.end());
    expect(passed).toBe(OPENING + DELTA + FAILED);
    expect(relay.state).toMatchObject({
      contentSeen: true,
      terminalSeen: false,
      failure: { message: 'It broke.' },
    });
    expect(textOf(relay.finish())).toBe('');
  });

  test('a stream that breaks off is ended by an error event that continues its numbers', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    relay.push(bytesOf(OPENING + DELTA));
    const error = { status: 502, code: 'upstream_error', message: 'It broke off.', requestId: 'req_1' };
    expect(textOf(relay.encodeError?.(error) ?? null)).toBe(
      event({
        type: 'error',
        code: 'upstream_error',
        message: 'It broke off.',
        param: null,
        sequence_number: 3,
      }),
    );
  });
});

/** What OpenAI's SDK makes of the events written for these deltas. */
async function written(deltas: readonly JsonObject[], finish: string): Promise<JsonObject> {
  const encoder = dialect.createStreamEncoder({ id: 'gen-1795417200-ab', includeUsage: true });
  const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const parts = [
    ...deltas.map((delta) => encoder.push(chunk(delta))),
    encoder.push(chunk({}, finish)),
    encoder.finish(),
  ];
  const stream = parts.map(textOf).join('');
  const numbers = [...stream.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual([...numbers.keys()]);
  const fetch = async (): Promise<Response> =>
    new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  const client = new OpenAI({ apiKey: 'none', baseURL: 'http://provider.test', fetch, maxRetries: 0 });
  return (await client.responses.stream({ model: 'm', input: 'x' }).finalResponse()) as unknown as JsonObject;
}
const call = (index: number, rest: JsonObject): JsonObject => ({ tool_calls: [{ index, ...rest }] });

describe('chunks of another provider as events', () => {
  test('parallel calls may interleave, and a call without arguments gets empty ones', async () => {
    const { output } = await written(
      [
        call(0, { id: 'call_a', function: { name: 'one', arguments: '{"a":' } }),
        call(1, { id: 'call_b', function: { name: 'two', arguments: '{"b"' } }),
        call(0, { function: { arguments: '1}' } }),
        call(1, { function: { arguments: ':2}' } }),
        call(2, { id: 'call_c', function: { name: 'three' } }),
      ],
      'tool_calls',
    );
    expect(objectsOf(output)).toMatchObject([
      { type: 'function_call', call_id: 'call_a', name: 'one', arguments: '{"a":1}', status: 'completed' },
      { type: 'function_call', call_id: 'call_b', name: 'two', arguments: '{"b":2}', status: 'completed' },
      { type: 'function_call', call_id: 'call_c', name: 'three', arguments: '{}', status: 'completed' },
    ]);
  });

  test('reasoning, text and a refusal are items and parts in the order in which they came', async () => {
    const { output } = await written(
      [{ reasoning: 'h' }, { reasoning: 'm' }, { content: 'Well, ' }, { refusal: 'no.' }],
      'stop',
    );
    expect(objectsOf(output)).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      {
        type: 'message',
        content: [
          { type: 'output_text', text: 'Well, ' },
          { type: 'refusal', refusal: 'no.' },
        ],
      },
    ]);
  });

  test('an answer that was cut short is incomplete, and so is its last item', async () => {
    const response = await written([{ content: 'Once upon' }], 'length');
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      completed_at: null,
    });
    expect(objectsOf(response['output'])).toMatchObject([{ status: 'incomplete' }]);
  });

  test('an answer without anything is a message without anything', async () => {
    expect((await written([], 'stop'))['output']).toMatchObject([{ type: 'message', content: [] }]);
  });
});
