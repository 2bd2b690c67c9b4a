/** The dialect against traffic recorded from Google (see the traffic folder's README for its sources). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamRelay } from '@arouter/core';
import { classifyFailure } from '@arouter/core';
import { extractUsage, findProvider } from '@pydantic/genai-prices';
import { afterAll, describe, expect, test } from 'vitest';
import { bodyBytes, headerOf, recordedExchanges, trafficFolder } from '../../manifest/recorded-traffic.ts';
import { readFailure } from '../shared/failure-signals.ts';
import { geminiGenerate as dialect, geminiGenerateArray } from './index.ts';
import { MOCK_FAILURES } from './mock-failures.ts';

type Json = Readonly<Record<string, unknown>>;

const traffic = trafficFolder();
if (traffic === null) process.stdout.write('skipped: no recorded traffic (set AROUTER_TRAFFIC_DIR)\n');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const exchanges = ['google', 'vertex']
  .flatMap(recordedExchanges)
  .filter(({ exchange }) => /:(?:generate|streamGenerate)Content/.test(exchange.url));
const requests = exchanges.map(({ name, exchange }) => ({
  name,
  // One was recorded as text.
  json: (typeof exchange.request_body === 'string'
    ? JSON.parse(exchange.request_body)
    : exchange.request_body) as Json,
  model: /models\/([^:]+):/.exec(exchange.url)?.[1] ?? '',
  stream: exchange.url.includes('streamGenerateContent'),
}));

/** One body of an answer, whole or as a stream. */
type Body = { readonly name: string; readonly text: string };
const recorded = exchanges.filter(({ exchange }) => exchange.status === 200);
const mocks = readMocks();
const answers: readonly Body[] = [
  ...recorded
    .filter(({ exchange }) => !exchange.url.includes('streamGenerate'))
    .map(({ name, exchange }) => ({ name, text: textOf(bodyBytes(exchange)) })),
  ...mocks.filter(({ name }) => /unary-/.test(name)),
];
const streams: readonly Body[] = [
  ...recorded
    .filter(({ exchange }) => exchange.url.includes('streamGenerate'))
    .map(({ name, exchange }) => ({ name, text: textOf(bodyBytes(exchange)) })),
  ...mocks.filter(({ name }) => /streaming-/.test(name)),
];

function readMocks(): readonly Body[] {
  if (traffic === null) return [];
  const folder = join(traffic, 'google-mock-responses');
  if (!existsSync(folder)) return [];
  return ['googleai', 'vertexai'].flatMap((service) =>
    readdirSync(join(folder, service))
      .toSorted()
      .map((file) => ({
        name: `${service}/${file}`,
        text: readFileSync(join(folder, service, file), 'utf8'),
      })),
  );
}

const table: Record<string, { tried: number; equal: number }> = {};
function count(row: string, equal: boolean): boolean {
  const counts = (table[row] ??= { tried: 0, equal: 0 });
  counts.tried++;
  if (equal) counts.equal++;
  return equal;
}
afterAll(() => {
  const rows = Object.entries(table).map(
    ([row, { tried, equal }]) => `gemini ${row.padEnd(18)} tried ${tried}, equal ${equal}\n`,
  );
  process.stdout.write(rows.join(''));
});

const CUTS_MAX = 1000;
const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });

function run(relay: StreamRelay, pieces: readonly Uint8Array[]) {
  const passed = [...pieces.map((piece) => relay.push(piece)), relay.end()].filter((part) => part !== null);
  const { contentSeen, failure, answer, contentBytes } = relay.state;
  return {
    body: Buffer.concat(passed).toString('latin1'),
    terminal: Buffer.from(relay.finish()).toString('latin1'),
    state: { contentSeen, failure, answer, contentBytes },
  };
}
const byteByByte = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

/** The counts as an independent reader takes them from the provider's object. */
function expectedUsage(counts: unknown) {
  // The reader wants to find something; Google leaves zeros out.
  const usage = { promptTokenCount: 0, ...(counts as Json) };
  const provider = findProvider({ providerId: 'google' });
  if (provider === undefined) throw new Error('the price library knows no google');
  const { usage: extracted } = extractUsage(
    provider,
    { modelVersion: 'gemini', usageMetadata: usage },
    'default',
  );
  return {
    input: extracted.input_tokens ?? 0,
    cached: extracted.cache_read_tokens ?? 0,
    output: extracted.output_tokens ?? 0,
  };
}
function seenUsage(usage: ReturnType<typeof dialect.readAnswer>['usage']) {
  return { input: usage?.inputTokens, cached: usage?.cachedInputTokens, output: usage?.outputTokens };
}
/** The last counts of a stream, found by the simplest means there is. */
function lastUsage(stream: string): unknown {
  let usage: unknown;
  for (const line of stream.split(/\r?\n/).filter((each) => each.startsWith('data:'))) {
    usage = (JSON.parse(line.slice(5)) as Json)['usageMetadata'] ?? usage;
  }
  return usage;
}

