/**
 * Errors as callers of this dialect read them: `contract.md` §3.1, string codes at both places that the official
 * clients look at; the type follows from the status (§3.2).
 */
import type { CallerError, ErrorType } from '@arouter/core';
import { encodeBody } from './json-body.ts';

export function encodeError(error: CallerError): Uint8Array {
  return encodeBody({ error: errorObject(error), code: error.code, message: error.message });
}

/** An event that ends a stream which has begun: a chunk with the error and `finish_reason: "error"`; no `[DONE]`. */
export function encodeStreamError(error: CallerError): Uint8Array {
  const chunk = {
    id: error.requestId,
    object: 'chat.completion.chunk',
    created: 0,
    model: '',
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    error: errorObject(error),
  };
  return new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`);
}

/** The same where events are not chunks of chat: an event named `error`, which the clients throw. */
export function encodeErrorEvent(error: CallerError): Uint8Array {
  const data = JSON.stringify({ type: 'error', error: errorObject(error) });
  return new TextEncoder().encode(`event: error\ndata: ${data}\n\n`);
}

function errorObject({
  status,
  code,
  message,
  requestId,
  metadata,
}: CallerError): Readonly<Record<string, unknown>> {
  const error = { message, type: errorType(status), code, request_id: requestId };
  return metadata === undefined ? error : { ...error, metadata };
}

function errorType(status: number): ErrorType {
  // 424: a refused provider key is a fault of the gateway's set-up, not of the request.
  if (status >= 500 || status === 424) return 'server_error';
  return TYPES[status] ?? 'invalid_request_error';
}
const TYPES: Readonly<Record<number, ErrorType>> = {
  401: 'authentication_error',
  402: 'payment_required',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};
