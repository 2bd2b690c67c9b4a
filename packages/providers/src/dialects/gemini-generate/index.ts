/**
 * The Gemini dialect (`POST …/models/{model}:generateContent` and `:streamGenerateContent`): Google's own API at AI
 * Studio and Vertex AI, and the clients written for it. Model and stream stand in the path, not in the body.
 * Source for the wire format: ai.google.dev "Generating content", googleapis `generative_service.proto`, recorded traffic.
 */
import { Buffer } from 'node:buffer';
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
import { isObject, isShallow, type JsonObject, parseExact } from '../shared/json-values.ts';
import { invalidRequest } from '../shared/request-body.ts';
import { asBuffer } from '../shared/scan-json.ts';
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
  answerFromCanonical: (answer, { id }) => encode(answerFromCanonical(answer, id)),
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
  const request = parse(facts.body);
  // Its structure has been checked by readRequest: raw control characters are what is left.
  if (!isObject(request))
    throw invalidRequest('The request body has control characters in a string; escape them.');
  return requestToCanonical(request, facts);
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encode(requestFromCanonical(request, target)), headers: [] };
}

function readAnswer(body: Uint8Array): AnswerFacts {
  return answerFacts(withAnswer(NO_FACTS, parseAnswer(body)), 0);
}

function findFailure(body: Uint8Array): FailureSignals | null {
  const answer = parse(body);
  return isFailure(answer) ? readFailureInAnswer(answer) : null;
}

/** An answer says something, or why it does not: candidates without either are a fault of the provider (recorded). */
function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parse(body);
  if (!isObject(answer) || !isShallow(answer) || !hasContent(answer)) {
    throw new DialectError('the body is not an answer with content, a finish reason or a block reason');
  }
  return answer;
}

/** Undefined when it is not JSON. */
function parse(body: Uint8Array): unknown {
  try {
    return parseExact(asBuffer(body).toString('utf8'));
  } catch {
    // What follows from that differs: a caller's mistake, or a provider's.
    return undefined;
  }
}

function encode(value: JsonObject): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
