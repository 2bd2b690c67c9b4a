/**
 * Anthropic's count of what a request would take (`POST /v1/messages/count_tokens`): a Messages request without its
 * output. Free of charge. Source: docs.claude.com "Token counting".
 */
import {
  DialectError,
  type CanonicalRequest,
  type Dialect,
  type DialectId,
  type EncodedRequest,
  type EncodeTarget,
} from '@arouter/core';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { createBinaryRelay } from '../shared/binary-relay.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { isRecord, NO_TOKENS, tokenCount } from '../shared/token-usage.ts';

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
/** The written rule of an estimate: it errs high, few texts have fewer bytes per token. */
const ESTIMATE_BYTES_PER_TOKEN = 3;
/** A picture at the largest size that is not scaled down (docs.claude.com "Vision"). */
const ESTIMATE_TOKENS_PER_FILE = 1600;
const ESTIMATE_TOKENS_PER_REQUEST = 10;

export const anthropicCountTokens: Dialect = {
  ...anthropicMessages,
  id: 'anthropic-count-tokens' as DialectId,
  operation: 'count_tokens',
  readRequest: (body, context) => ({
    ...anthropicMessages.readRequest(body, context),
    stream: false,
    outputTokensCap: 0,
  }),
  fromCanonical,
  readAnswer(body) {
    countOf(body);
    // What was counted was not used.
    return { usage: NO_TOKENS, upstreamId: null, finishReason: 'stop' };
  },
  answerToCanonical: (body) => ({ input_tokens: countOf(body) }),
  answerFromCanonical: (answer) => encode({ input_tokens: tokenCount(answer['input_tokens']) ?? 0 }),
  addCost: (body) => body,
  createPassThroughRelay: () => createBinaryRelay({ emptyIsWhole: false }),
  estimateAnswer: (facts) =>
    encode({ input_tokens: estimate(JSON.parse(asBuffer(facts.body).toString('utf8'))) }),
};

function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const encoded = anthropicMessages.fromCanonical(request, target);
  const whole = JSON.parse(asBuffer(encoded.body).toString('utf8')) as Record<string, unknown>;
  const counted = Object.entries(whole).filter(([name]) => COUNTED_FIELDS.includes(name));
  return { ...encoded, body: encode(Object.fromEntries(counted)) };
}

function countOf(body: Uint8Array): number {
  let answer: unknown;
  try {
    answer = JSON.parse(asBuffer(body).toString('utf8'));
  } catch (cause) {
    throw new DialectError('the answer is not JSON', { cause });
  }
  const count = isRecord(answer) ? tokenCount(answer['input_tokens']) : null;
  if (count === null) throw new DialectError('the answer has no count of tokens');
  return count;
}

/** Bytes of all texts, names and keys by three; a picture or document by a flat number, whatever its size. */
function estimate(request: unknown): number {
  const counted = isRecord(request)
    ? Object.entries(request).filter(([name]) => COUNTED_FIELDS.includes(name) && name !== 'model')
    : [];
  const { bytes, files } = weigh(Object.fromEntries(counted));
  return (
    ESTIMATE_TOKENS_PER_REQUEST +
    Math.ceil(bytes / ESTIMATE_BYTES_PER_TOKEN) +
    files * ESTIMATE_TOKENS_PER_FILE
  );
}

type Weight = { readonly bytes: number; readonly files: number };

/** The depth is bounded: the request has been scanned. */
function weigh(value: unknown): Weight {
  if (typeof value === 'string') return { bytes: asBuffer(new TextEncoder().encode(value)).length, files: 0 };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { bytes: ESTIMATE_BYTES_PER_TOKEN, files: 0 };
  if (typeof value !== 'object' || value === null) return { bytes: 0, files: 0 };
  const isFile =
    isRecord(value) && (value['type'] === 'base64' || value['type'] === 'url' || value['type'] === 'file');
  if (isFile) return { bytes: 0, files: 1 };
  const parts = Object.entries(value).map(([name, inner]: [string, unknown]) => ({
    name: Array.isArray(value) ? '' : name,
    inner: weigh(inner),
  }));
  return {
    bytes: parts.reduce((sum, { name, inner }) => sum + name.length + inner.bytes, 0),
    files: parts.reduce((sum, { inner }) => sum + inner.files, 0),
  };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
