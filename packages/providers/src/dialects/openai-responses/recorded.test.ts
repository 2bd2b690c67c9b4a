/** The dialect against traffic recorded from real providers (see the traffic folder's README for its source). */
import type { StreamRelay } from '@arouter/core';
import { extractUsage, findProvider } from '@pydantic/genai-prices';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Exchange,
  recordedExchanges,
  recordedProviders,
  trafficFolder,
} from '../../manifest/recorded-traffic.ts';
import { type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';
import { openaiResponses as dialect } from './index.ts';

const available = trafficFolder() !== null;
if (!available) process.stdout.write('skipped: no recorded traffic (set AROUTER_TRAFFIC_DIR)\n');

const exchanges = recordedProviders()
  .flatMap((provider) => recordedExchanges(provider))
  .map(({ exchange }) => exchange)
  .filter(
    ({ url, method }) => method.toUpperCase() === 'POST' && new URL(url).pathname.endsWith('/responses'),
  );
const isStream = ({ status, response_text: text }: Exchange): boolean => status === 200 && text !== undefined;
const streams = exchanges.filter(isStream).map(({ response_text: text }) => text ?? '');
const answers = exchanges
  .filter(({ status, response_body: body }) => status === 200 && body !== undefined)
  .map(({ response_body: body }) => objectOf(body));
const requests = exchanges
  .map(({ request_body: body }) => objectOf(body))
  .filter((body) => body['background'] !== true && body['provider'] === undefined);

const table: Record<string, { tried: number; equal: number }> = {};
function count(row: string, equal: boolean): boolean {
  const counts = (table[row] ??= { tried: 0, equal: 0 });
  counts.tried++;
  if (equal) counts.equal++;
  return equal;
}
afterAll(() => {
  const rows = Object.entries(table).map(
    ([row, { tried, equal }]) => `${row.padEnd(16)} tried ${tried}, equal ${equal}\n`,
  );
  process.stdout.write(rows.join(''));
});

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });

function relayed(
  relay: StreamRelay,
  chunks: readonly Uint8Array[],
): { readonly body: string; readonly terminal: string } {
  const parts = chunks.map((chunk) => relay.push(chunk));
  parts.push(relay.end());
  const body = parts.map((part) => (part === null ? '' : Buffer.from(part).toString('latin1'))).join('');
  return { body, terminal: Buffer.from(relay.finish()).toString('latin1') };
}

function stateOf(relay: StreamRelay): unknown {
  const { contentSeen, terminalSeen, failure, answer, contentBytes } = relay.state;
  return { contentSeen, terminalSeen, failure, answer, contentBytes };
}

/** The provider's own counts, taken out of the text by the simplest means there is. */
function lastResponse(stream: string): JsonObject {
  const lines = stream.split('\n').filter((line) => line.startsWith('data:'));
  return objectOf(objectOf(JSON.parse(lines.at(-1)?.slice(5) ?? '{}'))['response']);
}

function expectedUsage(response: JsonObject): unknown {
  const provider = findProvider({ providerId: 'openai' });
  if (provider === undefined) throw new Error('the price library knows no openai');
  const { usage } = extractUsage(provider, response, 'responses');
  return {
    input: usage.input_tokens ?? 0,
    cached: usage.cache_read_tokens ?? 0,
    output: usage.output_tokens ?? 0,
  };
}

function seenUsage(usage: ReturnType<typeof dialect.readAnswer>['usage']): unknown {
  return { input: usage?.inputTokens, cached: usage?.cachedInputTokens, output: usage?.outputTokens };
}

/** So many are cut in two at every byte, the longer ones at every so many; all are also sent byte by byte. */
const SHORT_STREAMS = 3;
const LONG_STREAM_STEP = 41;

/** Where the last event begins, whichever of its lines comes first. */
function terminalAt(stream: string): number {
  return stream.trimEnd().lastIndexOf('\n\n') + 2;
}

