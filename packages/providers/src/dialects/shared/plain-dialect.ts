/**
 * What dialects of one question and one JSON answer have in common: the model is changed in the bytes, the rest passes
 * through, the canonical form is the JSON itself, errors are OpenAI's. Nothing of it is streamed.
 */
import {
  DialectError,
  type AnswerContext,
  type AnswerFacts,
  type CallerError,
  type Dialect,
  type EncodedRequest,
  type EncodeTarget,
  type FailureSignals,
  type RequestContext,
  type RequestFacts,
} from '@arouter/core';
import { answerValue } from './answer-value.ts';
import { encodeBody } from './json-body.ts';
import { encodeError } from './encode-error.ts';
import { readFailure, readFailureInAnswer } from './failure-signals.ts';
import { gatewayEdits, gatewayFacts, GATEWAY_FIELDS } from './gateway-fields.ts';
import {
  invalidRequest,
  refuseLookalikes,
  requestMembers,
  scanRequestBody,
  type ScannedFacts,
} from './request-body.ts';
import { asBuffer, type JsonMember } from './scan-json.ts';
import { spliceJson } from './splice.ts';
import { isRecord } from './token-usage.ts';
import { addUsageCost, answerMembers } from './usage-cost.ts';

type Fields = Readonly<Record<string, unknown>>;

export type PlainDialect = Pick<Dialect, 'id' | 'operation'> & {
  /** What is read of the request besides the gateway's own fields. Throws GatewayError `invalid_request`. */
  readonly readFields: (body: Uint8Array, members: readonly JsonMember[]) => Partial<RequestFacts>;
  /** Names of the fields that `readFields` looks at. */
  readonly fields: readonly string[];
  /** The top-level members that `readAnswer` is given built; the others may be large and are left alone. */
  readonly answerFields: readonly string[];
  /** Throws DialectError when it is no answer. `kinds`: of every top-level member. */
  readonly readAnswer: (answer: Fields, members: readonly JsonMember[]) => AnswerFacts;
  readonly toCanonical?: (request: Fields) => Fields;
  readonly fromCanonical?: (request: Fields, target: EncodeTarget) => Fields;
  readonly answerToCanonical?: (answer: Fields) => Fields;
  readonly answerFromCanonical?: (answer: Fields, context: AnswerContext) => Fields;
};

export function plainDialect(parts: PlainDialect): Dialect {
  const same = (value: Fields): Fields => value;
  const { toCanonical = same, fromCanonical = same } = parts;
  const { answerToCanonical = same, answerFromCanonical = same } = parts;
  return {
    id: parts.id,
    operation: parts.operation,
    streamContentType: 'text/event-stream',
    callerHeaders: [],
    readRequest: (body, context) => readRequest(parts, body, context),
    passThrough,
    toCanonical: (facts) => toCanonical(withoutGatewayFields(parseRequest(facts))),
    fromCanonical: (request, target) => ({
      body: encodeBody({ ...fromCanonical(request, target), model: target.upstreamModel }),
      headers: [],
    }),
    readAnswer: (body) => readAnswer(parts, body),
    findFailure,
    answerToCanonical: (body) => answerToCanonical(parseAnswer(body)),
    answerFromCanonical: (answer, context) => encodeBody(answerFromCanonical(answer, context)),
    addCost(body, cost) {
      const members = answerMembers(body);
      return members === null ? body : addUsageCost(body, members, cost);
    },
    createPassThroughRelay: neverStreamed,
    createStreamDecoder: neverStreamed,
    createStreamEncoder: neverStreamed,
    decodeFailure: readFailure,
    encodeError,
    encodeStreamError: (_error: CallerError) => new Uint8Array(),
  };
}

function readRequest(parts: PlainDialect, body: Uint8Array, context?: RequestContext): ScannedFacts {
  const members = scanRequestBody(body);
  refuseLookalikes(members, new Set(['model', ...parts.fields, ...GATEWAY_FIELDS]));
  return {
    body,
    members,
    ...(context === undefined ? {} : { context }),
    ...gatewayFacts(body, members),
    stream: false,
    outputTokensCap: 0,
    includeUsage: true,
    externalParts: 0,
    ...parts.readFields(body, members),
  };
}

function passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest {
  const { body } = facts;
  const members = requestMembers(facts);
  return { body: spliceJson(body, members, gatewayEdits(facts, members, target)), headers: [] };
}

function readAnswer({ answerFields, readAnswer: read }: PlainDialect, body: Uint8Array): AnswerFacts {
  const members = answerMembers(body);
  if (members === null) return read(parseAnswer(body), []);
  const small = members.filter(({ key }) => answerFields.includes(key));
  return read(Object.fromEntries(small.map((member) => [member.key, answerValue(body, member)])), members);
}

/** An error where an answer should be. Answers are large: only one that speaks of an error is looked at. */
function findFailure(body: Uint8Array): FailureSignals | null {
  if (asBuffer(body).indexOf('"error"') < 0) return null;
  const parsed = parse(body);
  const answer: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!isRecord(answer)) return null;
  const { error } = answer;
  return isRecord(error) || (typeof error === 'string' && error !== '') ? readFailureInAnswer(answer) : null;
}

function parseRequest({ body }: RequestFacts): Fields {
  const request = parse(body);
  // Its structure has been checked: raw control characters are what is left.
  if (!isRecord(request))
    throw invalidRequest('The request body has control characters in a string; escape them.');
  return request;
}

/** Throws DialectError. */
export function parseAnswer(body: Uint8Array): Fields {
  const answer = parse(body);
  if (!isRecord(answer)) throw new DialectError('the answer is not a JSON object');
  return answer;
}

function withoutGatewayFields(request: Fields): Fields {
  const own: readonly string[] = GATEWAY_FIELDS;
  return Object.fromEntries(Object.entries(request).filter(([name]) => !own.includes(name)));
}

/** Undefined when it is not JSON. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(asBuffer(body).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function neverStreamed(): never {
  throw new Error('an answer of this operation is not streamed');
}
