/**
 * Embeddings as Cohere's own API speaks them: `POST /v2/embed`. Sources: docs.cohere.com/reference/embed (v2), recorded
 * traffic.
 */
import {
  DialectError,
  type AnswerFacts,
  type CanonicalAnswer,
  type CanonicalRequest,
  type Dialect,
  type DialectId,
} from '@arouter/core';
import {
  refuseMoreThan,
  statedTokens,
  textsToEmbed,
  type Vector,
  vectorOf,
  vectorsOf,
  vectorsToCanonical,
} from '../shared/embeddings.ts';
import { isObject, type JsonObject, objectOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { plainDialect } from '../shared/plain-dialect.ts';
import { fieldValue, invalidRequest, scanRequestBody } from '../shared/request-body.ts';
import { NO_TOKENS, tokenCount } from '../shared/token-usage.ts';

/** Cohere's own bound of texts in one request. */
const TEXTS_MAX = 96;
/** What a vector is for must be said; a text that is stored is the commoner case. */
const PURPOSE_DEFAULT = 'search_document';
const PURPOSES: ReadonlySet<unknown> = new Set([
  'search_query',
  'search_document',
  'classification',
  'clustering',
]);
const FIELDS = ['texts', 'images', 'inputs', 'embedding_types', 'input_type'] as const;

export const cohereEmbed: Dialect = plainDialect({
  id: 'cohere-embed' as DialectId,
  operation: 'embeddings',
  fields: FIELDS,
  readFields(body, members) {
    const given = (['texts', 'images', 'inputs'] as const)
      .map((key) => fieldValue(body, members, key))
      .filter((value) => value !== undefined);
    if (given.length !== 1 || !Array.isArray(given[0]) || given[0].length === 0) {
      throw invalidRequest(
        'One of the fields "texts", "images" and "inputs" is required and must be an array.',
      );
    }
    return { externalParts: fieldValue(body, members, 'texts') === undefined ? given[0].length : 0 };
  },
  answerFields: ['id', 'meta', 'embeddings'],
  readAnswer: readEmbedAnswer,
  toCanonical: embedToCanonical,
  fromCanonical: (request) => ({ ...embedFromCanonical(request), embedding_types: ['float'] }),
  answerToCanonical: (answer) => vectorsToCanonical(embeddedVectors(answer), billedTokens(answer)),
  answerFromCanonical: embedAnswerFromCanonical,
});

function embedToCanonical(request: JsonObject): CanonicalRequest {
  const { texts, embedding_types: types = ['float'] } = request;
  if (!Array.isArray(texts)) {
    throw refuse('Only `texts` can be embedded by a provider of another format; choose a model at Cohere.');
  }
  if (!Array.isArray(types) || types.some((type) => type !== 'float')) {
    throw refuse('`embedding_types` other than float exist only at Cohere; ask for float.');
  }
  const dimensions = request['output_dimension'] ?? undefined;
  return present({ model: request['model'], input: texts, dimensions, input_type: request['input_type'] });
}

/** But for the model, which some hosts name in the path. Throws GatewayError `invalid_request`. */
export function embedFromCanonical(request: CanonicalRequest): JsonObject {
  const texts = textsToEmbed(request);
  refuseMoreThan(TEXTS_MAX, texts);
  const purpose = request['input_type'];
  return present({
    texts,
    input_type: PURPOSES.has(purpose) ? purpose : purpose === 'query' ? 'search_query' : PURPOSE_DEFAULT,
    output_dimension: request['dimensions'] ?? undefined,
    truncate: stringOf(request['truncate']),
  });
}

/** Throws DialectError. */
function readEmbedAnswer(answer: JsonObject): AnswerFacts {
  const { id, embeddings } = answer;
  if (!Array.isArray(embeddings) && !isObject(embeddings)) {
    throw new DialectError('the answer has no embeddings');
  }
  const tokens = billedTokens(answer);
  return {
    usage: tokens === null ? null : { ...NO_TOKENS, inputTokens: tokens },
    upstreamId: stringOf(id) ?? null,
    finishReason: 'stop',
  };
}

/** By type, or a bare list (older models at other clouds). Throws DialectError when there are no floats. */
export function embeddedVectors({ embeddings }: JsonObject): readonly Vector[] {
  const list = Array.isArray(embeddings) ? embeddings : objectOf(embeddings)['float'];
  if (Array.isArray(list)) return list.map(vectorOf);
  throw new DialectError('the answer has no embeddings as floats');
}

/** Text and picture tokens together: they cost what the model's input costs. */
function billedTokens(answer: JsonObject): number | null {
  const billed = objectOf(objectOf(answer['meta'])['billed_units']);
  const input = tokenCount(billed['input_tokens']);
  return input === null ? null : input + (tokenCount(billed['image_tokens']) ?? 0);
}

function embedAnswerFromCanonical(
  answer: CanonicalAnswer,
  { id, request }: Parameters<Dialect['answerFromCanonical']>[1],
): JsonObject {
  const tokens = statedTokens(answer);
  const texts = request === undefined ? [] : fieldValue(request.body, scanRequestBody(request.body), 'texts');
  return {
    id,
    embeddings: { float: vectorsOf(answer) },
    texts,
    meta: present({
      api_version: { version: '2' },
      billed_units: tokens === null ? undefined : { input_tokens: tokens },
    }),
    response_type: 'embeddings_by_type',
  };
}
