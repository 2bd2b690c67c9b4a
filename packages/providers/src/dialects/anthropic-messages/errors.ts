/** Errors and events in the form that clients of the Messages API read. */
import { Buffer } from 'node:buffer';
import type { CallerError } from '@arouter/core';
import { encodeBody } from '../shared/json-body.ts';
import { type JsonObject, present } from '../shared/json-values.ts';

/** Source: docs.claude.com "Errors". */
const TYPE_BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  // The provider refused the provider key: not the caller's mistake, and not their ARouter key.
  [424, 'api_error'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/** The string code stands both in `error` and at the top: the two places that official clients read. */
export function encodeError(error: CallerError): Uint8Array {
  return encodeBody(errorBody(error));
}

export function encodeStreamError(error: CallerError): Uint8Array {
  return Buffer.from(event('error', errorBody(error)), 'utf8');
}

/** One server-sent event. */
export function event(name: string, data: JsonObject): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function errorBody(error: CallerError): JsonObject {
  const { status, code, message, requestId, metadata } = error;
  return {
    type: 'error',
    error: present({ type: errorType(status), message, code, metadata }),
    request_id: requestId,
    code,
    message,
  };
}

function errorType(status: number): string {
  return TYPE_BY_STATUS.get(status) ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}
