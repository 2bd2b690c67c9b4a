/** Counting tokens: in each vendor's own layout, crossed between vendors, and by the written rule where nobody counts. */
import { type Dialect, DialectError, type EncodeTarget } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { manifest as bedrock } from '../bedrock/manifest.ts';
import { manifest as vertex } from '../vertex/manifest.ts';
import { anthropicCountTokens } from './anthropic-count-tokens/index.ts';
import { bedrockCountTokens } from './bedrock-count-tokens/index.ts';
import { geminiCountTokens } from './gemini-count-tokens/index.ts';
import { openaiCountTokens } from './openai-count-tokens/index.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const json = (body: Uint8Array): Record<string, unknown> =>
  JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;

const CONTENTS = [{ role: 'user', parts: [{ text: 'Grüezi' }] }];
const SYSTEM = { parts: [{ text: 'Be brief.' }] };
const target = (quirks: EncodeTarget['quirks'] = {}, upstreamModel = 'gemini-2.5-flash'): EncodeTarget => ({
  upstreamModel,
  outputTokensMax: null,
  quirks,
});
const aiStudio = target({ countsWholeRequest: true });
const read = (dialect: Dialect, body: unknown, pathModel = 'gemini-2.5-flash') =>
  dialect.readRequest(bytes(body), { pathModel });

describe('a request to Google', () => {
  const passed = (body: unknown, to: EncodeTarget): unknown =>
    json(geminiCountTokens.passThrough(read(geminiCountTokens, body), to).body);

  test('goes as it is written where the provider takes it so', () => {
    const body = Buffer.from(`{ "contents": ${JSON.stringify(CONTENTS)} }`);
    const facts = geminiCountTokens.readRequest(body, { pathModel: 'gemini-2.5-flash' });
    expect(geminiCountTokens.passThrough(facts, aiStudio).body).toBe(body);
    expect(geminiCountTokens.passThrough(facts, target()).body).toBe(body);
    const whole = {
      generateContentRequest: {
        model: 'models/gemini-2.5-flash',
        contents: CONTENTS,
        systemInstruction: SYSTEM,
      },
    };
    expect(passed(whole, aiStudio)).toEqual(whole);
  });

  test('is laid out as the provider wants it where the other way of Google is written', () => {
    const whole = {
      generateContentRequest: { model: 'models/x', contents: CONTENTS, systemInstruction: SYSTEM },
    };
    const flat = { contents: CONTENTS, systemInstruction: SYSTEM, tools: [{ googleSearch: {} }] };
    expect(passed(whole, target())).toEqual({ contents: CONTENTS, systemInstruction: SYSTEM });
    expect(passed({ ...flat, model: 'models/x', provider: {} }, aiStudio)).toEqual({
      generateContentRequest: { ...flat, model: 'models/gemini-2.5-flash' },
    });
    expect(passed(whole, aiStudio)).toMatchObject({
      generateContentRequest: { model: 'models/gemini-2.5-flash' },
    });
  });

  test.each([{}, { contents: 'Hi' }, { generateContentRequest: {} }])(
    '%j is refused by the name of the field',
    (body) => {
      expect(() => read(geminiCountTokens, body)).toThrow(/"contents"/);
    },
  );
});

const QUESTION = {
  model: 'claude-sonnet-4-5',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'Grüezi' }],
  tools: [{ name: 'f', input_schema: { type: 'object' } }],
};

describe('a question of Anthropic’s', () => {
  const canonical = anthropicCountTokens.toCanonical(anthropicCountTokens.readRequest(bytes(QUESTION)));

  test('is asked of AI Studio with its system prompt and its tools', () => {
    expect(json(geminiCountTokens.fromCanonical(canonical, aiStudio).body)).toMatchObject({
      generateContentRequest: {
        model: 'models/gemini-2.5-flash',
        contents: [{ role: 'user', parts: [{ text: 'Grüezi' }] }],
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
      },
    });
  });

  test('is asked of Vertex AI with the same at the top', () => {
    const sent = json(geminiCountTokens.fromCanonical(canonical, target()).body);
    expect(Object.keys(sent)).toEqual(expect.arrayContaining(['contents', 'systemInstruction', 'tools']));
    expect(sent).not.toHaveProperty('generateContentRequest');
  });

  test('is asked of OpenAI in the parts of a response’s request that are input', () => {
    const sent = json(openaiCountTokens.fromCanonical(canonical, target({}, 'gpt-5')).body);
    expect(sent).toEqual({
      model: 'gpt-5',
      instructions: 'Be brief.',
      input: [{ type: 'message', role: 'user', content: 'Grüezi' }],
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }],
    });
  });

  test('is asked of Bedrock in the parts of Converse that are input', () => {
    const sent = json(
      bedrockCountTokens.fromCanonical(canonical, target({}, 'anthropic.claude-sonnet-4-20250514-v1:0')).body,
    );
    expect(sent).toEqual({
      input: {
        converse: {
          messages: [{ role: 'user', content: [{ text: 'Grüezi' }] }],
          system: [{ text: 'Be brief.' }],
          toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] },
        },
      },
    });
  });
});

