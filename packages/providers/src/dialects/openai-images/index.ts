/** Image generation as OpenAI and those who follow it speak it: `POST /v1/images/generations`, without streaming. */
import { DialectError, type AnswerFacts, type Dialect, type DialectId, type TokenUsage } from '@arouter/core';
import { plainDialect } from '../shared/plain-dialect.ts';
import { booleanField, integerField, invalidRequest, stringField } from '../shared/request-body.ts';
import { findMember, type JsonMember } from '../shared/scan-json.ts';
import { NO_TOKENS, recordOrEmpty, tokenCount } from '../shared/token-usage.ts';

const PROMPT_CHARS_MAX = 100_000;
const IMAGES_MAX = 100;

export const openaiImages: Dialect = plainDialect({
  id: 'openai-images' as DialectId,
  operation: 'images',
  fields: ['prompt', 'n', 'stream'],
  readFields(body, members) {
    if (stringField(body, members, { key: 'prompt', charsMax: PROMPT_CHARS_MAX }) === undefined) {
      throw invalidRequest('The field "prompt" is required and must be a string.');
    }
    if (booleanField(body, members, 'stream')) {
      throw invalidRequest('Streamed images are not supported; leave "stream" out.');
    }
    const choices = integerField(body, members, { key: 'n', min: 1, max: IMAGES_MAX }) ?? 1;
    // What an image is made of in tokens is the model's affair: its own maximum bounds it.
    return { choices, outputTokensCap: null, units: { images: choices } };
  },
  answerFields: ['usage'],
  readAnswer,
});

function readAnswer(answer: Readonly<Record<string, unknown>>, members: readonly JsonMember[]): AnswerFacts {
  const data = findMember(members, 'data');
  const areThere = data === undefined ? Array.isArray(answer['data']) : data.kind === 'array';
  if (!areThere) throw new DialectError('the answer has no list of images');
  return { usage: usageOf(answer['usage']), upstreamId: null, finishReason: 'stop' };
}

/** `input_tokens` and `output_tokens`, of text and image together. Null: the images themselves are billed. */
function usageOf(usage: unknown): TokenUsage | null {
  const given = recordOrEmpty(usage);
  const input = tokenCount(given['input_tokens']);
  const output = tokenCount(given['output_tokens']);
  return input === null || output === null
    ? null
    : { ...NO_TOKENS, inputTokens: input, outputTokens: output };
}
