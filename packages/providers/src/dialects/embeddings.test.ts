/** Embeddings in every vendor's form: crossed, refused in words where a form cannot say it, and read from what was recorded. */
import { type Dialect, DialectError, type EncodeTarget } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { manifest as bedrock } from '../bedrock/manifest.ts';
import { manifest as vertex } from '../vertex/manifest.ts';
import { bodyBytes, headerOf, recordedExchanges, recordedProviders } from '../manifest/recorded-traffic.ts';
import { bedrockEmbed } from './bedrock-embed/index.ts';
import { cohereEmbed } from './cohere-embed/index.ts';
import { geminiBatchEmbed, geminiEmbed, geminiPredictEmbed } from './gemini-embed/index.ts';
import { openaiEmbeddings } from './openai-embeddings/index.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const json = (body: Uint8Array): Record<string, unknown> =>
  JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
const target = (upstreamModel: string): EncodeTarget => ({
  upstreamModel,
  outputTokensMax: null,
  quirks: {},
});
const asked = (dialect: Dialect, body: unknown, pathModel = 'gemini-embedding-2') =>
  dialect.readRequest(bytes(body), { pathModel });
const part = (text: string) => ({ parts: [{ text }] });

const TWO = {
  model: 'm',
  input: ['one', 'two'],
  dimensions: 8,
  input_type: 'search_query',
  encoding_format: 'float',
};
const canonical = openaiEmbeddings.toCanonical(openaiEmbeddings.readRequest(bytes(TWO)));

describe('a request in OpenAI’s form', () => {
  const sentTo = (dialect: Dialect, model: string, request = canonical): unknown =>
    json(dialect.fromCanonical(request, target(model)).body);
  const one = { ...canonical, input: 'one' };

  test('is asked of AI Studio as a batch', () => {
    const each = { model: 'models/g', taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8 };
    expect(sentTo(geminiBatchEmbed, 'g')).toEqual({
      requests: [
        { ...each, content: part('one') },
        { ...each, content: part('two') },
      ],
    });
  });

  test('is asked of Vertex AI one by one, or as instances of the older models', () => {
    expect(sentTo(geminiEmbed, 'gemini-embedding-2', one)).toEqual({
      content: part('one'),
      embedContentConfig: { taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8 },
    });
    expect(sentTo(geminiPredictEmbed, 'text-embedding-005')).toEqual({
      instances: [
        { content: 'one', task_type: 'RETRIEVAL_QUERY' },
        { content: 'two', task_type: 'RETRIEVAL_QUERY' },
      ],
      parameters: { outputDimensionality: 8 },
    });
  });

  test('is asked of Cohere and of Bedrock in each vendor’s words', () => {
    const cohere = { texts: ['one', 'two'], input_type: 'search_query', output_dimension: 8 };
    expect(sentTo(cohereEmbed, 'embed-v4.0')).toEqual({
      ...cohere,
      embedding_types: ['float'],
      model: 'embed-v4.0',
    });
    expect(sentTo(bedrockEmbed, 'eu.cohere.embed-v4:0')).toEqual(cohere);
    expect(sentTo(bedrockEmbed, 'amazon.titan-embed-text-v2:0', one)).toEqual({
      inputText: 'one',
      dimensions: 8,
    });
    expect(sentTo(bedrockEmbed, 'amazon.titan-embed-text-v1', one)).toEqual({ inputText: 'one' });
    expect(sentTo(bedrockEmbed, 'amazon.nova-2-multimodal-embeddings-v1:0', one)).toMatchObject({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: { embeddingDimension: 8, text: { value: 'one' } },
    });
  });

  test('a purpose that nobody said is a document where one must be said, and is not said elsewhere', () => {
    const { input_type: _purpose, ...unsaid } = canonical;
    expect(sentTo(cohereEmbed, 'c', unsaid)).toMatchObject({ input_type: 'search_document' });
    expect(JSON.stringify(sentTo(geminiBatchEmbed, 'g', unsaid))).not.toContain('taskType');
    expect(sentTo(openaiEmbeddings, 'o')).not.toHaveProperty('input_type');
  });

  const many = { ...canonical, input: Array.from({ length: 101 }, () => 'x') };
  test.each([
    [geminiEmbed, 'gemini-embedding-2', canonical, /takes one text/],
    [geminiPredictEmbed, 'gemini-embedding-001', canonical, /takes one text/],
    [geminiBatchEmbed, 'g', many, /takes 100 texts/],
    [cohereEmbed, 'c', many, /takes 96 texts/],
    [bedrockEmbed, 'amazon.titan-embed-text-v2:0', canonical, /takes one text/],
    [cohereEmbed, 'c', { ...canonical, input: [[1, 2]] }, /tokens/],
  ] as const)('$id refuses what it cannot hold, in words', (dialect, model, request, words) => {
    expect(() => dialect.fromCanonical(request, target(model))).toThrow(words);
  });
});

