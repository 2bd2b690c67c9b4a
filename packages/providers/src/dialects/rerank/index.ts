/**
 * Reranking as Cohere, Jina and those who follow them speak it: `POST /v1/rerank`, documents in, relevance scores out.
 * Sources: docs.cohere.com/reference/rerank (v2), jina.ai/reranker, docs.together.ai/reference/rerank.
 */
import { DialectError, type AnswerFacts, type Dialect, type DialectId, type TokenUsage } from '@arouter/core';
import { plainDialect } from '../shared/plain-dialect.ts';
import { fieldValue, invalidRequest, stringField } from '../shared/request-body.ts';
import { findMember, type JsonMember } from '../shared/scan-json.ts';
import { isRecord, NO_TOKENS, openAiUsage, recordOrEmpty, tokenCount } from '../shared/token-usage.ts';

const DOCUMENTS_MAX = 10_000;
const QUERY_CHARS_MAX = 1_000_000;
/** One search covers so many documents (docs.cohere.com/docs/rerank, pricing). */
const DOCUMENTS_PER_SEARCH = 100;

export const rerank: Dialect = plainDialect({
  id: 'rerank' as DialectId,
  operation: 'rerank',
  fields: ['query', 'documents'],
  readFields(body, members) {
    if (stringField(body, members, { key: 'query', charsMax: QUERY_CHARS_MAX }) === undefined) {
      throw invalidRequest('The field "query" is required and must be a string.');
    }
    return { units: { searches: Math.ceil(documentCount(body, members) / DOCUMENTS_PER_SEARCH) } };
  },
  answerFields: ['id', 'usage', 'meta'],
  readAnswer,
});

function documentCount(body: Uint8Array, members: readonly JsonMember[]): number {
  const documents = fieldValue(body, members, 'documents');
  const areGood =
    Array.isArray(documents) &&
    documents.length > 0 &&
    documents.length <= DOCUMENTS_MAX &&
    documents.every((document) => typeof document === 'string' || isRecord(document));
  if (areGood) return documents.length;
  throw invalidRequest(`The field "documents" must be an array of 1 to ${DOCUMENTS_MAX} texts or objects.`);
}

function readAnswer(answer: Readonly<Record<string, unknown>>, members: readonly JsonMember[]): AnswerFacts {
  const results = findMember(members, 'results');
  const areThere = results === undefined ? Array.isArray(answer['results']) : results.kind === 'array';
  if (!areThere) throw new DialectError('the answer has no list of results');
  const { id } = answer;
  return {
    usage: usageOf(answer),
    upstreamId: typeof id === 'string' && id !== '' ? id : null,
    finishReason: 'stop',
  };
}

/** Searches where the provider bills by them, tokens where it counts those. */
function usageOf(answer: Readonly<Record<string, unknown>>): TokenUsage | null {
  const billed = recordOrEmpty(recordOrEmpty(answer['meta'])['billed_units']);
  const searches = tokenCount(billed['search_units']);
  if (searches !== null) return { ...NO_TOKENS, units: { searches } };
  const total = tokenCount(recordOrEmpty(answer['usage'])['total_tokens']);
  return openAiUsage(answer['usage']) ?? (total === null ? null : { ...NO_TOKENS, inputTokens: total });
}
