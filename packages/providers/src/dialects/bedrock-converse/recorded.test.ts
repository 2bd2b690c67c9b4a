/** The dialect against traffic recorded from Bedrock (see the traffic folder's README for its source). */
import { createTranslatingRelay, GatewayError, type StreamDecoder, type StreamRelay } from '@arouter/core';
import { extractUsage, findProvider } from '@pydantic/genai-prices';
import { afterAll, describe, expect, test } from 'vitest';
import {
  bodyBytes,
  type Exchange,
  recordedExchanges,
  trafficFolder,
} from '../../manifest/recorded-traffic.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';
import { createEventMessageParser } from '../shared/aws-event-stream.ts';
import { bedrockConverse as dialect } from './index.ts';

type Json = { readonly [field: string]: any }; // oxlint-disable-line typescript/no-explicit-any -- recorded JSON of every shape

const available = trafficFolder() !== null;
const exchanges = recordedExchanges('bedrock').filter(({ exchange }) =>
  /\/(?:converse|converse-stream)$/.test(exchange.url),
);
const requests = exchanges
  .map(({ name, exchange }) => ({ name, exchange, body: requestBytes(exchange) }))
  // One recording's scrubbing has cut a brace off its request.
  .filter(({ body }) => isJson(body));
const good = exchanges.filter(({ exchange }) => exchange.status === 200);
const answers = good.filter(({ exchange }) => exchange.url.endsWith('/converse'));
const streams = good.filter(({ exchange }) => exchange.url.endsWith('/converse-stream'));

const table: Record<string, { tried: number; equal: number; refused: number }> = {};
function count(row: string, outcome: boolean | 'refused'): void {
  const counts = (table[row] ??= { tried: 0, equal: 0, refused: 0 });
  counts.tried++;
  if (outcome === 'refused') counts.refused++;
  else if (outcome) counts.equal++;
}
afterAll(() => {
  const rows = Object.entries(table).map(
    ([row, { tried, equal, refused }]) =>
      `${row.padEnd(40)} tried ${tried}, equal ${equal}, refused ${refused}\n`,
  );
  process.stdout.write(rows.join(''));
});

function requestBytes(exchange: Exchange): Uint8Array {
  const body = exchange.request_body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
function isJson(body: Uint8Array): boolean {
  try {
    return typeof JSON.parse(Buffer.from(body).toString('utf8')) === 'object';
  } catch {
    return false;
  }
}
const parse = (bytes: Uint8Array): Json => JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
const modelOf = ({ url }: Exchange): string => decodeURIComponent(url.split('/').at(-2) ?? '');
const contextOf = (exchange: Exchange) => ({
  pathModel: modelOf(exchange),
  stream: exchange.url.endsWith('/converse-stream'),
});
const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });

function relayed(relay: StreamRelay, chunks: readonly Uint8Array[]) {
  const parts = [...chunks.map((chunk) => relay.push(chunk)), relay.end()].filter((part) => part !== null);
  return {
    body: Buffer.concat(parts).toString('latin1'),
    terminal: Buffer.from(relay.finish()).toString('latin1'),
  };
}
function decoded(decoder: StreamDecoder, chunks: readonly Uint8Array[]): readonly Json[] {
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];
}
const bytewise = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from(bytes, (byte) => Uint8Array.of(byte));

function expectedUsage(usage: unknown): unknown {
  const provider = findProvider({ providerId: 'aws' });
  if (provider === undefined) throw new Error('the price library knows no aws');
  const { usage: extracted } = extractUsage(provider, { usage, model: 'm' }, 'default');
  return {
    input: extracted.input_tokens,
    cached: extracted.cache_read_tokens ?? 0,
    written: extracted.cache_write_tokens ?? 0,
    output: extracted.output_tokens,
  };
}
function seenUsage(usage: ReturnType<typeof dialect.readAnswer>['usage']): unknown {
  return {
    input: usage?.inputTokens,
    cached: usage?.cachedInputTokens,
    written: (usage?.cacheWrite5mTokens ?? 0) + (usage?.cacheWrite1hTokens ?? 0),
    output: usage?.outputTokens,
  };
}

/** What was said, in few words: the text, the calls, the reason, and how often it thought. */
function gist(message: Json): unknown {
  const content = message['content'] as readonly Json[];
  return {
    text: content.map((block) => block['text'] ?? '').join(''),
    calls: content
      .filter((block) => block['toolUse'] !== undefined && block['toolUse'].type !== 'server_tool_use')
      .map(({ toolUse }) => ({ id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input })),
    thoughts: content
      .filter((block) => block['reasoningContent'] !== undefined)
      .map(({ reasoningContent }) => [
        reasoningContent.reasoningText?.text,
        unlessCarried(reasoningContent.reasoningText?.signature),
        reasoningContent.redactedContent,
      ]),
  };
}

