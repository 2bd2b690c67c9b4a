/** Embeddings as OpenAI and the many providers that follow it speak them: `POST /v1/embeddings`. */
import {
  DialectError,
  type AnswerFacts,
  type Dialect,
  type DialectId,
  type RequestFacts,
} from '@arouter/core';
import { asBase64 } from '../shared/embeddings.ts';
import { plainDialect } from '../shared/plain-dialect.ts';
import { fieldValue, invalidRequest, scanRequestBody } from '../shared/request-body.ts';
import { findMember, type JsonMember } from '../shared/scan-json.ts';
import { openAiUsage } from '../shared/token-usage.ts';

/** OpenAI's own bound of inputs in one request. */
const INPUTS_MAX = 2048;

export const openaiEmbeddings: Dialect = plainDialect({
  id: 'openai-embeddings' as DialectId,
  operation: 'embeddings',
  fields: ['input'],
  readFields(body, members) {
    assertInput(body, members);
    return {};
  },
  answerFields: ['usage', 'id'],
  readAnswer,
  // OpenAI refuses what it does not know, and has no word for what a vector is for.
  fromCanonical: ({ input_type: _purpose, ...request }) => request,
  answerFromCanonical: (answer, { request }) => (wantsBase64(request) ? asBase64(answer) : answer),
});

/** OpenAI's own clients ask for it and cannot read anything else then. */
function wantsBase64(request: RequestFacts | undefined): boolean {
  if (request === undefined) return false;
  const { body } = request;
  return fieldValue(body, scanRequestBody(body), 'encoding_format') === 'base64';
}

function assertInput(body: Uint8Array, members: readonly JsonMember[]): void {
  const input = findMember(members, 'input');
  if (input?.kind === 'string') return;
  if (input?.kind !== 'array') {
    throw invalidRequest('The field "input" is required and must be a string or an array.');
  }
  const values = fieldValue(body, members, 'input') as readonly unknown[];
  // A text may be given as its tokens; an array of numbers is one such text.
  const texts = values.every((value) => typeof value === 'number') ? 1 : values.length;
  if (values.length === 0 || texts > INPUTS_MAX) {
    throw invalidRequest(`The field "input" must hold 1 to ${INPUTS_MAX} texts.`);
  }
}

function readAnswer(answer: Readonly<Record<string, unknown>>, members: readonly JsonMember[]): AnswerFacts {
  const data = findMember(members, 'data');
  const isList = data === undefined ? Array.isArray(answer['data']) : data.kind === 'array';
  if (!isList) throw new DialectError('the answer has no list of embeddings');
  const { id } = answer;
  return {
    usage: openAiUsage(answer['usage']),
    upstreamId: typeof id === 'string' && id !== '' ? id : null,
    finishReason: 'stop',
  };
}
