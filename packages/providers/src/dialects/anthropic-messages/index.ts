/**
 * The Anthropic Messages dialect (`POST /v1/messages`): Claude's own API and the many servers that speak it.
 * Source for the wire format: docs.claude.com "Messages", "Streaming messages", "Errors".
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
import { answerFromCanonical } from './answer-from-canonical.ts';
import { answerToCanonical } from './answer-to-canonical.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { FATES_TO_ANTHROPIC } from './field-fates.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeError, encodeStreamError } from './errors.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { encodeBody, parseBody } from '../shared/json-body.ts';
import { isObject, isShallow, type JsonObject, stringOf } from '../shared/json-values.ts';
import { DEFAULT_HEADERS, passThrough } from './pass-through.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { readRequest } from './read-request.ts';
import { requestFromCanonical } from './request-from-canonical.ts';
import { requestToCanonical } from './request-to-canonical.ts';
import { parsedBody } from '../shared/request-body.ts';
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
  answerFromCanonical: (answer, { id }) => encodeBody(answerFromCanonical(answer, id)),
  addCost: (body, cost) => addCostTo('usage', body, cost),
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
  return { body: encodeBody(requestFromCanonical(request, target)), headers: DEFAULT_HEADERS };
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
  const answer = parseBody(body);
  const failed = isObject(answer) && (answer['type'] === 'error' || isObject(answer['error']));
  return failed ? readFailureInAnswer(answer) : null;
}

function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parseBody(body);
  if (!isObject(answer) || !Array.isArray(answer['content']) || !isShallow(answer)) {
    throw new DialectError('the body is not a message with content');
  }
  return answer;
}