describe.skipIf(!available)('recorded Converse traffic', () => {
  test('there is traffic to test with', () => {
    expect([requests.length, answers.length, streams.length]).toEqual([144, 130, 8].map(atLeast));
  });

  test('a request passes through byte for byte', () => {
    for (const { exchange, body } of requests) {
      const facts = dialect.readRequest(body, contextOf(exchange));
      expect(facts.model).toBe(modelOf(exchange));
      const passed = dialect.passThrough(facts, target('another')).body;
      count('request bytes', Buffer.compare(passed, body) === 0);
      expect(Buffer.compare(passed, body)).toBe(0);
    }
  });

  test('a stream cut at every byte is relayed unchanged, its end held back, its state the same', () => {
    for (const { exchange } of streams) {
      const bytes = bodyBytes(exchange);
      const whole = dialect.createPassThroughRelay({ stripUsage: false });
      const uncut = relayed(whole, [bytes]);
      expect(uncut.body + uncut.terminal).toBe(Buffer.from(bytes).toString('latin1'));
      expect(uncut.terminal).toContain('messageStop');
      expect(uncut.body).not.toContain('messageStop');
      const { answer, contentBytes } = whole.state;
      expect(whole.state).toMatchObject({ contentSeen: true, terminalSeen: true, failure: null });
      for (let cut = 1; cut < bytes.length; cut++) {
        const relay = dialect.createPassThroughRelay({ stripUsage: false });
        const same = relayed(relay, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        count('stream cuts', same.body === uncut.body && same.terminal === uncut.terminal);
        if (same.body !== uncut.body || same.terminal !== uncut.terminal) expect(same).toEqual(uncut);
        if (cut % 13 > 0) continue;
        expect(relay.state.answer).toEqual(answer);
        expect(relay.state.contentBytes).toBe(contentBytes);
      }
    }
  });

  test('the decoder gives the same chunks however the stream is cut', () => {
    for (const { exchange } of streams) {
      const bytes = bodyBytes(exchange);
      const uncut = decoded(dialect.createStreamDecoder(), [bytes]);
      expect(decoded(dialect.createStreamDecoder(), bytewise(bytes))).toEqual(uncut);
      for (let cut = 1; cut < bytes.length; cut += 37) {
        const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
        expect(decoded(dialect.createStreamDecoder(), pieces)).toEqual(uncut);
      }
    }
  });

  test('usage of answers and streams is the provider’s own, as an independent reader reads it', () => {
    for (const { exchange } of answers) {
      const body = bodyBytes(exchange);
      const seen = seenUsage(dialect.readAnswer(body).usage);
      const expected = expectedUsage(parse(body)['usage']);
      count('answer usage', JSON.stringify(seen) === JSON.stringify(expected));
      expect(seen).toEqual(expected);
    }
    for (const { exchange } of streams) {
      const bytes = bodyBytes(exchange);
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      relayed(relay, [bytes]);
      const decoder = dialect.createStreamDecoder();
      decoded(decoder, [bytes]);
      const metadata = createEventMessageParser().push(bytes).at(-1);
      const expected = expectedUsage(parse(metadata?.payload ?? new Uint8Array())['usage']);
      expect(seenUsage(relay.state.answer.usage)).toEqual(expected);
      expect(decoder.state.answer).toEqual(relay.state.answer);
      count('stream usage', true);
    }
  });

  test('an answer through the canonical form and back says the same', () => {
    for (const { exchange } of answers) {
      const original = parse(bodyBytes(exchange));
      const canonical = dialect.answerToCanonical(bodyBytes(exchange));
      const back = parse(dialect.answerFromCanonical(canonical, { id: 'x' }));
      expect(gist(back['output'].message)).toEqual(gist(original['output'].message));
      count('answer round trip', true);
      const { inputTokens, outputTokens, totalTokens } = original['usage'];
      expect(back['usage']).toMatchObject({ inputTokens, outputTokens, totalTokens });
      if (!/filter|guardrail/.test(original['stopReason'])) {
        expect(back['stopReason']).toBe(
          original['stopReason'] === 'stop_sequence' ? 'end_turn' : original['stopReason'],
        );
      }
    }
  });

  test.each([openaiChat, anthropicMessages])('an answer is readable to a caller of $id', (caller) => {
    for (const { exchange } of answers) {
      const body = caller.answerFromCanonical(dialect.answerToCanonical(bodyBytes(exchange)), {
        id: 'gen-1',
      });
      const facts = caller.readAnswer(body);
      expect(facts.usage).toEqual(dialect.readAnswer(bodyBytes(exchange)).usage);
      expect(facts.finishReason).toBe(dialect.readAnswer(bodyBytes(exchange)).finishReason);
      count(`answer to ${caller.id}`, true);
    }
  });

  test.each([openaiChat, anthropicMessages, dialect])('a stream is readable to a caller of $id', (caller) => {
    for (const { exchange } of streams) {
      const bytes = bodyBytes(exchange);
      const options = { includeUsage: true, id: 'gen-1' };
      const relay = createTranslatingRelay(
        dialect.createStreamDecoder(),
        caller.createStreamEncoder(options),
      );
      const sent = relayed(relay, [bytes]);
      const reader = caller.createStreamDecoder();
      const read = decoded(reader, [Buffer.from(sent.body + sent.terminal, 'latin1')]);
      const direct = decoded(dialect.createStreamDecoder(), [bytes]);
      expect(summed(read)).toEqual(summed(direct));
      expect(reader.state.answer.usage).toEqual(relay.state.answer.usage);
      expect(reader.state).toMatchObject({ terminalSeen: true, failure: null });
      count(`stream to ${caller.id}`, true);
    }
  });

  test('a request through the canonical form and back asks the same', () => {
    for (const { name, exchange, body } of requests) {
      const facts = dialect.readRequest(body, contextOf(exchange));
      let canonical;
      try {
        canonical = dialect.toCanonical(facts);
      } catch (error) {
        // What only Bedrock can do: objects in S3, video, its own tools, guardrails.
        expect(error, name).toBeInstanceOf(GatewayError);
        expect((error as Error).message).toMatch(/S3|video|systemTool|guardrailConfig|promptVariables/);
        count('request round trip', 'refused');
        continue;
      }
      const back = parse(dialect.fromCanonical(canonical, target(modelOf(exchange))).body);
      expect(unsaid(parse(body), back), name).toEqual([]);
      expect(asked(back), name).toEqual(asked(parse(body)));
      count('request round trip', true);
    }
  });

  test('recorded errors become signals with the provider’s words', () => {
    for (const { exchange } of exchanges.filter((each) => each.exchange.status !== 200)) {
      const signals = dialect.decodeFailure(exchange.status, () => undefined, bodyBytes(exchange));
      expect(signals.message).toBe(parse(bodyBytes(exchange))['message']);
    }
  });
});

function atLeast(minimum: number): unknown {
  return { asymmetricMatch: (value: number) => value >= minimum, toString: () => `at least ${minimum}` };
}

/** Unsigned reasoning is given a signature of the gateway's own on its way to a caller. */
function unlessCarried(signature: string | undefined): string | undefined {
  return signature?.startsWith(CARRIED_MARK) ? undefined : signature;
}

/** A stream's chunks as one answer. */
function summed(chunks: readonly Json[]): unknown {
  let text = '';
  let thought = '';
  let finish: unknown = null;
  const calls: { id: string; name: string; arguments: string }[] = [];
  const signatures: unknown[] = [];
  for (const choice of chunks.flatMap((chunk) => (chunk['choices'] ?? []) as readonly Json[])) {
    text += choice['delta'].content ?? '';
    thought += choice['delta'].reasoning ?? '';
    finish = choice['finish_reason'] ?? finish;
    for (const detail of choice['delta'].reasoning_details ?? [])
      signatures.push(...[unlessCarried(detail.signature ?? detail.data)].filter(Boolean));
    for (const call of choice['delta'].tool_calls ?? []) {
      const known = (calls[call.index] ??= { id: '', name: '', arguments: '' });
      known.id ||= call.id ?? '';
      known.name ||= call.function?.name ?? '';
      known.arguments += call.function?.arguments ?? '';
    }
  }
  return { text, thought, finish, calls, signatures };
}

/** What of the conversation is not said again: texts, calls, results, bytes and signatures, wherever they may stand. */
function unsaid(request: Json, back: Json): readonly string[] {
  const written = JSON.stringify(back);
  const plain = lettersOf(back);
  const blocks = (request['messages'] as readonly Json[]).flatMap(
    (message) => message['content'] as readonly Json[],
  );
  const results = blocks.flatMap((block) => block['toolResult']?.content ?? []) as readonly Json[];
  return [...blocks, ...results].flatMap((block) => {
    const exact = [
      block['toolUse']?.name,
      block['toolUse']?.toolUseId,
      block['toolResult']?.toolUseId,
      block['image']?.source.bytes,
      block['document']?.format === 'pdf' ? block['document'].source.bytes : undefined,
      block['reasoningContent']?.reasoningText?.signature,
      block['reasoningContent']?.redactedContent,
    ].filter((value) => value !== undefined && !written.includes(JSON.stringify(value)));
    const text = lettersOf(block['text'] ?? '');
    return plain.includes(text) ? exact : [...exact, block['text']];
  });
}

/** White space and punctuation aside, which joining texts may change. */
function lettersOf(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll(/[^\p{L}\p{N}]/gu, '');
  return typeof value === 'object' && value !== null ? Object.values(value).map(lettersOf).join('') : '';
}

/** What a request asks for besides. */
function asked(request: Json): unknown {
  return {
    system: (request['system'] ?? []).map((block: Json) => block['text']).filter(Boolean),
    tools: (request['toolConfig']?.tools ?? [])
      .filter((tool: Json) => tool['toolSpec'] !== undefined)
      .map((tool: Json) => [tool['toolSpec'].name, tool['toolSpec'].inputSchema.json.required]),
    choice: request['toolConfig']?.toolChoice ?? null,
    temperature: request['inferenceConfig']?.temperature ?? null,
    stop: request['inferenceConfig']?.stopSequences ?? null,
    format: request['outputConfig'] !== undefined,
    cachePoints: JSON.stringify(request).split('"cachePoint"').length,
  };
}
