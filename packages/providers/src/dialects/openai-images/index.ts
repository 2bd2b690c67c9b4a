/**
 * Image generation as OpenAI and those who follow it speak it: `POST /v1/images/generations`, whole or as a stream of ever
 * better pictures. Source: platform.openai.com "Images", "Image streaming events".
 */
import { DialectError, type AnswerFacts, type Dialect, type DialectId, type TokenUsage } from '@arouter/core';
import { encodeErrorEvent } from '../shared/encode-error.ts';
import { createEventRelay } from '../shared/event-relay.ts';
import { plainDialect } from '../shared/plain-dialect.ts';
import { booleanField, integerField, invalidRequest, stringField } from '../shared/request-body.ts';
import { findMember, type JsonMember } from '../shared/scan-json.ts';
import { NO_TOKENS, recordOrEmpty, tokenCount } from '../shared/token-usage.ts';

const PROMPT_CHARS_MAX = 100_000;
const IMAGES_MAX = 100;

/** A picture as base64 in one event: 4K and losslessly compressed at the most. */
const EVENT_BYTES_MAX = 32 * 1024 * 1024;

const whole = plainDialect({
  id: 'openai-images' as DialectId,
  operation: 'images',
  fields: ['prompt', 'n', 'stream'],
  readFields(body, members) {
    if (stringField(body, members, { key: 'prompt', charsMax: PROMPT_CHARS_MAX }) === undefined) {
      throw invalidRequest('The field "prompt" is required and must be a string.');
    }
    const stream = booleanField(body, members, 'stream');
    const choices = integerField(body, members, { key: 'n', min: 1, max: IMAGES_MAX }) ?? 1;
    if (stream && choices > 1) {
      throw invalidRequest('A stream holds one picture; leave "n" out, or leave "stream" out.');
    }
    // What an image is made of in tokens is the model's affair: its own maximum bounds it.
    return { stream, choices, outputTokensCap: null, units: { images: choices } };
  },
  answerFields: ['usage'],
  readAnswer,
});

export const openaiImages: Dialect = {
  ...whole,
  createPassThroughRelay: () =>
    createEventRelay({
      isContent: ({ type }) => type === 'image_generation.partial_image',
      isTerminal: ({ type }) => type === 'image_generation.completed',
      usageOf: ({ usage }) => usageOf(usage),
      eventBytesMax: EVENT_BYTES_MAX,
    }),
  encodeStreamError: encodeErrorEvent,
};

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
