/** Errors in the form that Google's clients read (`google.rpc.Status` as JSON; cloud.google.com "Errors"). */
import { Buffer } from 'node:buffer';
import type { CallerError } from '@arouter/core';
import { encodeBody } from '../shared/json-body.ts';
import type { JsonObject } from '../shared/json-values.ts';

/** Source: googleapis `google/rpc/code.proto`, HTTP mapping; 402 and 424 have no code of their own. */
const STATUS_WORDS: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [402, 'FAILED_PRECONDITION'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [413, 'INVALID_ARGUMENT'],
  [415, 'INVALID_ARGUMENT'],
  [422, 'INVALID_ARGUMENT'],
  // The provider refused the provider key: a fault of the gateway's set-up, not of the caller's key.
  [424, 'FAILED_PRECONDITION'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [500, 'INTERNAL'],
  [501, 'UNIMPLEMENTED'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

export function encodeError(error: CallerError): Uint8Array {
  return encodeBody(errorBody(error));
}

export function encodeStreamError(error: CallerError): Uint8Array {
  return Buffer.from(event(errorBody(error)), 'utf8');
}

/** One server-sent event, with the line ends that Google writes. */
export function event(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`;
}

/** The string code is the `reason` of an ErrorInfo, where Google keeps its own; it also stands at the top. */
function errorBody({ status, code, message, requestId, metadata }: CallerError): JsonObject {
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: code,
    domain: 'arouter',
    metadata: { request_id: requestId },
  };
  const details = metadata === undefined ? [info] : [info, { '@type': 'arouter.metadata', ...metadata }];
  return {
    error: {
      code: status,
      message,
      status: STATUS_WORDS.get(status) ?? (status >= 500 ? 'INTERNAL' : 'UNKNOWN'),
      details,
    },
    code,
    message,
  };
}