describe.skipIf(!available)('recorded Responses traffic', () => {
  test('there is traffic to test with', () => {
    expect(requests.length).toBeGreaterThan(200);
    expect(answers.length).toBeGreaterThan(200);
    expect(streams.length).toBeGreaterThan(20);
  });

  test('a request passes through byte for byte, however it is spaced', () => {
    for (const request of requests) {
      for (const space of [undefined, 1, '\t', 4]) {
        const body = bytesOf(JSON.stringify(request, null, space));
        const facts = dialect.readRequest(body);
        const model = stringOf(request['model']) ?? '';
        expect(facts.model).toBe(model);
        expect(facts.stream).toBe(request['stream'] ?? false);
        const same = Buffer.compare(dialect.passThrough(facts, target(model)).body, body) === 0;
        expect(count('request bytes', same)).toBe(true);
      }
    }
  });

  test('another model and the gateway’s own fields change nothing else in a request', () => {
    for (const request of requests) {
      const own = {
        models: ['a/b'],
        provider: { order: ['x'] },
        usage: { include: true },
        route: 'fallback',
      };
      const facts = dialect.readRequest(bytesOf(JSON.stringify({ plugins: [], ...request, ...own })));
      const encoded = dialect.passThrough(facts, target('other'));
      expect([facts.models, facts.includeCost]).toEqual([['a/b'], true]);
      const same =
        Buffer.from(encoded.body).toString('utf8') === JSON.stringify({ ...request, model: 'other' });
      expect(count('request edited', same)).toBe(true);
    }
  });

  test('a stream cut at every byte is relayed unchanged, its end held back, its state the same', () => {
    const short = new Set(
      streams.toSorted((one, other) => one.length - other.length).slice(0, SHORT_STREAMS),
    );
    for (const stream of streams) {
      const bytes = bytesOf(stream);
      const latin = Buffer.from(bytes).toString('latin1');
      const whole = dialect.createPassThroughRelay({ stripUsage: false });
      const uncut = relayed(whole, [bytes]);
      expect(uncut.body + uncut.terminal).toBe(latin);
      expect(uncut.body).toBe(Buffer.from(stream.slice(0, terminalAt(stream)), 'utf8').toString('latin1'));
      const state = stateOf(whole);
      expect(state).toMatchObject({ contentSeen: true, terminalSeen: true, failure: null });
      const step = short.has(stream) ? 1 : LONG_STREAM_STEP;
      for (let cut = 1; cut < bytes.length; cut += step) {
        const relay = dialect.createPassThroughRelay({ stripUsage: false });
        const result = relayed(relay, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        const same = result.body === uncut.body && result.terminal === uncut.terminal;
        if (!count('stream cuts', same)) expect(result).toEqual(uncut);
        if (cut % 5 === 0) expect(stateOf(relay)).toEqual(state);
      }
      const bytewise = dialect.createPassThroughRelay({ stripUsage: false });
      const each = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect(relayed(bytewise, each)).toEqual(uncut);
      expect(stateOf(bytewise)).toEqual(state);
    }
  }, 180_000);

  test('the decoder gives the same chunks however the stream is cut', () => {
    for (const stream of streams) {
      const bytes = bytesOf(stream);
      const decode = (chunks: readonly Uint8Array[]): unknown => {
        const decoder = dialect.createStreamDecoder();
        return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end(), decoder.state];
      };
      const uncut = decode([bytes]);
      expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(uncut);
      for (let cut = 1; cut < bytes.length; cut += 211) {
        expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(uncut);
      }
    }
  });

  test('usage of answers is the provider’s own, as an independent reader reads it', () => {
    for (const answer of answers) {
      const facts = dialect.readAnswer(bytesOf(JSON.stringify(answer)));
      const expected = expectedUsage(answer);
      expect(facts.upstreamId).toBe(answer['id']);
      count('answer usage', JSON.stringify(seenUsage(facts.usage)) === JSON.stringify(expected));
      expect(seenUsage(facts.usage)).toEqual(expected);
    }
  });

  test('usage of streams is the provider’s own, relayed or decoded', () => {
    for (const stream of streams) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      relayed(relay, [bytesOf(stream)]);
      const decoder = dialect.createStreamDecoder();
      decoder.push(bytesOf(stream));
      const expected = expectedUsage(lastResponse(stream));
      expect(relay.state.answer).toEqual(decoder.state.answer);
      count('stream usage', JSON.stringify(seenUsage(relay.state.answer.usage)) === JSON.stringify(expected));
      expect(seenUsage(relay.state.answer.usage)).toEqual(expected);
    }
  });

  test('a stream that breaks off has no usage but its content measured, and no end', () => {
    for (const stream of streams) {
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      const { terminal } = relayed(relay, [bytesOf(stream.slice(0, terminalAt(stream)))]);
      expect(terminal).toBe('');
      expect(relay.state).toMatchObject({ terminalSeen: false, failure: null, answer: { usage: null } });
      const deltas = [...stream.matchAll(/"delta":"((?:[^"\\]|\\.)*)"/g)];
      const said = deltas.reduce(
        (sum, [, text]) => sum + Buffer.byteLength(JSON.parse(`"${text}"`) as string),
        0,
      );
      if (stream.length < 16_000) expect(relay.state.contentBytes).toBe(said);
      const { contentBytes } = relay.state;
      expect(contentBytes).toBeGreaterThanOrEqual(said * 0.5);
      expect(contentBytes).toBeLessThanOrEqual(said * 2 + 64);
    }
  });

  test('recorded errors become signals with the provider’s words', () => {
    const errors = exchanges.filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThan(4);
    for (const { status, response_body: body, response_text: text } of errors) {
      const bytes = bytesOf(text ?? JSON.stringify(body));
      const signals = dialect.decodeFailure(status, () => undefined, bytes);
      const { error } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { error: { message: string } };
      expect(signals).toMatchObject({ status: 400, type: 'invalid_request_error' });
      expect(signals.message.slice(0, 20)).toBe(error.message.slice(0, 20));
      expect(dialect.findFailure(bytes)).toMatchObject({ type: 'invalid_request_error' });
    }
  });
});
