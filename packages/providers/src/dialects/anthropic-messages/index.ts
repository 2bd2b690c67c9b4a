/**
 * The Anthropic Messages dialect (`POST /v1/messages`): Claude's own API and the many servers that speak it.
 * Source for the wire format: docs.claude.com "Messages", "Streaming messages", "Errors".
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
import { invalidRequest } from '../shared/request-body.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { answerFromCanonical } from './answer-from-canonical.ts';
import { answerToCanonical } from './answer-to-canonical.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { FATES_TO_ANTHROPIC } from './field-fates.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeError, encodeStreamError } from './errors.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { isObject, isShallow, type JsonObject, parseExact, stringOf } from '../shared/json-values.ts';
import { DEFAULT_HEADERS, passThrough } from './pass-through.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { readRequest } from './read-request.ts';
import { requestFromCanonical } from './request-from-canonical.ts';
import { requestToCanonical } from './request-to-canonical.ts';
import { readUsage } from './usage.ts';

export const anthropicMessages: Dialect = {
  id: 'anthropic-messages' as DialectId,
  operation: 'chat',
  streamContentType: 'text/event-stream',
  lostFields: lostFields(FATES_TO_ANTHROPIC),
  callerHeaders: ['anthropic-version', 'anthropic-beta'],
  readRequest,
  passThrough,
  toCanonical,
  fromCanonical,
  readAnswer,
  findFailure,
  answerToCanonical: (body) => answerToCanonical(parseAnswer(body)),
  answerFromCanonical: (answer, { id }) => encode(answerFromCanonical(answer, id)),
  addCost: (body, cost) => addCostTo('usage', body, cost),
  createPassThroughRelay,
  createStreamDecoder,
  createStreamEncoder,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError,
};

function toCanonical(facts: RequestFacts): CanonicalRequest {
  const request = parse(facts.body);
  // Its structure has been checked by readRequest: raw control characters are what is left.
  if (!isObject(request))
    throw invalidRequest('The request body has control characters in a string; escape them.');
  return requestToCanonical(request);
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encode(requestFromCanonical(request, target)), headers: DEFAULT_HEADERS };
}

function readAnswer(body: Uint8Array): AnswerFacts {
  const answer = parseAnswer(body);
  return {
    usage: readUsage(answer['usage']),
    upstreamId: stringOf(answer['id']) ?? null,
    finishReason: finishReasonToCanonical(answer['stop_reason']),
  };
}

function findFailure(body: Uint8Array): FailureSignals | null {
  const answer = parse(body);
  const failed = isObject(answer) && (answer['type'] === 'error' || isObject(answer['error']));
  return failed ? readFailureInAnswer(answer) : null;
}

function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parse(body);
  if (!isObject(answer) || !Array.isArray(answer['content']) || !isShallow(answer)) {
    throw new DialectError('the body is not a message with content');
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
