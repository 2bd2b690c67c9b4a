import { DialectError } from '@arouter/core';
import { expect, test } from 'vitest';
import { addCost, findFailure, readAnswer } from './answer.ts';

const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const choice = {
  index: 0,
  message: { role: 'assistant', content: 'the "finish_reason":"x"' },
  finish_reason: 'stop',
};
const answer = { id: 'chatcmpl-1', choices: [choice], usage: { prompt_tokens: 4, completion_tokens: 2 } };

/** Short answers are built, long ones are only looked through: both must say the same. */
const PADDING = { padding: 'x'.repeat(5000) };

test('usage, id and finish reason are read', () => {
  const long = { ...PADDING, ...answer };
  for (const body of [answer, long].flatMap((each) => [
    JSON.stringify(each),
    JSON.stringify(each, null, 2),
  ])) {
    expect(readAnswer(bytesOf(body))).toMatchObject({
      upstreamId: 'chatcmpl-1',
      finishReason: 'stop',
      usage: { inputTokens: 4, outputTokens: 2, origin: 'provider' },
    });
  }
});

test('the finish reason is that of a choice, wherever it stands', () => {
  const nested = {
    ...answer,
    choices: [{ finish_reason: 'length', message: { tool_calls: [{ finish_reason: 'x' }] } }],
  };
  const none = { a: [{ finish_reason: 'no' }], choices: [{ finish_reason: null }] };
  for (const padding of [{}, PADDING]) {
    expect(readAnswer(bytesOf({ ...nested, ...padding })).finishReason).toBe('length');
    expect(readAnswer(bytesOf({ ...none, ...padding })).finishReason).toBeNull();
  }
});

test('what the scan is too strict for is still read', () => {
  const repeated = JSON.stringify(answer).replace('{', '{"id":"chatcmpl-0",');
  for (const body of [repeated, repeated + ' '.repeat(5000)]) {
    expect(readAnswer(bytesOf(body))).toMatchObject({ upstreamId: 'chatcmpl-1', finishReason: 'stop' });
  }
});

test.each([
  '',
  '<html>',
  '[]',
  '{}',
  '{"choices":[]}',
  '{"choices":null}',
  '{"choices":[1]}',
  '{"choices":[{}]',
  '"x"',
])('%j is not an answer', (body) => {
  expect(() => readAnswer(bytesOf(body))).toThrow(DialectError);
  expect(() => readAnswer(bytesOf(body + ' '.repeat(5000)))).toThrow(DialectError);
});

test('unusable usage is no usage', () => {
  expect(
    readAnswer(bytesOf({ ...answer, usage: { prompt_tokens: -4, completion_tokens: 2 } })).usage,
  ).toBeNull();
  expect(readAnswer(bytesOf({ ...answer, usage: undefined })).usage).toBeNull();
});

test.each([
  [{ error: { message: 'no', code: 503 } }, 503],
  [{ error: 'something' }, 500],
  [[{ error: { code: 429, message: 'quota' } }], 429],
  [
    {
      id: 'x',
      choices: [{ finish_reason: 'error', error: { code: 502, message: 'upstream' }, message: {} }],
    },
    502,
  ],
  [{ object: 'error', message: 'rate limit', type: 'rate_limit_error' }, 429],
  [{ type: 'error', error: { type: 'overloaded_error', message: 'x' } }, 503],
])('%j is a failure with status %i', (body, status) => {
  expect(findFailure(bytesOf(body))?.status).toBe(status);
});

test.each([
  answer,
  { ...answer, error: null },
  { choices: [{ message: { content: '"error"' }, finish_reason: 'stop' }] },
  {},
  'x',
])('%j is none', (body) => {
  expect(findFailure(bytesOf(body))).toBeNull();
});

const cost = { costUsd: 0.000_001_2, isByok: true, promptCostUsd: 0.000_001, completionCostUsd: 2e-7 };
const costMembers =
  '"cost":0.0000012,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0000012,"upstream_inference_prompt_cost":0.000001,"upstream_inference_completions_cost":2e-7}';
const added = (text: string) => new TextDecoder().decode(addCost(bytesOf(text), cost));

test('cost is spliced into usage and nothing else is touched', () => {
  expect(added('{ "usage" : { "prompt_tokens" : 4 } , "choices":[] }')).toBe(
    `{ "usage" : { "prompt_tokens" : 4,${costMembers} } , "choices":[] }`,
  );
  expect(added('{"choices":[]}')).toBe(`{"choices":[],"usage":{${costMembers}}}`);
  expect(added('{"usage":null}')).toBe(`{"usage":{${costMembers}}}`);
});

test("a provider's own cost gives way to ours", () => {
  const { usage } = JSON.parse(added('{"usage":{"cost":9,"is_byok":false,"cost_details":{"x":1}}}')) as {
    usage: unknown;
  };
  expect(usage).toEqual(JSON.parse(`{${costMembers}}`));
});

test('an unknown cost is null, a body that cannot be read stays', () => {
  const unknown = { costUsd: null, isByok: false, promptCostUsd: null, completionCostUsd: null };
  expect(new TextDecoder().decode(addCost(bytesOf('{"usage":{}}'), unknown))).toContain(
    '"cost":null,"is_byok":false',
  );
  const broken = bytesOf('{"usage":');
  expect(addCost(broken, unknown)).toBe(broken);
});

test('a usage is read the same whether its bytes are plain or need a parser', () => {
  const usageOf = (usage: string) =>
    readAnswer(bytesOf(`{"choices":[{"finish_reason" : "stop"}],"usage":${usage}}`)).usage;
  const plain = usageOf(
    '{ "prompt_tokens" : 7,\n"completion_tokens":3 , "prompt_tokens_details":{"cached_tokens":2}, "total_tokens":10}',
  );
  expect(plain).toMatchObject({ inputTokens: 7, cachedInputTokens: 2, outputTokens: 3 });
  for (const usage of [
    '{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"note":"x"}',
    '{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2,"\\"":1}}',
    '{"prompt\\u005ftokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2}}',
    '{"prompt_tokens":9,"completion_tokens":3.0,"prompt_tokens_details":{"cached_tokens":2},"prompt_tokens":7e0}',
    '{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"usage":{}}',
  ])
    expect(usageOf(usage)).toEqual(plain);
  for (const tokens of ['-1', '1.5', '1e2000', '12345678901234567890', '"7"', 'null', '[7]'])
    expect(usageOf(`{"prompt_tokens":${tokens},"completion_tokens":3}`)).toBeNull();
  expect(usageOf('{}')).toBeNull();
  expect(usageOf('{"prompt_tokens":1,"completion_tokens":3,"prompt_tokens":7}')).toMatchObject({
    inputTokens: 7,
  });
});

test('control characters in what is read are no answer, and no fault of ours', () => {
  const body = '{"id":"chatcmpl-\u0001","choices":[{"finish_reason":"stop"}]}';
  expect(() => readAnswer(bytesOf(body))).toThrow(DialectError);
});

test('a finish reason that nobody knows is read as it is written', () => {
  const body = { ...answer, choices: [{ ...choice, finish_reason: 'terminé' }] };
  expect(readAnswer(bytesOf(body)).finishReason).toBe('terminé');
});
