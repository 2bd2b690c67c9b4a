/** The dialect against traffic recorded from the real provider (see the traffic folder's README for its source). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamRelay } from '@arouter/core';
import { extractUsage, findProvider } from '@pydantic/genai-prices';
import { afterAll, describe, expect, test } from 'vitest';
import { anthropicMessages as dialect } from './index.ts';

type Exchange = {
  readonly url: string;
  readonly status: number;
  readonly request_body?: { readonly model: string; readonly stream?: boolean; readonly messages?: unknown };
  readonly response_body?: { readonly [field: string]: unknown };
  readonly response_text?: string;
};

const traffic =
  process.env['AROUTER_TRAFFIC_DIR'] ?? join(import.meta.dirname, '../../../../../../shared/traffic');
const folder = join(traffic, 'recorded', 'anthropic');
const available = existsSync(folder);
if (!available) process.stdout.write(`skipped: no recorded traffic in ${folder} (set AROUTER_TRAFFIC_DIR)\n`);

const exchanges: readonly Exchange[] = available
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { exchanges: Exchange[] };
        return file.exchanges.filter((exchange) => /\/v1\/messages(\?|$)/.test(exchange.url));
      })
  : [];
const streams = exchanges.flatMap((exchange) => exchange.response_text ?? []);
const answers = exchanges
  .filter((exchange) => exchange.status === 200 && exchange.response_body !== undefined)
  .map((exchange) => exchange.response_body ?? {});
const requests = exchanges.flatMap((exchange) => exchange.request_body ?? []);

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

const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

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
function lastUsage(stream: string): Record<string, unknown> {
  const events = stream
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as Record<string, Record<string, Record<string, unknown>>>);
  const usage: Record<string, unknown> = {};
  for (const event of events) Object.assign(usage, event['message']?.['usage'], event['usage']);
  return usage;
}

function expectedUsage(usage: Record<string, unknown>): unknown {
  const provider = findProvider({ providerId: 'anthropic' });
  if (provider === undefined) throw new Error('the price library knows no anthropic');
  const { usage: extracted } = extractUsage(provider, { model: 'claude', usage }, 'default');
  return {
    input: extracted.input_tokens ?? 0,
    cached: extracted.cache_read_tokens ?? 0,
    written: extracted.cache_write_tokens ?? 0,
    output: extracted.output_tokens ?? 0,
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

describe.skipIf(!available)('recorded Messages traffic', () => {
  test('there is traffic to test with', () => {
    expect(requests.length).toBeGreaterThan(100);
    expect(answers.length).toBeGreaterThan(100);
    expect(streams.length).toBeGreaterThan(5);
  });

  test('a request passes through byte for byte, however it is spaced', () => {
    for (const request of requests) {
      for (const space of [undefined, 1, '\t', 4]) {
        const body = bytesOf(JSON.stringify(request, null, space));
        const facts = dialect.readRequest(body);
        const encoded = dialect.passThrough(facts, target(request.model));
        expect(facts.model).toBe(request.model);
        expect(facts.stream).toBe(request.stream ?? false);
        expect(count('request bytes', Buffer.compare(encoded.body, body) === 0)).toBe(true);
      }
    }
  });

  test('another model and the gateway’s own fields change nothing else in a request', () => {
    for (const request of requests) {
      const own = {
        models: ['a/b'],
        provider: { order: ['anthropic'] },
        usage: { include: true },
        route: 'fallback',
      };
      const body = bytesOf(JSON.stringify({ plugins: [], ...request, ...own, transforms: [] }));
      const facts = dialect.readRequest(body);
      const encoded = dialect.passThrough(facts, target('claude-other'));
      const expected = JSON.stringify({ ...request, model: 'claude-other' });
      expect(facts.models).toEqual(['a/b']);
      expect(facts.includeCost).toBe(true);
      expect(count('request edited', textOf(encoded.body) === expected)).toBe(true);
    }
  });

  test('a stream cut at every byte is relayed unchanged, its end held back, its state the same', () => {
    for (const stream of streams) {
      const bytes = bytesOf(stream);
      const whole = dialect.createPassThroughRelay({ stripUsage: false });
      const uncut = relayed(whole, [bytes]);
      const terminalAt = stream.indexOf('event: message_stop');
      expect(uncut.body).toBe(Buffer.from(bytesOf(stream.slice(0, terminalAt))).toString('latin1'));
      expect(uncut.body + uncut.terminal).toBe(Buffer.from(bytes).toString('latin1'));
      const state = stateOf(whole);
      expect(state).toMatchObject({ contentSeen: true, terminalSeen: true, failure: null });
      for (let cut = 1; cut < bytes.length; cut++) {
        const relay = dialect.createPassThroughRelay({ stripUsage: false });
        const result = relayed(relay, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        const same = result.body === uncut.body && result.terminal === uncut.terminal;
        if (!count('stream cuts', same)) expect(result).toEqual(uncut);
        if (cut % 7 === 0) expect(stateOf(relay)).toEqual(state);
      }
      const bytewise = dialect.createPassThroughRelay({ stripUsage: false });
      expect(
        relayed(
          bytewise,
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
        ),
      ).toEqual(uncut);
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
      for (let cut = 1; cut < bytes.length; cut += 61) {
        expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(uncut);
      }
    }
  });

  test('usage of answers is the provider’s own, as an independent reader reads it', () => {
    for (const answer of answers) {
      const facts = dialect.readAnswer(bytesOf(JSON.stringify(answer)));
      const expected = expectedUsage(answer['usage'] as Record<string, unknown>);
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
      const expected = expectedUsage(lastUsage(stream));
      expect(relay.state.answer).toEqual(decoder.state.answer);
      count('stream usage', JSON.stringify(seenUsage(relay.state.answer.usage)) === JSON.stringify(expected));
      expect(seenUsage(relay.state.answer.usage)).toEqual(expected);
      expect(relay.state.answer.usage?.origin).toBe('provider');
    }
  });

  test('a stream that breaks off is counted as estimated, not as what it began with', () => {
    for (const stream of streams.filter((each) => each.length > 4000)) {
      const end = stream.indexOf('event: message_delta');
      const relay = dialect.createPassThroughRelay({ stripUsage: false });
      relayed(relay, [bytesOf(stream.slice(0, end))]);
      const whole = lastUsage(stream)['output_tokens'] as number;
      const { usage } = relay.state.answer;
      expect(usage?.origin).toBe('estimated');
      expect(usage?.outputTokens).toBeGreaterThan(0);
      expect(usage?.outputTokens).toBeLessThan(whole * 3);
      expect(relay.state.contentBytes).toBeGreaterThan(whole);
      expect(relay.state.terminalSeen).toBe(false);
    }
  });

  test('recorded errors become signals with the provider’s words', () => {
    for (const exchange of exchanges.filter(({ status }) => status >= 400)) {
      const body = bytesOf(JSON.stringify(exchange.response_body));
      const signals = dialect.decodeFailure(exchange.status, () => undefined, body);
      expect(signals).toMatchObject({ status: 404, type: 'not_found_error' });
      expect(signals.message).toMatch(/^model: /);
      expect(dialect.findFailure(body)).toMatchObject({ type: 'not_found_error' });
    }
  });
});
