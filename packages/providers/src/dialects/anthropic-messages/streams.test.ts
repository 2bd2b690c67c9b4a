/** Streams that recordings do not hold: interleaved calls, errors, odd ends. */
import Anthropic from '@anthropic-ai/sdk';
import type { CanonicalChunk, StreamRelay } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anthropicMessages as dialect } from './index.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | null): string => (bytes === null ? '' : new TextDecoder().decode(bytes));
const event = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const START = event({
  type: 'message_start',
  message: {
    id: 'msg_1',
    model: 'claude-x',
    content: [],
    usage: { input_tokens: 12, cache_read_input_tokens: 3, output_tokens: 1 },
  },
});
const BLOCK = event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const delta = (text: string): string =>
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const STOP_BLOCK = event({ type: 'content_block_stop', index: 0 });
const DELTA = event({
  type: 'message_delta',
  delta: { stop_reason: 'end_turn' },
  usage: { output_tokens: 40 },
});
const STOP = event({ type: 'message_stop' });
const ERROR = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });

function run(
  relay: StreamRelay,
  chunks: readonly string[],
): { readonly body: string; readonly terminal: string } {
  const body = [...chunks.map((chunk) => relay.push(bytesOf(chunk))), relay.end()].map(textOf).join('');
  return { body, terminal: textOf(relay.finish()) };
}
/** All ways to cut into two, and byte by byte. */
function cuts(text: string): readonly (readonly string[])[] {
  const places = Array.from(text, (_, at) => at).slice(1);
  return [[text], Array.from(text), ...places.map((at) => [text.slice(0, at), text.slice(at)])];
}

describe('pass-through relay', () => {
  test('text that spells the terminal event does not end the stream', () => {
    const spelled = delta('\nevent: message_stop\ndata: {"type":"message_stop"}\n\nevent: error\n');
    const stream = START + BLOCK + spelled + STOP_BLOCK + DELTA;
    for (const chunks of cuts(stream + STOP)) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      expect(run(relay, chunks)).toEqual({ body: stream, terminal: STOP });
      expect(relay.state.failure).toBeNull();
    }
  });

  test('a line that only ends like the terminal event does not end the stream', () => {
    const stream = `${START}${BLOCK}${delta('Hi')}: no event: message_stop\n: event: error\n\n${STOP_BLOCK}${DELTA}`;
    for (const chunks of cuts(stream + STOP)) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      expect(run(relay, chunks)).toEqual({ body: stream, terminal: STOP });
      expect(relay.state.failure).toBeNull();
    }
  });

  test.each([
    ['CRLF', (stream: string) => stream.replaceAll('\n', '\r\n')],
    ['CR', (stream: string) => stream.replaceAll('\n', '\r')],
    ['no space after the colon', (stream: string) => stream.replaceAll(/^(event|data): /gm, '$1:')],
  ])('line ends and fields in the form %s are understood', (_name, form) => {
    const body = form(START + BLOCK + delta('Hi') + STOP_BLOCK + DELTA);
    for (const chunks of cuts(body + form(STOP))) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      expect(run(relay, chunks)).toEqual({ body, terminal: form(STOP) });
      expect(relay.state).toMatchObject({ contentSeen: true, terminalSeen: true });
      expect(relay.state.answer.usage).toMatchObject({
        inputTokens: 15,
        cachedInputTokens: 3,
        outputTokens: 40,
      });
    }
  });

  test('an error before content is a failure, and nothing that looks like an answer goes out', () => {
    for (const chunks of cuts(START + BLOCK + ERROR)) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      expect(run(relay, chunks).body).not.toContain('error');
      expect(relay.state).toMatchObject({ contentSeen: false, terminalSeen: false });
      expect(relay.state.failure).toMatchObject({ type: 'overloaded_error', message: 'Overloaded' });
    }
  });

  test('an error after content is passed on and recorded', () => {
    const stream = START + BLOCK + delta('Hi') + ERROR;
    for (const chunks of cuts(stream)) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      expect(run(relay, chunks)).toEqual({ body: stream, terminal: '' });
      expect(relay.state).toMatchObject({ contentSeen: true, terminalSeen: false });
      expect(relay.state.failure).toMatchObject({ type: 'overloaded_error' });
    }
  });

  test('nothing is content before the first delta', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    relay.push(bytesOf(START + event({ type: 'ping' }) + BLOCK));
    expect(relay.state.contentSeen).toBe(false);
    relay.push(bytesOf(delta('H')));
    expect(relay.state.contentSeen).toBe(true);
  });

  test('a stream without event names still ends and still fails', () => {
    const unnamed = (stream: string): string => stream.replaceAll(/^event: .*\n/gm, '');
    const good = dialect.createPassThroughRelay({ stripUsage: false });
    run(good, [unnamed(START + BLOCK + delta('Hi') + STOP_BLOCK + DELTA + STOP)]);
    expect(good.state).toMatchObject({ terminalSeen: true, failure: null });
    const bad = dialect.createPassThroughRelay({ stripUsage: false });
    run(bad, [unnamed(START + BLOCK + delta('Hi')), unnamed(ERROR)]);
    expect(bad.state).toMatchObject({ terminalSeen: false, failure: { type: 'overloaded_error' } });
  });

  test('the final counts are found behind a very long answer', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    const long = Array.from({ length: 3000 }, (_, at) => delta(`word ${at} `));
    const { body } = run(relay, [START, BLOCK, ...long, STOP_BLOCK, DELTA, STOP]);
    expect(body.length).toBe([START, BLOCK, ...long, STOP_BLOCK, DELTA].join('').length);
    expect(relay.state.answer).toMatchObject({
      upstreamId: 'msg_1',
      finishReason: 'stop',
      usage: { outputTokens: 40 },
    });
  });

  test('a final count that restates zero input does not erase the input', () => {
    const zero = event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: 0, output_tokens: 2 },
    });
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    run(relay, [START + BLOCK + delta('Hi') + zero + STOP]);
    expect(relay.state.answer.usage).toMatchObject({ inputTokens: 15, outputTokens: 2, origin: 'provider' });
  });
});

