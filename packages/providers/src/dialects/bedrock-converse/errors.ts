/**
 * Errors as the AWS clients read them: the type stands in `__type`, where the REST protocol looks besides a header, and
 * decides which error the client throws and whether it tries again. Source: Smithy, "AWS restJson1: error responses".
 */
import type { CallerError } from '@arouter/core';
import { encodeBody } from '../shared/json-body.ts';
import { encodeJsonEvent } from '../shared/aws-event-stream.ts';
import { present } from '../shared/json-values.ts';

const TYPE_BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, 'ValidationException'],
  [401, 'UnrecognizedClientException'],
  [402, 'ServiceQuotaExceededException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [408, 'ModelTimeoutException'],
  // The provider refused the provider key: not the caller's mistake, and not their ARouter key.
  [424, 'ModelErrorException'],
  [429, 'ThrottlingException'],
  [503, 'ServiceUnavailableException'],
  [504, 'ModelTimeoutException'],
]);

/** The gateway's own code stands in `error`: at the top the clients would take it for the type. */
export function encodeError({ status, code, message, requestId, metadata }: CallerError): Uint8Array {
  const body = {
    __type: errorType(status),
    message,
    error: present({ code, message, metadata }),
    request_id: requestId,
  };
  return encodeBody(body);
}

/** Exceptions of a stream are named like members: the first letter is small. */
export function encodeStreamError({ status, message }: CallerError): Uint8Array {
  const type = errorType(status);
  const name = STREAM_EXCEPTIONS.has(type) ? type : 'InternalServerException';
  return encodeJsonEvent('exception', name.charAt(0).toLowerCase() + name.slice(1), { message });
}

/** Those that `ConverseStreamOutput` has a member for; any other would be an unknown event to the client. */
const STREAM_EXCEPTIONS: ReadonlySet<string> = new Set([
  'InternalServerException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'ValidationException',
]);

function errorType(status: number): string {
  return TYPE_BY_STATUS.get(status) ?? (status >= 500 ? 'InternalServerException' : 'ValidationException');
}
