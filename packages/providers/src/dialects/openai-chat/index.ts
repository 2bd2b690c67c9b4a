/** OpenAI chat completions, as OpenAI and the many providers that follow it speak it. */
import type { Dialect, DialectId } from '@arouter/core';
import { lostFields } from '../shared/field-fate.ts';
import { readFailure } from '../shared/failure-signals.ts';
import { addCost, findFailure, readAnswer } from './answer.ts';
import { answerFromCanonical, answerToCanonical, fromCanonical, toCanonical } from './canonical.ts';
import { encodeError, encodeStreamError } from '../shared/encode-error.ts';
import { FATES_TO_OPENAI_CHAT } from './field-fates.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { passThrough } from './pass-through.ts';
import { readRequest } from './read-request.ts';
import { createStreamDecoder } from './stream-decoder.ts';
import { createStreamEncoder } from './stream-encoder.ts';

export const openaiChat: Dialect = {
  id: 'openai-chat' as DialectId,
  operation: 'chat',
  streamContentType: 'text/event-stream',
  lostFields: lostFields(FATES_TO_OPENAI_CHAT),
  callerHeaders: ['openai-beta'],
  readRequest,
  passThrough,
  toCanonical,
  fromCanonical,
  readAnswer,
  findFailure,
  answerToCanonical,
  answerFromCanonical,
  addCost,
  createPassThroughRelay,
  createStreamDecoder,
  createStreamEncoder,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError,
};