describe('a request in Google’s form', () => {
  test('becomes one request for all its texts, with their purpose and size', () => {
    const each = { task_type: 'RETRIEVAL_DOCUMENT', outputDimensionality: 4 };
    const facts = asked(geminiBatchEmbed, {
      requests: [
        { model: 'models/x', content: { parts: [{ text: 'a' }, { text: 'b' }] }, ...each },
        { content: part('c'), ...each },
      ],
    });
    const wanted = { dimensions: 4, input_type: 'search_document', model: 'gemini-embedding-2' };
    expect(geminiBatchEmbed.toCanonical(facts)).toEqual({ ...wanted, input: ['a\nb', 'c'] });
    const config = { taskType: 'RETRIEVAL_DOCUMENT', outputDimensionality: 4 };
    const single = asked(geminiEmbed, { content: part('c'), embedContentConfig: config });
    expect(geminiEmbed.toCanonical(single)).toEqual({ ...wanted, input: ['c'] });
    const instances = [{ content: 'c', task_type: 'RETRIEVAL_DOCUMENT' }];
    const predicted = asked(geminiPredictEmbed, { instances, parameters: { outputDimensionality: 4 } });
    expect(geminiPredictEmbed.toCanonical(predicted)).toEqual({ ...wanted, input: ['c'] });
  });

  test('passes to Google with the model of the path in every part that names one, and is else as written', () => {
    const written = Buffer.from(
      '{ "requests": [ {"model": "models/x", "content": {"parts":[{"text":"a"}]}} ]}',
    );
    const facts = geminiBatchEmbed.readRequest(written, { pathModel: 'x' });
    expect(geminiBatchEmbed.passThrough(facts, target('x')).body).toBe(written);
    expect(json(geminiBatchEmbed.passThrough(facts, target('gemini-embedding-2')).body)).toEqual({
      requests: [{ model: 'models/gemini-embedding-2', content: part('a') }],
    });
    const own = Buffer.from('{ "content": {"parts":[{"text":"a"}]}, "model": "models/x", "provider": {} }');
    const passed = geminiEmbed.passThrough(
      geminiEmbed.readRequest(own, { pathModel: 'x' }),
      target('x'),
    ).body;
    expect(json(passed)).toEqual({ content: part('a') });
  });

  test.each([
    [geminiEmbed, {}, /"content"/],
    [geminiBatchEmbed, { requests: [] }, /"requests"/],
    [geminiBatchEmbed, { content: part('a') }, /"requests"/],
    [geminiPredictEmbed, { instances: 'a' }, /"instances"/],
  ])('$id without its field is refused by name', (dialect, body, words) => {
    expect(() => asked(dialect, body)).toThrow(words);
  });

  test('pictures, and texts of different purposes, are for Google alone', () => {
    const picture = { content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] } };
    const facts = asked(geminiEmbed, picture);
    expect(facts.externalParts).toBe(1);
    expect(() => geminiEmbed.toCanonical(facts)).toThrow(/by Google only/);
    const requests = [{ content: part('a'), taskType: 'CLUSTERING' }, { content: part('b') }];
    expect(() => geminiBatchEmbed.toCanonical(asked(geminiBatchEmbed, { requests }))).toThrow(
      /send them apart/,
    );
  });
});