test.each([
  [geminiCountTokens, { totalTokens: 13, promptTokensDetails: [] }, { totalTokens: 13 }],
  [bedrockCountTokens, { inputTokens: 13 }, { inputTokens: 13 }],
  [anthropicCountTokens, { input_tokens: 13 }, { input_tokens: 13 }],
  [
    openaiCountTokens,
    { object: 'response.input_tokens', input_tokens: 13 },
    { object: 'response.input_tokens', input_tokens: 13 },
  ],
])('$id: an answer is a number, of nothing used', (dialect, answer, written) => {
  const body = bytes(answer);
  expect(dialect.answerToCanonical(body)).toEqual({ input_tokens: 13 });
  expect(dialect.readAnswer(body).usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  expect(json(dialect.answerFromCanonical({ input_tokens: 13 }, { id: 'gen-1' }))).toEqual(written);
  for (const wrong of ['{}', '[]', 'x', '{"totalTokens":"13","inputTokens":1.5,"input_tokens":-1}'])
    expect(() => dialect.readAnswer(Buffer.from(wrong))).toThrow(DialectError);
});

describe('an estimate', () => {
  const estimated = (dialect: Dialect, body: unknown): number =>
    Object.values(json(dialect.estimateAnswer?.(read(dialect, body)) ?? bytes({})))[0] as number;
  const converse = { messages: [{ role: 'user', content: [{ text: 'x'.repeat(300) }] }] };

  test('is a third of the bytes, and a flat number for each file', () => {
    const text = estimated(geminiCountTokens, { contents: [{ parts: [{ text: 'x'.repeat(300) }] }] });
    expect(text).toBeGreaterThanOrEqual(110);
    expect(text).toBeLessThan(130);
    const parts = [
      { inlineData: { mimeType: 'image/png', data: 'A'.repeat(90_000) } },
      { file_data: { mime_type: 'application/pdf', file_uri: 'https://x.test/a.pdf' } },
    ];
    const files = estimated(geminiCountTokens, { contents: [{ parts }] });
    expect(files).toBeGreaterThan(3200);
    expect(files).toBeLessThan(3260);
    expect(estimated(bedrockCountTokens, { input: { converse } })).toBeGreaterThan(110);
  });

  test('of a conversation that a provider stores is refused in words', () => {
    const input = [{ role: 'user', content: 'x'.repeat(300) }];
    const image = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(90_000)}` };
    const of = (body: object): number =>
      json(openaiCountTokens.estimateAnswer?.(read(openaiCountTokens, { model: 'm', ...body })) ?? bytes({}))[
        'input_tokens'
      ] as number;
    expect(of({ input })).toBeGreaterThanOrEqual(110);
    expect(of({ input: [{ role: 'user', content: [image] }] })).toBeLessThan(1700);
    expect(() => of({ input, previous_response_id: 'resp_1' })).toThrow(/earlier items in "input"/);
  });

  test.each([anthropicCountTokens, openaiCountTokens])(
    '$id: of a body with a raw control character is refused as the caller’s mistake',
    (dialect) => {
      const body = Buffer.from('{"model":"m","messages":[{"role":"user","content":"a\nb"}],"input":"a\nb"}');
      expect(() => dialect.estimateAnswer?.(dialect.readRequest(body))).toThrow(/control characters/);
    },
  );

  test('of a body in a model’s own form looks into it', () => {
    const body = Buffer.from(JSON.stringify({ prompt: 'x'.repeat(300) })).toString('base64');
    expect(estimated(bedrockCountTokens, { input: { invokeModel: { body } } })).toBeGreaterThan(110);
  });
});

describe('where it is asked', () => {
  const key = { baseUrl: null, region: 'eu-west-1', options: { project: 'p-1' } };
  const context = { stream: false, credential: {}, key };
  const at = (manifest: typeof bedrock, dialect: Dialect, upstreamModel: string) => {
    const spoken = manifest.dialects.find(
      (each) => each.dialect.id === dialect.id && each.serves?.(upstreamModel) !== false,
    );
    return spoken?.path({ ...context, upstreamModel });
  };

  test('Bedrock counts by the model’s own id, and only what it can', () => {
    const path = '/model/anthropic.claude-sonnet-4-20250514-v1%3A0/count-tokens';
    for (const model of [
      'anthropic.claude-sonnet-4-20250514-v1:0',
      'eu.anthropic.claude-sonnet-4-20250514-v1:0',
      'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0',
    ])
      expect(at(bedrock, bedrockCountTokens, model)).toBe(path);
    for (const model of ['amazon.nova-lite-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'])
      expect(at(bedrock, bedrockCountTokens, model)).toBeUndefined();
  });

  test('Claude at Vertex AI is named in the body, beside the version', () => {
    const spoken = vertex.dialects.find(({ dialect }) => dialect.id === anthropicCountTokens.id);
    expect(at(vertex, anthropicCountTokens, 'claude-sonnet-4-5@20250929')).toMatch(
      /\/locations\/eu-west-1\/publishers\/anthropic\/models\/count-tokens:rawPredict$/,
    );
    const sent = spoken?.adapt?.({
      method: 'POST',
      origin: 'https://x.test',
      path: '/',
      headers: [],
      body: bytes(QUESTION),
    });
    expect(json(sent?.body ?? bytes({}))).toEqual({ ...QUESTION, anthropic_version: 'vertex-2023-10-16' });
  });
});