describe('decoder', () => {
  const decode = (stream: string): readonly CanonicalChunk[] => {
    const decoder = dialect.createStreamDecoder();
    return [...decoder.push(bytesOf(stream)), ...decoder.end()];
  };
  const deltas = (stream: string): unknown =>
    decode(stream).flatMap((chunk) => (chunk['choices'] as { delta: unknown }[]).map((each) => each.delta));

  test('a tool without arguments is called with {}; tools are numbered without gaps', () => {
    const tool = (index: number, id: string): string =>
      event({
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id, name: 'look', input: {} },
      });
    const stop = (index: number): string => event({ type: 'content_block_stop', index });
    expect(deltas(BLOCK + STOP_BLOCK + tool(1, 'a') + stop(1) + tool(4, 'b') + stop(4))).toEqual([
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'look', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ]);
  });

  test('an error event gives no chunk and ends the answer', () => {
    const decoder = dialect.createStreamDecoder();
    const before = decoder.push(bytesOf(START + BLOCK + delta('Hi'))).length;
    expect(before).toBe(2);
    expect(decoder.push(bytesOf(ERROR + delta('more')))).toEqual([]);
    expect(decoder.state).toMatchObject({ contentSeen: true, failure: { message: 'Overloaded' } });
  });

  test('a broken stream keeps what it cost so far', () => {
    const decoder = dialect.createStreamDecoder();
    decoder.push(bytesOf(START + BLOCK + delta('x'.repeat(400))));
    expect(decoder.state.answer.usage).toMatchObject({
      inputTokens: 15,
      outputTokens: 134,
      origin: 'estimated',
    });
    expect(decoder.state.contentBytes).toBe(400);
  });
});

