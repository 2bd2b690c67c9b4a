/** Responses and the other chat dialects through the canonical form, read back with OpenAI's own SDK. */
import { createTranslatingRelay, type Dialect, type FailureSignals, instant } from '@arouter/core';
import OpenAI from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Exchange,
  recordedExchanges,
  recordedProviders,
  trafficFolder,
} from '../../manifest/recorded-traffic.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { openaiResponses } from './index.ts';

const available = trafficFolder() !== null;
const all = recordedProviders()
  .flatMap((provider) => recordedExchanges(provider))
  .map(({ exchange }) => exchange)
  .filter(({ status }) => status === 200);
const at = (path: RegExp): readonly Exchange[] => all.filter(({ url }) => path.test(new URL(url).pathname));
const chats = at(/\/chat\/completions$/);
const messages = at(/\/v1\/messages$/);
const responses = at(/\/responses$/u).filter(({ method }) => method === 'POST');

const table: Record<string, { tried: number; equal: number }> = {};
function compare(row: string, actual: unknown, expected: unknown): void {
  const counts = (table[row] ??= { tried: 0, equal: 0 });
  counts.tried++;
  expect(actual).toEqual(expected);
  counts.equal++;
}
afterAll(() => {
  const rows = Object.entries(table).map(
    ([row, { tried, equal }]) => `${row.padEnd(44)} tried ${tried}, equal ${equal}\n`,
  );
  process.stdout.write(rows.join(''));
});

const bytesOf = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
const parse = (bytes: Uint8Array): JsonObject =>
  JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonObject;
const clock = { now: () => instant(1_795_417_260_000) };
const context = {
  id: 'gen-1795417200-abcdef',
  clock,
  request: openaiResponses.readRequest(bytesOf({ model: 'm' })),
};

/** A whole stream from one dialect to the other, cut into small pieces. */
function relay(stream: string, from: Dialect, to: Dialect): string {
  const encoder = to.createStreamEncoder({ ...context, includeUsage: true });
  const encodeFailure = (failure: FailureSignals): Uint8Array => {
    const error = { status: 502, code: 'upstream_error', message: failure.message, requestId: 'r' };
    return encoder.encodeError?.(error) ?? to.encodeStreamError(error);
  };
  const relaying = createTranslatingRelay(from.createStreamDecoder(), encoder, encodeFailure);
  const bytes = bytesOf(stream);
  const parts: (Uint8Array | null)[] = [];
  for (let start = 0; start < bytes.length; start += 97)
    parts.push(relaying.push(bytes.subarray(start, start + 97)));
  parts.push(relaying.end(), relaying.finish());
  return Buffer.concat(parts.filter((part) => part !== null)).toString('utf8');
}

/** OpenAI's SDK over a fetch that answers with these bytes. */
function sdk(body: Uint8Array | string, contentType: string): OpenAI {
  const respond = async (): Promise<Response> =>
    new Response(Buffer.from(body as string), { status: 200, headers: { 'content-type': contentType } });
  return new OpenAI({ apiKey: 'none', baseURL: 'http://provider.test', fetch: respond, maxRetries: 0 });
}
async function readStream(stream: string): Promise<JsonObject> {
  const reading = sdk(stream, 'text/event-stream').responses.stream({ model: 'm', input: 'x' });
  return (await reading.finalResponse()) as unknown as JsonObject;
}

// What an answer says, in one form.
type Said = {
  readonly text: string;
  readonly calls: readonly unknown[];
  readonly end: string;
  readonly usage: unknown;
};

