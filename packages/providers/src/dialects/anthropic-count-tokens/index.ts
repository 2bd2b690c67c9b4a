/**
 * Anthropic's count of what a request would take (`POST /v1/messages/count_tokens`): a Messages request without its
 * output. Free of charge. Source: docs.claude.com "Token counting".
 */
import type { CanonicalRequest, Dialect, DialectId, EncodedRequest, EncodeTarget } from '@arouter/core';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { estimateTokens } from '../shared/estimate-tokens.ts';
import { encodeBody } from '../shared/json-body.ts';
import type { JsonObject } from '../shared/json-values.ts';
import { parsedBody } from '../shared/request-body.ts';
import { countAnswers } from '../shared/token-count.ts';

/** What the endpoint takes of a Messages request; it refuses the rest. */
const COUNTED_FIELDS: readonly string[] = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'mcp_servers',
  'output_config',
];

export const anthropicCountTokens: Dialect = {
  ...anthropicMessages,
  ...countAnswers({ member: 'input_tokens' }),
  id: 'anthropic-count-tokens' as DialectId,
  readRequest: (body, context) => ({
    ...anthropicMessages.readRequest(body, context),
    stream: false,
    outputTokensCap: 0,
  }),
  fromCanonical,
  estimateAnswer: (facts) => encodeBody({ input_tokens: estimate(parsedBody(facts.body)) }),
};

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const encoded = anthropicMessages.fromCanonical(request, target);
  const counted = Object.entries(parsedBody(encoded.body)).filter(([name]) => COUNTED_FIELDS.includes(name));
  return { ...encoded, body: encodeBody(Object.fromEntries(counted)) };
}

function estimate(request: JsonObject): number {
  const counted = Object.entries(request).filter(
    ([name]) => COUNTED_FIELDS.includes(name) && name !== 'model',
  );
  return estimateTokens(Object.fromEntries(counted), ({ type }) => FILE_SOURCES.has(type));
}
const FILE_SOURCES: ReadonlySet<unknown> = new Set(['base64', 'url', 'file']);
