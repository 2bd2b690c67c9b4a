/**
 * Google's count of what a request would take (`POST …/models/{model}:countTokens`), free of charge. AI Studio takes the
 * contents alone, or a whole request in `generateContentRequest`; Vertex AI takes the request's own members at the top.
 * Callers may write either. Source: ai.google.dev "Counting tokens", cloud.google.com "CountTokens API", recorded traffic.
 */
import type {
  CanonicalRequest,
  Dialect,
  DialectId,
  EncodedRequest,
  EncodeTarget,
  RequestContext,
  RequestFacts,
} from '@arouter/core';
import { fieldOf } from '../gemini-generate/field-of.ts';
import { GATEWAY_FIELDS, gatewayFacts } from '../gemini-generate/gateway-facts.ts';
import { geminiGenerate } from '../gemini-generate/index.ts';
import { requestFromCanonical } from '../gemini-generate/request-from-canonical.ts';
import { requestToCanonical } from '../gemini-generate/request-to-canonical.ts';
import { estimateTokens } from '../shared/estimate-tokens.ts';
import { encodeBody } from '../shared/json-body.ts';
import { isObject, type JsonObject, present } from '../shared/json-values.ts';
import { invalidRequest, parsedBody, refuseLookalikes, scanRequestBody } from '../shared/request-body.ts';
import { spliceJson } from '../shared/splice.ts';
import { countAnswers } from '../shared/token-count.ts';

/** What Vertex AI takes at the top, and what an estimate looks at but for the last. */
const COUNTED_FIELDS = ['contents', 'systemInstruction', 'tools', 'generationConfig'] as const;

export const geminiCountTokens: Dialect = {
  ...geminiGenerate,
  ...countAnswers({ member: 'totalTokens' }),
  id: 'gemini-count-tokens' as DialectId,
  readRequest,
  passThrough,
  toCanonical: (facts) => requestToCanonical(countedRequest(facts.body), { ...facts, stream: false }),
  fromCanonical: (request: CanonicalRequest, target) =>
    encoded(requestFromCanonical(request, target), target),
  estimateAnswer: (facts) => encodeBody({ totalTokens: estimate(countedRequest(facts.body)) }),
};

function readRequest(body: Uint8Array, context: RequestContext = {}): RequestFacts {
  const members = scanRequestBody(body);
  refuseLookalikes(members, new Set(GATEWAY_FIELDS));
  if (!Array.isArray(countedRequest(body)['contents'])) {
    throw invalidRequest(
      'The field "contents", or "generateContentRequest" with "contents" in it, is required and must be an array.',
    );
  }
  return {
    ...gatewayFacts(body, members, context),
    stream: false,
    outputTokensCap: 0,
    externalParts: 0,
  };
}

/** The caller's bytes where the provider takes them as they are written; else its request in the provider's layout. */
function passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest {
  const edits = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }) as const);
  const body = spliceJson(facts.body, scanRequestBody(facts.body), edits);
  return isLaidOutFor(target, parsedBody(body))
    ? { body, headers: [] }
    : encoded(countedRequest(facts.body), target);
}

function isLaidOutFor({ quirks, upstreamModel }: EncodeTarget, body: JsonObject): boolean {
  const whole = fieldOf(body, 'generateContentRequest');
  if (quirks.countsWholeRequest !== true) return whole === undefined;
  return isObject(whole)
    ? whole['model'] === resourceName(upstreamModel)
    : Object.keys(body).every((name) => name === 'contents');
}

function encoded(request: JsonObject, { quirks, upstreamModel }: EncodeTarget): EncodedRequest {
  if (quirks.countsWholeRequest !== true) {
    const counted = present(Object.fromEntries(COUNTED_FIELDS.map((name) => [name, fieldOf(request, name)])));
    return { body: encodeBody(counted), headers: [] };
  }
  const isPlain = Object.keys(request).every((name) => name === 'contents');
  const whole = { ...request, model: resourceName(upstreamModel) };
  return { body: encodeBody(isPlain ? request : { generateContentRequest: whole }), headers: [] };
}

function resourceName(model: string): string {
  return model.startsWith('models/') ? model : `models/${model}`;
}

/** The request that is counted, whichever way it is written, without what speaks to the gateway. */
function countedRequest(body: Uint8Array): JsonObject {
  const given = parsedBody(body);
  const whole = fieldOf(given, 'generateContentRequest');
  const own: readonly string[] = GATEWAY_FIELDS;
  const request = isObject(whole) ? whole : given;
  return Object.fromEntries(Object.entries(request).filter(([name]) => !own.includes(name)));
}

function estimate(request: JsonObject): number {
  const [contents, system, tools] = COUNTED_FIELDS.map((name) => fieldOf(request, name));
  return estimateTokens({ contents, system, tools }, (value) => isFile(value));
}

/** `inlineData` and `fileData`, in either spelling. */
function isFile(value: JsonObject): boolean {
  return (
    fieldOf(value, 'mimeType') !== undefined && ('data' in value || fieldOf(value, 'fileUri') !== undefined)
  );
}
