/**
 * What is passed on as it is: the caller speaks the provider's own API at a path that no dialect knows. Nothing of it is
 * read but the model where a JSON body names one; nothing of the answer is read at all.
 */
import { Buffer } from 'node:buffer';
import {
  hasNameLength,
  type Dialect,
  type DialectId,
  type RequestContext,
  type RequestFacts,
} from '@arouter/core';
import { createBinaryRelay } from '../shared/binary-relay.ts';
import { encodeError } from '../shared/encode-error.ts';
import { readFailure } from '../shared/failure-signals.ts';
import { isRecord } from '../shared/token-usage.ts';

/** A larger body is not looked into: it is a file. */
const JSON_BYTES_MAX = 20 * 1024 * 1024;

export const raw: Dialect = {
  id: 'raw' as DialectId,
  operation: 'raw',
  streamContentType: '*/*',
  binaryStream: 'any',
  // Versions, betas and what is accepted; never a credential, a cookie or an address.
  callerHeaders: ['accept', 'accept-language', 'anthropic-version', 'anthropic-beta', 'openai-beta', 'range'],
  readRequest,
  passThrough: ({ body, context }) => ({
    body,
    headers: [],
    ...(context?.contentType === undefined ? {} : { contentType: context.contentType }),
  }),
  toCanonical: () => ({}),
  fromCanonical: untranslated,
  readAnswer: () => ({ usage: null, upstreamId: null, finishReason: 'stop' }),
  findFailure: () => null,
  answerToCanonical: untranslated,
  answerFromCanonical: untranslated,
  addCost: (body) => body,
  createPassThroughRelay: () => createBinaryRelay({ emptyIsWhole: true }),
  createStreamDecoder: untranslated,
  createStreamEncoder: untranslated,
  decodeFailure: readFailure,
  encodeError,
  encodeStreamError: () => new Uint8Array(),
};

function readRequest(body: Uint8Array, context: RequestContext = {}): RequestFacts {
  return {
    body,
    context,
    model: modelOf(body, context.contentType),
    models: [],
    stream: true,
    outputTokensCap: null,
    provider: undefined,
    includeUsage: true,
    includeCost: false,
    externalParts: 0,
  };
}

function modelOf(body: Uint8Array, contentType: string | undefined): string | undefined {
  if (body.length === 0 || body.length > JSON_BYTES_MAX || !/^application\/json\b/i.test(contentType ?? '')) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(
      Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'),
    );
    const model = isRecord(value) ? value['model'] : undefined;
    return hasNameLength(model) ? model : undefined;
  } catch {
    // Not JSON: the provider will say so.
    return undefined;
  }
}

function untranslated(): never {
  throw new Error('what is passed on as it is has no other form');
}
