/**
 * The Converse dialect of AWS Bedrock (`POST /model/{id}/converse`, `/converse-stream`): one format for the models of
 * many vendors. Source for the wire format: AWS API reference "Converse", "ConverseStream"; recorded traffic.
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
import { answerFromCanonical } from '../anthropic-messages/answer-from-canonical.ts';
import { answerToCanonical } from '../anthropic-messages/answer-to-canonical.ts';
import { createMessagesDecoder } from '../anthropic-messages/decode-stream.ts';
import { FATES_TO_ANTHROPIC } from '../anthropic-messages/field-fates.ts';
import { finishReasonToCanonical } from '../anthropic-messages/finish-reasons.ts';
import { readUsage } from '../anthropic-messages/usage.ts';
import { lostFields } from '../shared/field-fate.ts';
import { readFailure, readFailureInAnswer } from '../shared/failure-signals.ts';
import { encodeBody, parseBody } from '../shared/json-body.ts';
import { isObject, isShallow, type JsonObject, objectOf } from '../shared/json-values.ts';
import { answerFromMessages, answerToMessages, usageToMessages } from './answers.ts';
import { FATES_TO_CONVERSE } from './field-fates.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { encodeError, encodeStreamError } from './errors.ts';
import { passThrough } from './pass-through.ts';
import { createPassThroughRelay } from './pass-through-relay.ts';
import { readRequest } from './read-request.ts';
import { requestFromConverse } from './request-from-converse.ts';
import { requestToConverse } from './request-to-converse.ts';
import { parsedBody } from '../shared/request-body.ts';
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
  answerFromCanonical: (answer, { id }) => encodeBody(answerFromMessages(answerFromCanonical(answer, id))),
  addCost: (body, cost) => addCostTo('usage', body, cost),
  createPassThroughRelay,
  createStreamDecoder: () => createMessagesDecoder(new ConverseEventReader()),
  createStreamEncoder,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError,
};

function toCanonical(facts: RequestFacts): CanonicalRequest {
  return requestFromConverse(parsedBody(facts.body), { model: facts.model, stream: facts.stream });
}

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  return { body: encodeBody(requestToConverse(request, target)), headers: [] };
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
  const answer = parseBody(body);
  if (!isObject(answer) || answer['output'] !== undefined) return null;
  const failed = typeof answer['__type'] === 'string' || typeof answer['message'] === 'string';
  return failed ? readFailureInAnswer(answer) : null;
}

function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parseBody(body);
  const message = isObject(answer) ? objectOf(objectOf(answer['output'])['message']) : {};
  if (!isObject(answer) || !Array.isArray(message['content']) || !isShallow(answer)) {
    throw new DialectError('the body is not an answer with a message');
  }
  return answer;
}