function saidByResponse(response: JsonObject): Said {
  const output = objectsOf(response['output']);
  const content = output.flatMap((item) => (item['type'] === 'message' ? objectsOf(item['content']) : []));
  const usage = objectOf(response['usage']);
  const calls = output
    .filter(({ type }) => type === 'function_call')
    .map(({ name, arguments: written }) => ({ name, input: inputOf(written) }));
  return {
    text: content.map((part) => stringOf(part['text']) ?? stringOf(part['refusal']) ?? '').join(''),
    calls,
    end: stringOf(objectOf(response['incomplete_details'])['reason']) ?? 'completed',
    usage: {
      input: usage['input_tokens'] ?? 0,
      cached: objectOf(usage['input_tokens_details'])['cached_tokens'] ?? 0,
      output: usage['output_tokens'] ?? 0,
    },
  };
}
function saidByCompletion(completion: JsonObject): Said {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const { content } = message;
  const usage = objectOf(completion['usage']);
  const parts = objectsOf(content).filter(({ type }) => type === 'text');
  return {
    text:
      (typeof content === 'string' ? content : parts.map(({ text }) => text).join('')) +
      (stringOf(message['refusal']) ?? ''),
    calls: objectsOf(message['tool_calls']).map((call) => {
      const { name, arguments: written } = objectOf(call['function']);
      return { name, input: inputOf(written) };
    }),
    end: ENDS.get(choice['finish_reason']) ?? 'completed',
    usage: {
      input: usage['prompt_tokens'] ?? 0,
      cached:
        objectOf(usage['prompt_tokens_details'])['cached_tokens'] ??
        usage['prompt_cache_hit_tokens'] ??
        usage['num_cached_tokens'] ??
        usage['cached_tokens'] ??
        0,
      output: usage['completion_tokens'] ?? 0,
    },
  };
}
function saidByMessage(message: JsonObject): Said {
  const blocks = objectsOf(message['content']);
  const usage = objectOf(message['usage']);
  const count = (field: string): number => Number(usage[field] ?? 0);
  return {
    text: blocks.map((block) => (block['type'] === 'text' ? block['text'] : '')).join(''),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input })),
    end: ENDS.get(message['stop_reason']) ?? 'completed',
    usage: {
      input: count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens'),
      cached: count('cache_read_input_tokens'),
      output: count('output_tokens'),
    },
  };
}
const ENDS: ReadonlyMap<unknown, string> = new Map([
  ['length', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
  ['refusal', 'content_filter'],
]);
function inputOf(written: unknown): unknown {
  const text = stringOf(written) ?? '';
  try {
    return JSON.parse(text || '{}') as unknown;
  } catch {
    // Cut off by the output limit: then the text itself is what both sides must have.
    return text;
  }
}

const answered = (exchanges: readonly Exchange[]): readonly JsonObject[] =>
  exchanges.map(({ response_body: body }) => objectOf(body)).filter((body) => Object.keys(body).length > 0);
const streamed = (exchanges: readonly Exchange[]): readonly string[] =>
  exchanges.flatMap(({ response_text: text }) => (text?.includes('data:') === true ? [text] : []));

describe.skipIf(!available)('answers for Responses callers', () => {
  const SIDES = [
    { name: 'chat', dialect: openaiChat, exchanges: chats, said: saidByCompletion },
    { name: 'messages', dialect: anthropicMessages, exchanges: messages, said: saidByMessage },
  ] as const;

  test.each(SIDES)(
    'a whole $name answer says the same as a response',
    async ({ name, dialect, exchanges, said }) => {
      for (const answer of answered(exchanges)) {
        const bytes = bytesOf(answer);
        if (dialect.findFailure(bytes) !== null) continue;
        const written = openaiResponses.answerFromCanonical(dialect.answerToCanonical(bytes), context);
        const response = await sdk(written, 'application/json').responses.create({ model: 'm', input: 'x' });
        compare(
          `${name} answer → responses`,
          saidByResponse(response as unknown as JsonObject),
          said(answer),
        );
        expect(Object.keys(parse(written))).toEqual(expect.arrayContaining(EVERY_FIELD));
      }
    },
  );

  test.each(SIDES)(
    'a $name stream becomes events that the SDK accepts, and says the same',
    async ({ name, dialect, exchanges }) => {
      for (const stream of streamed(exchanges)) {
        const decoder = dialect.createStreamDecoder();
        decoder.push(bytesOf(stream));
        if (decoder.state.failure !== null) continue;
        const events = relay(stream, dialect, openaiResponses);
        expect(gapFree(events)).toBe(true);
        const response = await readStream(events);
        // The same stream for a chat caller, whose encoder has its own tests, put together by the SDK.
        const chat = relay(stream, dialect, openaiChat);
        const reading = sdk(chat, 'text/event-stream').chat.completions.stream({ model: 'm', messages: [] });
        const completion = (await reading.finalChatCompletion()) as unknown as JsonObject;
        const usage = eventsOf(chat)
          .map((chunk) => chunk['usage'])
          .findLast((found) => found !== undefined);
        compare(
          `${name} stream → responses`,
          saidByResponse(response),
          saidByCompletion({ ...completion, usage }),
        );
        expect(Object.keys(response)).toEqual(expect.arrayContaining(EVERY_FIELD));
      }
    },
  );

  test('a stream that breaks after content ends with an error event and a failed response, numbered on', () => {
    const [stream = ''] = streamed(messages);
    const broken = `${stream.slice(0, stream.indexOf('event: content_block_stop'))}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`;
    const events = relay(broken, anthropicMessages, openaiResponses);
    expect(gapFree(events)).toBe(true);
    const [error, failed] = eventsOf(events).slice(-2);
    expect(error).toMatchObject({
      type: 'error',
      code: 'upstream_error',
      message: 'Overloaded',
      param: null,
    });
    expect(failed).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'upstream_error', message: 'Overloaded' } },
    });
  });
});

