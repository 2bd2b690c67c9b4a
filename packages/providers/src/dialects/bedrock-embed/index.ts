/**
 * Embeddings at Bedrock (`POST /model/{id}/invoke`): each vendor's own body, with the model in the path. Amazon Titan
 * (one text), Amazon Nova (one text) and Cohere. Sources: Bedrock user guide, "Amazon Titan Embeddings", "Amazon Nova
 * multimodal embeddings", "Cohere Embed"; recorded traffic.
 */
import {
  type AnswerFacts,
  type CanonicalRequest,
  type Dialect,
  DialectError,
  type DialectId,
  type EncodeTarget,
  type RequestContext,
  type RequestFacts,
} from '@arouter/core';
import { encodeError, encodeStreamError } from '../bedrock-converse/errors.ts';
import { embeddedVectors, embedFromCanonical } from '../cohere-embed/index.ts';
import {
  refuseMoreThan,
  textsToEmbed,
  type Vector,
  vectorOf,
  vectorsToCanonical,
} from '../shared/embeddings.ts';
import { GATEWAY_FIELDS } from '../shared/gateway-fields.ts';
import { encodeBody } from '../shared/json-body.ts';
import { type JsonObject, numberOf, objectsOf, present, refuse } from '../shared/json-values.ts';
import { parseAnswer, plainDialect } from '../shared/plain-dialect.ts';
import { fieldValue, invalidRequest, refuseLookalikes, scanRequestBody } from '../shared/request-body.ts';
import { findMember } from '../shared/scan-json.ts';
import { spliceJson } from '../shared/splice.ts';
import { NO_TOKENS, tokenCount } from '../shared/token-usage.ts';

/** How many tokens went in, where the body does not say. Source: recorded traffic. */
const INPUT_TOKENS_HEADER = 'x-amzn-bedrock-input-token-count';

type Family = 'titan' | 'nova' | 'embed';

const NOTHING_SAID: AnswerFacts = { usage: null, upstreamId: null, finishReason: 'stop' };

const spoken = plainDialect({
  id: 'bedrock-embed' as DialectId,
  operation: 'embeddings',
  fields: [],
  readFields: () => ({}),
  answerFields: ['inputTextTokenCount'],
  readAnswer: () => NOTHING_SAID,
});

export const bedrockEmbed: Dialect = {
  ...spoken,
  readRequest,
  passThrough: ({ body }) => {
    const edits = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }) as const);
    return { body: spliceJson(body, scanRequestBody(body), edits), headers: [] };
  },
  toCanonical: () => {
    throw refuse(
      'An embedding in the form of one model family is served by that model only; ask at /v1/embeddings for others.',
    );
  },
  fromCanonical: (request, target) => ({ body: encodeBody(bodyFor(request, target)), headers: [] }),
  readAnswer,
  answerToCanonical(body) {
    const answer = parseAnswer(body);
    return vectorsToCanonical(vectorsIn(answer), tokenCount(answer['inputTextTokenCount']));
  },
  encodeError,
  encodeStreamError,
};

/** Which models answer in one of the forms that are known here. ARNs of own profiles do not say which model they are. */
export function embedsAtBedrock(model: string): boolean {
  return familyOf(model) !== null;
}

function familyOf(model: string): Family | null {
  if (/(?:^|[./])cohere\.embed-/.test(model)) return 'embed';
  if (/(?:^|[./])amazon\.titan-embed-text-/.test(model)) return 'titan';
  return /(?:^|[./])amazon\.nova-\d+-multimodal-embeddings-/.test(model) ? 'nova' : null;
}

/** The model stands in the path; the body is the model's affair. */
function readRequest(body: Uint8Array, context: RequestContext = {}): RequestFacts {
  const members = scanRequestBody(body);
  refuseLookalikes(members, new Set(GATEWAY_FIELDS));
  const isText = ['inputText', 'texts', 'singleEmbeddingParams'].some((key) => findMember(members, key));
  const isOther = ['images', 'inputs', 'inputImage', 'segmentedEmbeddingParams'].some((key) =>
    findMember(members, key),
  );
  if (!isText && !isOther) {
    throw invalidRequest('One of the fields "inputText", "texts" and "singleEmbeddingParams" is required.');
  }
  return {
    body,
    context,
    model: context.pathModel,
    models: [],
    provider: fieldValue(body, members, 'provider'),
    stream: false,
    outputTokensCap: 0,
    includeUsage: true,
    includeCost: false,
    externalParts: isOther ? 1 : 0,
  };
}

function bodyFor(request: CanonicalRequest, { upstreamModel }: EncodeTarget): JsonObject {
  const dimensions = numberOf(request['dimensions']);
  const family = familyOf(upstreamModel) ?? 'titan';
  if (family === 'embed') return embedFromCanonical(request);
  const texts = textsToEmbed(request);
  refuseMoreThan(1, texts);
  const [text = ''] = texts;
  // The first Titan knows nothing but the text.
  if (family === 'titan') {
    return present({
      inputText: text,
      dimensions: upstreamModel.includes('text-v1') ? undefined : dimensions,
    });
  }
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: present({
      embeddingPurpose: NOVA_PURPOSES.get(request['input_type']) ?? 'GENERIC_INDEX',
      embeddingDimension: dimensions,
      text: { truncationMode: 'NONE', value: text },
    }),
  };
}
const NOVA_PURPOSES: ReadonlyMap<unknown, string> = new Map([
  ['search_query', 'GENERIC_RETRIEVAL'],
  ['query', 'GENERIC_RETRIEVAL'],
  ['classification', 'CLASSIFICATION'],
  ['clustering', 'CLUSTERING'],
]);

function readAnswer(body: Uint8Array, header?: (name: string) => string | undefined): AnswerFacts {
  const answer = parseAnswer(body);
  // Of which kind the vectors are is between the caller and the model.
  if (!ANSWERS.some((name) => answer[name] !== undefined))
    throw new DialectError('the answer has no embedding');
  const counted = header?.(INPUT_TOKENS_HEADER);
  const tokens =
    tokenCount(answer['inputTextTokenCount']) ??
    (counted === undefined || !/^\d{1,9}$/.test(counted) ? null : Number(counted));
  return {
    usage: tokens === null ? null : { ...NO_TOKENS, inputTokens: tokens },
    upstreamId: null,
    finishReason: 'stop',
  };
}

const ANSWERS = ['embedding', 'embeddings', 'embeddingsByType'] as const;

/** Titan: `embedding`. Nova: a list of objects with one each. Cohere: `embeddings`, by type or bare. */
function vectorsIn(answer: JsonObject): readonly Vector[] {
  if (Array.isArray(answer['embedding'])) return [vectorOf(answer['embedding'])];
  const listed = objectsOf(answer['embeddings']);
  if (listed.length > 0) return listed.map(({ embedding }) => vectorOf(embedding));
  return embeddedVectors(answer);
}
