/** Embeddings, reranking and images: their bytes, their facts, and what real providers said. */
import { DialectError, GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { bodyBytes, recordedExchanges, recordedProviders } from '../manifest/recorded-traffic.ts';
import { openaiEmbeddings } from './openai-embeddings/index.ts';
import { openaiImages } from './openai-images/index.ts';
import { rerank } from './rerank/index.ts';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const target = { upstreamModel: 'upstream', outputTokensMax: null, quirks: {} };

describe('embeddings', () => {
  test('only the model and the gateway’s own fields change in the bytes', () => {
    const text = '{ "model": "x", "provider": {"only": ["a"]}, "input" : ["é"], "new_field": 1.0 }';
    const facts = openaiEmbeddings.readRequest(new TextEncoder().encode(text));
    expect(facts).toMatchObject({ model: 'x', stream: false, outputTokensCap: 0, provider: { only: ['a'] } });
    expect(textOf(openaiEmbeddings.passThrough(facts, target).body)).toBe(
      '{ "model": "upstream", "input" : ["é"], "new_field": 1.0 }',
    );
  });

  test.each([
    [{ model: 'm', input: 'text' }],
    [{ model: 'm', input: [1, 2, 3] }],
    [{ model: 'm', input: [[1], [2]] }],
  ])('takes %j', (body) => {
    expect(openaiEmbeddings.readRequest(bytesOf(body)).model).toBe('m');
  });

  test.each([
    [{ model: 'm', input: [] }],
    [{ model: 'm', input: 5 }],
    [{ model: 'm', Input: 'x', input: 'y' }],
  ])('refuses %j', (body) => {
    expect(() => openaiEmbeddings.readRequest(bytesOf(body))).toThrow(GatewayError);
  });

  test('what is no list of embeddings is no answer', () => {
    expect(() => openaiEmbeddings.readAnswer(bytesOf({ object: 'list' }))).toThrow(DialectError);
    expect(() => openaiEmbeddings.readAnswer(new TextEncoder().encode('<html>'))).toThrow(DialectError);
    expect(openaiEmbeddings.findFailure(bytesOf({ error: { message: 'no' } }))).toMatchObject({
      message: 'no',
    });
  });

  const recorded = recordedProviders()
    .flatMap((provider) => recordedExchanges(provider))
    .filter(({ exchange }) => new URL(exchange.url).pathname.endsWith('/embeddings'));
  test.skipIf(recorded.length === 0)('recorded answers: usage is the provider’s, errors are errors', () => {
    for (const { exchange } of recorded) {
      const body = bodyBytes(exchange);
      if (exchange.status >= 400) {
        expect(openaiEmbeddings.decodeFailure(exchange.status, () => undefined, body).message).not.toBe('');
        continue;
      }
      const { usage } = JSON.parse(textOf(body)) as { usage: { prompt_tokens: number } };
      expect(openaiEmbeddings.readAnswer(body).usage).toMatchObject({
        inputTokens: usage.prompt_tokens,
        outputTokens: 0,
      });
      expect(openaiEmbeddings.findFailure(body)).toBeNull();
    }
    expect(recorded.length).toBeGreaterThan(2);
  });
});

describe('rerank', () => {
  test('asks for one search for every hundred documents', () => {
    const documents = Array.from({ length: 101 }, (_, index) => `d${index}`);
    expect(rerank.readRequest(bytesOf({ model: 'm', query: 'q', documents })).units).toEqual({ searches: 2 });
  });
  test.each([
    ['searches', { meta: { billed_units: { search_units: 3 } } }, { inputTokens: 0, units: { searches: 3 } }],
    ['tokens with a total', { usage: { total_tokens: 40 } }, { inputTokens: 40 }],
    ['tokens', { usage: { prompt_tokens: 7, total_tokens: 7 } }, { inputTokens: 7, outputTokens: 0 }],
  ])('reads %s', (_what, more, usage) => {
    const answer = { id: 'r', results: [{ index: 0, relevance_score: 0.5 }], ...more };
    expect(rerank.readAnswer(bytesOf(answer))).toMatchObject({ upstreamId: 'r', usage });
  });
  test('an answer that states nothing has no usage', () => {
    expect(rerank.readAnswer(bytesOf({ results: [] })).usage).toBeNull();
  });
});

describe('images', () => {
  test('as many as are asked for', () => {
    const facts = openaiImages.readRequest(bytesOf({ model: 'm', prompt: 'p', n: 3 }));
    expect(facts).toMatchObject({ units: { images: 3 }, choices: 3, outputTokensCap: null });
  });
  test('tokens where they are stated, else nothing', () => {
    const usage = { input_tokens: 4, output_tokens: 272, total_tokens: 276 };
    expect(openaiImages.readAnswer(bytesOf({ data: [{}], usage })).usage).toMatchObject({
      inputTokens: 4,
      outputTokens: 272,
    });
    expect(openaiImages.readAnswer(bytesOf({ data: [{}] })).usage).toBeNull();
  });
});