describe.skipIf(!available)('Responses answers for other callers', () => {
  test('a whole response says the same as a chat completion', async () => {
    for (const answer of answered(responses)) {
      const written = openaiChat.answerFromCanonical(
        openaiResponses.answerToCanonical(bytesOf(answer)),
        context,
      );
      const completion = await sdk(written, 'application/json').chat.completions.create({
        model: 'm',
        messages: [],
      });
      const said = saidByCompletion(completion as unknown as JsonObject);
      compare(
        'responses answer → chat',
        { ...said, text: joined(said.text) },
        { ...saidByResponse(answer), text: joined(saidByResponse(answer).text) },
      );
    }
  });

  test('a response stream says the same as a chat stream and as a Messages stream', async () => {
    for (const stream of streamed(responses)) {
      const answer = objectOf(eventsOf(stream).at(-1)?.['response']);
      const chat = relay(stream, openaiResponses, openaiChat);
      const reading = sdk(chat, 'text/event-stream').chat.completions.stream({ model: 'm', messages: [] });
      const completion = (await reading.finalChatCompletion()) as unknown as JsonObject;
      const usage = eventsOf(chat)
        .map((chunk) => chunk['usage'])
        .findLast((found) => found !== undefined);
      const said = saidByCompletion({ ...completion, usage });
      const expected = saidByResponse(answer);
      compare(
        'responses stream → chat',
        { ...said, text: joined(said.text) },
        { ...expected, text: joined(expected.text) },
      );
    }
  });

  test('there and back through chat a response keeps what it says', () => {
    for (const answer of answered(responses)) {
      const back = parse(
        openaiResponses.answerFromCanonical(openaiResponses.answerToCanonical(bytesOf(answer)), context),
      );
      const expected = saidByResponse(answer);
      const said = saidByResponse(back);
      compare(
        'responses → canonical → responses',
        { ...said, text: joined(said.text) },
        { ...expected, text: joined(expected.text) },
      );
      compare('encrypted reasoning there and back', encryptedIn(back), encryptedIn(answer));
    }
  });
});

/** Several messages of one answer are one text with gaps. */
function joined(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
function encryptedIn(response: JsonObject): readonly unknown[] {
  return objectsOf(response['output'])
    .filter((item) => item['type'] === 'reasoning' && stringOf(item['encrypted_content']))
    .map(({ id, encrypted_content: content, summary, content: plain }) => ({
      id,
      content,
      // Plain reasoning text (one vendor shows it) comes back as a summary.
      summary:
        objectsOf(plain).length > 0
          ? objectsOf(plain).map(({ text }) => ({ type: 'summary_text', text }))
          : summary,
    }));
}
function eventsOf(stream: string): readonly JsonObject[] {
  return stream
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(5)) as JsonObject);
}
function gapFree(stream: string): boolean {
  return eventsOf(stream).every((event, index) => event['sequence_number'] === index);
}

/** Every member of the response resource. */
const EVERY_FIELD = [
  'id',
  'object',
  'created_at',
  'completed_at',
  'status',
  'incomplete_details',
  'model',
  'previous_response_id',
  'instructions',
  'output',
  'error',
  'tools',
  'tool_choice',
  'truncation',
  'parallel_tool_calls',
  'text',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'top_logprobs',
  'temperature',
  'reasoning',
  'usage',
  'max_output_tokens',
  'max_tool_calls',
  'store',
  'background',
  'service_tier',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
];
