/**
 * The Responses dialect (`POST /v1/responses`), as OpenAI and those who follow it speak it. Stateless here: nothing is
 * stored, and what a provider stores is left to it where it speaks this dialect itself, else refused in words.
 * Sources: platform.openai.com "Responses", "Streaming events"; openresponses.org; recorded traffic.
 */
import type {
  CanonicalRequest,
  Dialect,
  DialectId,
  EncodedRequest,
  EncodeTarget,
  RequestFacts,
} from '@arouter/core';
import { createdOf } from '../openai-chat/canonical.ts';
import { encodeError } from '../shared/encode-error.ts';
import { lostFields } from '../shared/field-fate.ts';
import { readFailure } from '../shared/failure-signals.ts';
import { encodeBody } from '../shared/json-body.ts';
import { stringOf } from '../shared/json-values.ts';
import { parsedBody } from '../shared/request-body.ts';
import { addCost, findFailure, parseAnswer, readAnswer } from './answer.ts';
import { answerFromCanonical } from './answer-from-canonical.ts';
import { answerToCanonical } from './answer-to-canonical.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeStreamError } from './errors.ts';
import { FATES_TO_RESPONSES } from './field-fates.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { passThrough } from './pass-through.ts';
import { readRequest } from './read-request.ts';
import { requestFromCanonical } from './request-from-canonical.ts';
import { requestToCanonical } from './request-to-canonical.ts';
import { requestOf } from './response-resource.ts';

export const openaiResponses: Dialect = {
  id: 'openai-responses' as DialectId,
  operation: 'chat',
  streamContentType: 'text/event-stream',
  lostFields: lostFields(FATES_TO_RESPONSES),
  callerHeaders: ['openai-beta'],
  readRequest,
  passThrough,
  toCanonical,
  fromCanonical,
  readAnswer,
  findFailure,
  answerToCanonical: (body) => answerToCanonical(parseAnswer(body)),
  answerFromCanonical: (answer, { id, request, clock }) => {
    const createdAt = createdOf(answer, id);
    const model = stringOf(answer['model']) ?? '';
    const now = clock === undefined ? createdAt : Math.floor(clock.now() / 1000);
    return encodeBody(
      answerFromCanonical(answer, { id, model, createdAt, request: requestOf(request) }, now),
    );
  },
  addCost,
  createPassThroughRelay,
  createStreamDecoder,
  createStreamEncoder,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError,
};

function toCanonical(facts: RequestFacts): CanonicalRequest {
  return requestToCanonical(parsedBody(facts.body));
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encodeBody(requestFromCanonical(request, target)), headers: [] };
}
