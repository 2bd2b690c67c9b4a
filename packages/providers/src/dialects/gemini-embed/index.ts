/**
 * Embeddings as Google speaks them, in three methods of a model: `:embedContent` (one text), `:batchEmbedContents` (many;
 * AI Studio alone, and what its SDKs call) and `:predict` (Vertex AI's older models). Sources: ai.google.dev "Embeddings",
 * cloud.google.com "Text embeddings API", the `@google/genai` package, recorded traffic.
 */
import {
  type AnswerFacts,
  type CanonicalAnswer,
  type CanonicalRequest,
  type Dialect,
  DialectError,
  type DialectId,
  type EncodedRequest,
  type EncodeTarget,
  type RequestContext,
  type RequestFacts,
} from '@arouter/core';
import { fieldOf } from '../gemini-generate/field-of.ts';
import { GATEWAY_FIELDS, gatewayFacts } from '../gemini-generate/gateway-facts.ts';
import { geminiGenerate } from '../gemini-generate/index.ts';
import { statedTokens, type Vector, vectorsOf, vectorsToCanonical } from '../shared/embeddings.ts';
import { encodeBody } from '../shared/json-body.ts';
import { type JsonObject, objectOf } from '../shared/json-values.ts';
import { parseAnswer, plainDialect } from '../shared/plain-dialect.ts';
import { invalidRequest, parsedBody, refuseLookalikes, scanRequestBody } from '../shared/request-body.ts';
import { type JsonEdit, spliceJson } from '../shared/splice.ts';
import { NO_TOKENS, tokenCount } from '../shared/token-usage.ts';
import { batchMethod, type EmbedMethod, predictMethod, singleMethod } from './methods.ts';
import { questionOf } from './questions.ts';

export const geminiEmbed = embedDialect('gemini-embed', singleMethod);
export const geminiBatchEmbed = embedDialect('gemini-batch-embed', batchMethod);
export const geminiPredictEmbed = embedDialect('gemini-predict-embed', predictMethod);

function embedDialect(id: string, method: EmbedMethod): Dialect {
  const spoken = plainDialect({
    id: id as DialectId,
    operation: 'embeddings',
    fields: [],
    readFields: () => ({}),
    answerFields: method.answerFields,
    readAnswer: (answer) => readAnswer(answer, method),
  });
  return {
    ...spoken,
    readRequest: (body, context) => readRequest(body, context ?? {}, method),
    passThrough: (facts, target) => passThrough(facts, target, method),
    toCanonical: (facts) => ({ ...questionOf(partsOf(facts.body, method)), model: facts.model }),
    fromCanonical: (request, target) => fromCanonical(request, target, method),
    answerToCanonical: (body) => answerToCanonical(parseAnswer(body), method),
    answerFromCanonical: (answer) => answerFromCanonical(answer, method),
    addCost: geminiGenerate.addCost,
    encodeError: geminiGenerate.encodeError,
    encodeStreamError: geminiGenerate.encodeStreamError,
  };
}

function readRequest(body: Uint8Array, context: RequestContext, method: EmbedMethod): RequestFacts {
  const members = scanRequestBody(body);
  refuseLookalikes(members, new Set(GATEWAY_FIELDS));
  const questions = partsOf(body, method);
  return {
    ...gatewayFacts(body, members, context),
    stream: false,
    outputTokensCap: 0,
    externalParts: questions.reduce((sum, { media }) => sum + media, 0),
  };
}

/** Throws GatewayError `invalid_request` for a body that asks nothing. */
function partsOf(body: Uint8Array, method: EmbedMethod) {
  const questions = method.read(parsedBody(body));
  if (questions !== undefined && questions.length > 0) return questions;
  throw invalidRequest(method.complaint);
}

/** The path names the model; where it also stands in the body, both must say the same. */
function passThrough(
  { body }: RequestFacts,
  { upstreamModel }: EncodeTarget,
  method: EmbedMethod,
): EncodedRequest {
  const edits: JsonEdit[] = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }));
  edits.push(...method.modelEdits(parsedBody(body), resourceName(upstreamModel)));
  return { body: spliceJson(body, scanRequestBody(body), edits), headers: [] };
}

function fromCanonical(
  request: CanonicalRequest,
  { upstreamModel }: EncodeTarget,
  method: EmbedMethod,
): EncodedRequest {
  return { body: encodeBody(method.write(request, resourceName(upstreamModel))), headers: [] };
}

function resourceName(model: string): string {
  return model.startsWith('models/') ? model : `models/${model}`;
}

function readAnswer(answer: JsonObject, method: EmbedMethod): AnswerFacts {
  if (method.vectors(answer).length === 0) throw new DialectError('the answer has no embedding');
  const tokens = tokensOf(answer, method);
  return {
    usage: tokens === null ? null : { ...NO_TOKENS, inputTokens: tokens },
    upstreamId: null,
    finishReason: 'stop',
  };
}

/** Older models state nothing: then the tokens are estimated where they are booked. */
function tokensOf(answer: JsonObject, method: EmbedMethod): number | null {
  const usage = objectOf(fieldOf(answer, 'usageMetadata'));
  return tokenCount(fieldOf(usage, 'promptTokenCount')) ?? method.tokens(answer);
}

function answerToCanonical(answer: JsonObject, method: EmbedMethod): CanonicalAnswer {
  return vectorsToCanonical(method.vectors(answer), tokensOf(answer, method));
}

function answerFromCanonical(answer: CanonicalAnswer, method: EmbedMethod): Uint8Array {
  const vectors: readonly Vector[] = vectorsOf(answer);
  const tokens = statedTokens(answer);
  return encodeBody({
    ...method.answer(vectors, tokens),
    ...(tokens === null ? {} : { usageMetadata: { promptTokenCount: tokens } }),
  });
}