describe.skipIf(traffic === null)('recorded Gemini traffic', () => {
  test('there is traffic to test with', () => {
    expect(requests.length).toBeGreaterThan(200);
    expect(mocks.length).toBe(127);
  });

  test('a request passes through byte for byte, however it is spaced', () => {
    for (const { json, model, stream } of requests) {
      for (const space of [undefined, 1, '\t']) {
        const body = bytesOf(JSON.stringify(json, null, space));
        const facts = dialect.readRequest(body, { pathModel: model, stream });
        expect(facts).toMatchObject({ model, stream });
        expect(
          count('request bytes', Buffer.compare(dialect.passThrough(facts, target(model)).body, body) === 0),
        ).toBe(true);
      }
    }
  });

  test('the gateway’s own fields change nothing else in a request', () => {
    for (const { json, model, stream } of requests) {
      const own = {
        models: ['a/b'],
        provider: { order: ['x'] },
        usage: { include: true },
        route: 'fallback',
      };
      const body = bytesOf(JSON.stringify({ model, plugins: [], ...json, ...own }));
      const facts = dialect.readRequest(body, { pathModel: model, stream });
      expect(facts).toMatchObject({ models: ['a/b'], includeCost: true });
      const { body: sent } = dialect.passThrough(facts, target('other'));
      expect(count('request edited', textOf(sent) === JSON.stringify(json))).toBe(true);
    }
  });

  test('usage of answers is the provider’s own, as an independent reader reads it', () => {
    for (const { name, text } of answers) {
      const json = JSON.parse(text === '' || text.startsWith('<') ? '{}' : text) as Json;
      if (json['usageMetadata'] === undefined || MOCK_FAILURES[name] !== undefined) continue;
      const seen = seenUsage(dialect.readAnswer(bytesOf(text)).usage);
      const expected = expectedUsage(json['usageMetadata']);
      count('answer usage', JSON.stringify(seen) === JSON.stringify(expected));
      expect(seen, name).toEqual(expected);
    }
  });

  test('usage of streams is the provider’s own, relayed or decoded', () => {
    for (const { name, text } of streams) {
      if (lastUsage(text) === undefined || MOCK_FAILURES[name] !== undefined) continue;
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      run(relay, [bytesOf(text)]);
      const decoder = dialect.createStreamDecoder();
      decoder.push(bytesOf(text));
      decoder.end();
      const expected = expectedUsage(lastUsage(text));
      expect(relay.state.answer, name).toEqual(decoder.state.answer);
      count('stream usage', JSON.stringify(seenUsage(relay.state.answer.usage)) === JSON.stringify(expected));
      expect(seenUsage(relay.state.answer.usage), name).toEqual(expected);
      expect(relay.state.answer.usage?.origin).toBe('provider');
    }
  });

  test('a stream cut at every byte is relayed unchanged, its end held back, its state the same', () => {
    for (const { name, text } of streams) {
      const bytes = bytesOf(text);
      const uncut = run(dialect.createPassThroughRelay({ stripUsage: false }), [bytes]);
      const committed = uncut.state.failure === null || uncut.state.contentSeen;
      const all = uncut.body + uncut.terminal;
      expect(count('stream bytes', !committed || all === Buffer.from(bytes).toString('latin1')), name).toBe(
        true,
      );
      if (uncut.state.failure === null && uncut.state.answer.finishReason !== null)
        expect(uncut.terminal, name).toMatch(/finishReason|blockReason/);
      expect(run(dialect.createPassThroughRelay({ stripUsage: false }), byteByByte(bytes))).toEqual(uncut);
      // Byte by byte it has been cut everywhere at once; in two, long streams are cut at so many places.
      const stride = Math.ceil(bytes.length / CUTS_MAX);
      for (let cut = 1; cut < bytes.length; cut += stride) {
        const relay = dialect.createPassThroughRelay({ stripUsage: false });
        const result = run(relay, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        const same = result.body === uncut.body && result.terminal === uncut.terminal;
        if (!count('stream cuts', same)) expect(result, name).toEqual(uncut);
      }
    }
  }, 120_000);

  test('the decoder gives the same chunks however the stream is cut', () => {
    for (const { text } of streams) {
      const bytes = bytesOf(text);
      const decode = (pieces: readonly Uint8Array[]): unknown => {
        const decoder = dialect.createStreamDecoder();
        const chunks = [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
        const { contentSeen, failure, answer, contentBytes } = decoder.state;
        return { chunks, contentSeen, failure, answer, contentBytes };
      };
      const uncut = decode([bytes]);
      expect(decode(byteByByte(bytes))).toEqual(uncut);
      for (let cut = 1; cut < bytes.length; cut += Math.ceil(bytes.length / 100)) {
        expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(uncut);
      }
    }
  });

  test('a stream decoded says what the same answer says as a whole', () => {
    for (const { name, text } of streams) {
      const pieces = text.split(/\r?\n/).filter((each) => each.startsWith('data:'));
      if (MOCK_FAILURES[name] !== undefined || pieces.length !== 1) continue;
      const decoder = dialect.createStreamDecoder();
      const chunks = [...decoder.push(bytesOf(text)), ...decoder.end()];
      const whole = dialect.answerToCanonical(bytesOf((pieces[0] ?? '').slice(5)));
      const said = (whole['choices'] as { message: Json; finish_reason: string }[])[0];
      const deltas = chunks.flatMap(
        (chunk) => chunk['choices'] as { delta: Json; finish_reason: string | null }[],
      );
      expect(deltas.map(({ delta }) => delta['content'] ?? '').join(''), name).toBe(
        said?.message['content'] ?? '',
      );
      expect(deltas.findLast(({ finish_reason }) => finish_reason !== null)?.finish_reason).toBe(
        said?.finish_reason,
      );
    }
  });

  test('a caller without alt=sse gets the same objects as one array', () => {
    for (const { name, text } of streams.filter((each) => MOCK_FAILURES[each.name] === undefined)) {
      const events = text.split(/\r?\n/).filter((each) => each.startsWith('data:'));
      const { body, terminal } = run(geminiGenerateArray.createPassThroughRelay({ stripUsage: false }), [
        bytesOf(text),
      ]);
      const array = JSON.parse(Buffer.from(body + terminal, 'latin1').toString('utf8')) as unknown;
      expect(array, name).toEqual(events.map((each) => JSON.parse(each.slice(5)) as unknown));
    }
  });

  test('a provider that answers with an array is understood, and its events are the same', () => {
    for (const { name, text } of streams.filter((each) => MOCK_FAILURES[each.name] === undefined)) {
      const events = text.split(/\r?\n/).filter((each) => each.startsWith('data:'));
      const array = bytesOf(
        `[${events.map((each) => JSON.stringify(JSON.parse(each.slice(5)), null, 2)).join(',\r\n')}]`,
      );
      const uncut = run(dialect.createPassThroughRelay({ stripUsage: false }), [array]);
      expect(run(dialect.createPassThroughRelay({ stripUsage: false }), byteByByte(array)), name).toEqual(
        uncut,
      );
      const relayed = `${uncut.body}${uncut.terminal}`.split('\r\n\r\n').filter((each) => each !== '');
      const objects = relayed.map(
        (each) => JSON.parse(Buffer.from(each.slice(5), 'latin1').toString('utf8')) as unknown,
      );
      expect(objects, name).toEqual(events.map((each) => JSON.parse(each.slice(5)) as unknown));
    }
  });

  test('every mock body is an answer or a failure of the class that a person gave it', () => {
    const judged = mocks
      .filter(({ name }) => !/total-tokens|detailed-token|billable-characters|generate-images/.test(name))
      .map((body) => [body.name, judge(body)]);
    expect(judged).toEqual(judged.map(([name]) => [name, MOCK_FAILURES[name ?? ''] ?? 'answer']));
  });

  test('every recorded exchange that is not a success is classified', () => {
    for (const { exchange } of exchanges.filter(({ exchange: { status } }) => status !== 200)) {
      const signals = dialect.decodeFailure(exchange.status, headerOf(exchange), bodyBytes(exchange));
      expect(classifyFailure(signals, [])).toBe('model_unavailable');
    }
  });
});

/** As the pipeline would: by what the body is, with the status that an error states. */
function judge({ name, text }: Body): string {
  const body = bytesOf(text);
  if (text.startsWith('<'))
    return classifyFailure(
      readFailure(404, () => undefined, body),
      [],
    );
  if (name.includes('/unary-')) {
    const failure = dialect.findFailure(body);
    if (failure !== null) return classifyFailure(failure, []);
    try {
      dialect.readAnswer(body);
      dialect.answerToCanonical(body);
      return 'answer';
    } catch {
      return 'invalid_answer';
    }
  }
  const relay = dialect.createPassThroughRelay({ stripUsage: false });
  relay.push(body);
  relay.end();
  const { failure, contentSeen, answer } = relay.state;
  if (failure !== null) return classifyFailure(failure, []);
  return contentSeen && answer.finishReason !== null ? 'answer' : 'invalid_answer';
}
