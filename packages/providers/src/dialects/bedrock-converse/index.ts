/**
 * The Converse dialect of AWS Bedrock (`POST /model/{id}/converse`, `/converse-stream`): one format for the models of
 * many vendors. Source for the wire format: AWS API reference "Converse", "ConverseStream"; recorded traffic.
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
import { answerFromCanonical } from '../anthropic-messages/answer-from-canonical.ts';
import { answerToCanonical } from '../anthropic-messages/answer-to-canonical.ts';
import { createMessagesDecoder } from '../anthropic-messages/decode-stream.ts';
import { FATES_TO_ANTHROPIC } from '../anthropic-messages/field-fates.ts';
import { finishReasonToCanonical } from '../anthropic-messages/finish-reasons.ts';
import { readUsage } from '../anthropic-messages/usage.ts';
import { lostFields } from '../shared/field-fate.ts';
import { readFailure, readFailureInAnswer } from '../shared/failure-signals.ts';
import { isObject, isShallow, type JsonObject, objectOf, parseExact } from '../shared/json-values.ts';
import { invalidRequest } from '../shared/request-body.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { answerFromMessages, answerToMessages, usageToMessages } from './answers.ts';
import { FATES_TO_CONVERSE } from './field-fates.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeError, encodeStreamError } from './errors.ts';
import { passThrough } from './pass-through.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { readRequest } from './read-request.ts';
import { requestFromConverse } from './request-from-converse.ts';
import { requestToConverse } from './request-to-converse.ts';
import { ConverseEventReader } from './stream-events.ts';

export const bedrockConverse: Dialect = {
  id: 'bedrock-converse' as DialectId,
  operation: 'chat',
  streamContentType: 'application/vnd.amazon.eventstream',
  lostFields: lostFields([...FATES_TO_ANTHROPIC, ...FATES_TO_CONVERSE]),
  callerHeaders: [],
  readRequest,
  passThrough,
  toCanonical,
  fromCanonical,
  readAnswer,
  findFailure,
  answerToCanonical: (body) => answerToCanonical(answerToMessages(parseAnswer(body))),
  answerFromCanonical: (answer, { id }) => encode(answerFromMessages(answerFromCanonical(answer, id))),
  addCost: (body, cost) => addCostTo('usage', body, cost),
  createPassThroughRelay,
  createStreamDecoder: () => createMessagesDecoder(new ConverseEventReader()),
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
  return requestFromConverse(request, { model: facts.model, stream: facts.stream });
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encode(requestToConverse(request, target)), headers: [] };
}

function readAnswer(body: Uint8Array): AnswerFacts {
  const answer = parseAnswer(body);
  return {
    usage: readUsage(usageToMessages(answer['usage'])),
    upstreamId: null,
    finishReason: finishReasonToCanonical(answer['stopReason']),
  };
}

function findFailure(body: Uint8Array): FailureSignals | null {
  const answer = parse(body);
  if (!isObject(answer) || answer['output'] !== undefined) return null;
  const failed = typeof answer['__type'] === 'string' || typeof answer['message'] === 'string';
  return failed ? readFailureInAnswer(answer) : null;
}

function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parse(body);
  const message = isObject(answer) ? objectOf(objectOf(answer['output'])['message']) : {};
  if (!isObject(answer) || !Array.isArray(message['content']) || !isShallow(answer)) {
    throw new DialectError('the body is not an answer with a message');
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
