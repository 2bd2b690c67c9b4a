/**
 * The Gemini dialect (`POST …/models/{model}:generateContent` and `:streamGenerateContent`): Google's own API at AI
 * Studio and Vertex AI, and the clients written for it. Model and stream stand in the path, not in the body.
 * Source for the wire format: ai.google.dev "Generating content", googleapis `generative_service.proto`, recorded traffic.
 */
import {
  type AnswerFacts,
  type CanonicalRequest,
  type Dialect,
  DialectError,
  type DialectId,
  type EncodedRequest,
  type EncodeTarget,
  type FailureSignals,
  type RequestFacts,
} from '@arouter/core';
import { addCostTo } from '../shared/add-cost.ts';
import { lostFields } from '../shared/field-fate.ts';
import { readFailure, readFailureInAnswer } from '../shared/failure-signals.ts';
import { encodeBody, parseBody } from '../shared/json-body.ts';
import { isObject, isShallow, type JsonObject } from '../shared/json-values.ts';
import { answerFromCanonical } from './answer-from-canonical.ts';
import { answerToCanonical } from './answer-to-canonical.ts';
import { framedAsArray } from './array-frames.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeError, encodeStreamError } from './errors.ts';
import { FATES_TO_GEMINI } from './field-fates.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { passThrough } from './pass-through.ts';
import { readRequest } from './read-request.ts';
import { requestFromCanonical } from './request-from-canonical.ts';
import { requestToCanonical } from './request-to-canonical.ts';
import { parsedBody } from '../shared/request-body.ts';
import { answerFacts, hasContent, isFailure, NO_FACTS, withAnswer } from './stream-facts.ts';

export const geminiGenerate: Dialect = {
  id: 'gemini-generate' as DialectId,
  operation: 'chat',
  streamContentType: 'text/event-stream',
  lostFields: lostFields(FATES_TO_GEMINI),
  callerHeaders: [],
  readRequest,
  passThrough,
  toCanonical,
  fromCanonical,
  readAnswer,
  findFailure,
  answerToCanonical: (body) => answerToCanonical(parseAnswer(body)),
  answerFromCanonical: (answer, { id }) => encodeBody(answerFromCanonical(answer, id)),
  addCost: (body, cost) => addCostTo('usageMetadata', body, cost),
  createPassThroughRelay,
  createStreamDecoder,
  createStreamEncoder,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError,
};

/** The same for callers who ask for a stream without `alt=sse`. */
export const geminiGenerateArray: Dialect = {
  ...geminiGenerate,
  streamContentType: 'application/json',
  ...framedAsArray(geminiGenerate),
};

function toCanonical(facts: RequestFacts): CanonicalRequest {
  return requestToCanonical(parsedBody(facts.body), facts);
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encodeBody(requestFromCanonical(request, target)), headers: [] };
}

function readAnswer(body: Uint8Array): AnswerFacts {
  return answerFacts(withAnswer(NO_FACTS, parseAnswer(body)), 0);
}

function findFailure(body: Uint8Array): FailureSignals | null {
  const answer = parseBody(body);
  return isFailure(answer) ? readFailureInAnswer(answer) : null;
}

/** An answer says something, or why it does not: candidates without either are a fault of the provider (recorded). */
function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parseBody(body);
  if (!isObject(answer) || !isShallow(answer) || !hasContent(answer)) {
    throw new DialectError('the body is not an answer with content, a finish reason or a block reason');
  }
  return answer;
}
