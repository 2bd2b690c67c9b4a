/** A GatewayError as an HTTP answer in the shape that the caller's library reads. */
import type { ServerResponse } from 'node:http';
import { errorHeaders, type CallerError, type Dialect, type GatewayError } from '@arouter/core';
import { flatHeaders } from './caller.ts';
import { KEPT_NOWHERE } from './security-headers.ts';

/** `headers`: names and values in turn, without the length. */
export type ErrorAnswer = { readonly headers: readonly string[]; readonly body: Uint8Array };

export function errorAnswer(dialect: Dialect, requestId: string, error: GatewayError): ErrorAnswer {
  const { status, code, message, metadata } = error;
  const shown: CallerError = {
    status,
    code,
    message,
    requestId,
    ...(metadata === undefined ? {} : { metadata }),
  };
  const body = dialect.encodeError(shown);
  const headers = [
    'content-type',
    'application/json',
    'x-request-id',
    requestId,
    ...KEPT_NOWHERE,
    ...flatHeaders(errorHeaders(error)),
  ];
  return { headers, body };
}

/** For requests whose body nobody waits for. */
export function sendErrorAnswer(
  response: ServerResponse,
  { dialect, requestId }: { readonly dialect: Dialect; readonly requestId: string },
  error: GatewayError,
  more: readonly string[] = [],
): void {
  const { headers, body } = errorAnswer(dialect, requestId, error);
  response.writeHead(error.status, [...headers, 'content-length', String(body.length), ...more]);
  response.end(body);
}
