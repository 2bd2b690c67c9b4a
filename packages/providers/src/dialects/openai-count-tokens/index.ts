/**
 * OpenAI's count of what a request would take (`POST /v1/responses/input_tokens`): a Responses request without its output,
 * answered by `{object: "response.input_tokens", input_tokens}`. Source: developers.openai.com "Counting tokens", the
 * types of the library `openai`, recorded traffic.
 */
import {
  type CanonicalRequest,
  type Dialect,
  type DialectId,
  type EncodedRequest,
  type EncodeTarget,
  GatewayError,
  type RequestFacts,
} from '@arouter/core';
import { openaiResponses } from '../openai-responses/index.ts';
import { estimateTokens } from '../shared/estimate-tokens.ts';
import { encodeBody } from '../shared/json-body.ts';
import type { JsonObject } from '../shared/json-values.ts';
import { parsedBody } from '../shared/request-body.ts';
import { countAnswers } from '../shared/token-count.ts';

/** What the endpoint takes of a Responses request. */
const COUNTED_FIELDS: readonly string[] = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
];
/** What of it is text that the model reads. */
const ESTIMATED_FIELDS: readonly string[] = ['input', 'instructions', 'tools', 'text'];

export const openaiCountTokens: Dialect = {
  ...openaiResponses,
  ...countAnswers({ member: 'input_tokens', beside: { object: 'response.input_tokens' } }),
  id: 'openai-count-tokens' as DialectId,
  readRequest: (body, context) => ({
    ...openaiResponses.readRequest(body, context),
    stream: false,
    outputTokensCap: 0,
  }),
  fromCanonical,
  estimateAnswer,
};

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const encoded = openaiResponses.fromCanonical(request, target);
  return { ...encoded, body: encodeBody(partsOf(encoded.body, COUNTED_FIELDS)) };
}

function estimateAnswer({ body, storedState }: RequestFacts): Uint8Array {
  if (storedState === true) {
    throw new GatewayError(
      'invalid_request',
      'No provider of this model counts tokens, and what an earlier response has left there cannot be estimated. Send the earlier items in "input".',
    );
  }
  const count = estimateTokens(partsOf(body, ESTIMATED_FIELDS), ({ type }) => FILE_PARTS.has(type));
  return encodeBody({ object: 'response.input_tokens', input_tokens: count });
}
const FILE_PARTS: ReadonlySet<unknown> = new Set(['input_image', 'input_file', 'input_audio']);

function partsOf(body: Uint8Array, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(parsedBody(body)).filter(([name]) => names.includes(name)));
}