describe('an answer', () => {
  const vectors = [
    [0.5, -0.25],
    [1, 0],
  ];
  test.each([
    [
      geminiBatchEmbed,
      { embeddings: vectors.map((values) => ({ values })), usageMetadata: { promptTokenCount: 9 } },
    ],
    [
      geminiPredictEmbed,
      {
        predictions: vectors.map((values, at) => ({
          embeddings: { values, statistics: { token_count: 4 + at, truncated: false } },
        })),
      },
    ],
    [
      cohereEmbed,
      { embeddings: { float: vectors }, meta: { billed_units: { input_tokens: 9, image_tokens: 0 } } },
    ],
  ])('of $id has its vectors and its tokens for everybody', (dialect, answer) => {
    const body = bytes(answer);
    expect(dialect.readAnswer(body).usage).toMatchObject({
      inputTokens: 9,
      outputTokens: 0,
      origin: 'provider',
    });
    const crossed = dialect.answerToCanonical(body);
    expect(crossed).toMatchObject({
      object: 'list',
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      usage: { prompt_tokens: 9, total_tokens: 9 },
    });
    // And back: what comes out of the form is what went into it.
    expect(dialect.answerToCanonical(dialect.answerFromCanonical(crossed, { id: 'g' }))).toEqual(crossed);
  });

  test('is base64 for callers who cannot read anything else, and numbers for Google’s', () => {
    const crossed = geminiEmbed.answerToCanonical(bytes({ embedding: { values: vectors[0] } }));
    expect(crossed).not.toHaveProperty('usage');
    const request = openaiEmbeddings.readRequest(bytes({ ...TWO, encoding_format: 'base64' }));
    const encoded = openaiEmbeddings.answerFromCanonical(crossed, { id: 'g', request });
    expect(json(encoded)['data']).toEqual([
      {
        object: 'embedding',
        index: 0,
        embedding: Buffer.from(new Float32Array([0.5, -0.25]).buffer).toString('base64'),
      },
    ]);
    expect(json(geminiEmbed.answerFromCanonical(json(encoded), { id: 'g' }))).toEqual({
      embedding: { values: vectors[0] },
    });
  });

  test.each([geminiEmbed, geminiBatchEmbed, geminiPredictEmbed, cohereEmbed, bedrockEmbed])(
    'without a vector is no answer to $id',
    (dialect) => {
      for (const body of ['{}', '[]', '<html>'])
        expect(() => dialect.readAnswer(Buffer.from(body))).toThrow(DialectError);
    },
  );
});

test('the models of a cloud are asked where they answer', () => {
  const key = { baseUrl: null, region: 'us-east-1', options: { project: 'p' } };
  const at = (manifest: typeof bedrock, model: string): string | undefined =>
    manifest.dialects
      .find((each) => each.dialect.operation === 'embeddings' && each.serves?.(model) !== false)
      ?.path({ upstreamModel: model, stream: false, credential: {}, key });
  expect(at(vertex, 'gemini-embedding-001')).toMatch(/\/models\/gemini-embedding-001:predict$/);
  expect(at(vertex, 'text-embedding-005')).toMatch(/:predict$/);
  expect(at(vertex, 'gemini-embedding-2')).toMatch(/:embedContent$/);
  expect(at(vertex, 'gemini-2.5-flash')).toBeUndefined();
  expect(at(bedrock, 'us.cohere.embed-v4:0')).toBe('/model/us.cohere.embed-v4%3A0/invoke');
  expect(at(bedrock, 'amazon.nova-lite-v1:0')).toBeUndefined();
});

/** What was recorded of other vendors than OpenAI, with how each is read. */
const RECORDED: readonly (readonly [path: RegExp, dialect: Dialect])[] = [
  [/:batchEmbedContents$/, geminiBatchEmbed],
  [/\/v2\/embed$/, cohereEmbed],
  [/\/model\/[^/]*(?:embed|application-inference-profile)[^/]*\/invoke$/, bedrockEmbed],
];
const recorded = recordedProviders()
  .flatMap((provider) => recordedExchanges(provider))
  .flatMap(({ exchange }) => {
    const path = decodeURIComponent(new URL(exchange.url).pathname);
    const dialect = RECORDED.find(([pattern]) => pattern.test(path))?.[1];
    return dialect === undefined ? [] : [{ exchange, dialect }];
  });

test.skipIf(recorded.length === 0)(
  'recorded answers have vectors, and the tokens that the provider states',
  () => {
    let counted = 0;
    for (const { exchange, dialect } of recorded) {
      const body = bodyBytes(exchange);
      if (exchange.status >= 400) {
        expect(dialect.decodeFailure(exchange.status, headerOf(exchange), body).message).not.toBe('');
        continue;
      }
      const { usage } = dialect.readAnswer(body, headerOf(exchange));
      const [first] = dialect.answerToCanonical(body)['data'] as { embedding: number[] }[];
      expect(first?.embedding.length).toBeGreaterThanOrEqual(256);
      expect(dialect.findFailure(body)).toBeNull();
      const header = headerOf(exchange)('x-amzn-bedrock-input-token-count');
      if (header !== undefined) expect(usage?.inputTokens).toBe(Number(header));
      if (dialect === cohereEmbed) expect(usage?.inputTokens).toBe(4);
      if (usage !== null) counted += 1;
    }
    expect(counted).toBeGreaterThanOrEqual(16);
  },
);