describe('encoder', () => {
  const chunk = (deltaOf: unknown, finish: string | null = null): CanonicalChunk => ({
    id: 'c',
    model: 'm',
    choices: [{ index: 0, delta: deltaOf, finish_reason: finish }],
  });
  const fragment = (index: number, args: string, id?: string): CanonicalChunk =>
    chunk({
      tool_calls: [
        {
          index,
          ...(id === undefined ? {} : { id, type: 'function' }),
          function: { ...(id === undefined ? {} : { name: `tool_${index}` }), arguments: args },
        },
      ],
    });

  function encode(chunks: readonly CanonicalChunk[]): string {
    const encoder = dialect.createStreamEncoder({ includeUsage: true, id: 'gen-1' });
    return [...chunks.map((each) => encoder.push(each)), encoder.finish()].map(textOf).join('');
  }
  async function readBySdk(stream: string): Promise<Anthropic.Message> {
    const respond = async (): Promise<Response> =>
      new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
    const client = new Anthropic({
      apiKey: 'none',
      baseURL: 'http://provider.test',
      fetch: respond,
      maxRetries: 0,
    });
    return client.messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage();
  }
  /** Starts, deltas and stops must nest one block at a time, with indexes that count up. */
  function checkBlocks(stream: string): void {
    let open: number | null = null;
    let next = 0;
    for (const line of stream.split('\n').filter((each) => each.startsWith('data: '))) {
      const { type, index } = JSON.parse(line.slice(6)) as { type: string; index: number };
      if (type === 'content_block_start') {
        expect([open, index]).toEqual([null, next++]);
        open = index;
      } else if (type === 'content_block_delta') expect(index).toBe(open);
      else if (type === 'content_block_stop') {
        expect(index).toBe(open);
        open = null;
      }
    }
    expect(open).toBeNull();
  }

  test('interleaved parallel calls come out one block after the other', async () => {
    const stream = encode([
      chunk({ role: 'assistant', content: 'Let me look' }),
      fragment(0, '{"a"', 'call_a'),
      fragment(1, '{"b"', 'call_b'),
      fragment(0, ':1}'),
      fragment(1, ':2}'),
      chunk({}, 'tool_calls'),
      {
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 5 } },
      },
    ]);
    checkBlocks(stream);
    const message = await readBySdk(stream);
    expect(message.content).toEqual([
      { type: 'text', text: 'Let me look' },
      { type: 'tool_use', id: 'call_a', name: 'tool_0', input: { a: 1 } },
      { type: 'tool_use', id: 'call_b', name: 'tool_1', input: { b: 2 } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.usage).toMatchObject({ input_tokens: 4, cache_read_input_tokens: 5, output_tokens: 4 });
  });

  test('however calls, text and thinking interleave, blocks never overlap and nothing is lost', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1, maxLength: 5 }) }),
      fc.record({ kind: fc.constant('thinking' as const), text: fc.string({ minLength: 1, maxLength: 5 }) }),
      fc.record({ kind: fc.constant('tool' as const), tool: fc.integer({ min: 0, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const pieces = new Map<number, number>();
        const chunks = steps.map((each) => {
          if (each.kind === 'text') return chunk({ content: each.text });
          if (each.kind === 'thinking') return chunk({ reasoning: each.text });
          const seen = pieces.get(each.tool) ?? 0;
          pieces.set(each.tool, seen + 1);
          // A growing list that is closed at the end: no prefix of it is whole.
          return seen === 0
            ? fragment(each.tool, '{"list":[0', `call_${each.tool}`)
            : fragment(each.tool, `,${seen}`);
        });
        const closing = [...pieces.keys()].map((tool) => fragment(tool, ']}'));
        const stream = encode([...chunks, ...closing, chunk({}, 'stop')]);
        checkBlocks(stream);
        const { content, stop_reason } = await readBySdk(stream);
        const tools = content.filter((block) => block.type === 'tool_use');
        expect(new Map(tools.map((block) => [block.name, block.input]))).toEqual(
          new Map(
            [...pieces].map(([tool, count]) => [
              `tool_${tool}`,
              { list: Array.from({ length: count }, (_, at) => at) },
            ]),
          ),
        );
        expect(stop_reason).toBe(tools.length > 0 ? 'tool_use' : 'end_turn');
        const thinking = content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
        expect(thinking).toBe(steps.map((each) => (each.kind === 'thinking' ? each.text : '')).join(''));
        const words = (text: string): string => text.replaceAll(/\s/g, '');
        const said = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        expect(words(said)).toBe(
          words(steps.map((each) => (each.kind === 'text' ? each.text : '')).join('')),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('an empty answer is still a whole message', async () => {
    const message = await readBySdk(encode([]));
    expect(message).toMatchObject({ id: 'gen-1', content: [], stop_reason: 'end_turn' });
  });

  test('reasoning is given once where a provider spells it in several ways', async () => {
    const reasoning_details = [{ type: 'reasoning.text', text: 'hm', format: 'unknown', index: 0 }];
    const message = await readBySdk(
      encode([
        chunk({ reasoning: 'hm', reasoning_content: 'hm', reasoning_details }),
        chunk({ content: 'x' }, 'stop'),
      ]),
    );
    expect(message.content.map((block) => (block.type === 'thinking' ? block.thinking : block.type))).toEqual(
      ['hm', 'text'],
    );
  });

  test('errors have the type of their status, and the code where clients look', () => {
    const error = { status: 402, code: 'insufficient_credits', message: 'No credits.', requestId: 'req_1' };
    expect(JSON.parse(textOf(dialect.encodeError(error)))).toEqual({
      type: 'error',
      error: { type: 'billing_error', message: 'No credits.', code: 'insufficient_credits' },
      request_id: 'req_1',
      code: 'insufficient_credits',
      message: 'No credits.',
    });
    const types = [400, 401, 403, 404, 413, 422, 424, 429, 500, 502, 503, 504].map((status) => {
      const body = JSON.parse(textOf(dialect.encodeError({ ...error, status }))) as {
        error: { type: string };
      };
      return body.error.type;
    });
    expect(types).toEqual([
      'invalid_request_error',
      'authentication_error',
      'permission_error',
      'not_found_error',
      'request_too_large',
      'invalid_request_error',
      'api_error',
      'rate_limit_error',
      'api_error',
      'api_error',
      'overloaded_error',
      'timeout_error',
    ]);
  });

  test('the SDK takes the stream error for an error', async () => {
    const error = { status: 503, code: 'upstream_error', message: 'Overloaded', requestId: 'r' };
    const stream = START + BLOCK + delta('Hi') + textOf(dialect.encodeStreamError(error));
    await expect(readBySdk(stream)).rejects.toThrow(/Overloaded/);
  });
});
