/** Any error → the one error body. What is not ours to say becomes `internal_error`, and its class goes to the log. */
import type { ErrorAnswer } from '@arouter/contract';
import { ERROR_CODES, GatewayError } from '@arouter/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreUnavailable } from '../store/store.ts';
import type { Log } from './deps.ts';
import { BODY_BYTES_MAX } from './read-body.ts';

const FRAMES_MAX = 12;

export function sendError(
  log: Log,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = toGatewayError(error);
  const route = request.routeOptions.url ?? '';
  if (known.status >= 500) {
    log.error(
      { requestId: request.id, route, status: known.status, code: known.code, ...traceOf(error) },
      'request failed',
    );
  }
  if (known.retryAfterMs !== null) void reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000));
  if (!ERROR_CODES[known.code].retry) void reply.header('x-should-retry', 'false');
  return reply
    .code(known.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(known, request.id)));
}

export function errorBody(error: GatewayError, requestId: string): ErrorAnswer {
  const { code, message, metadata } = error;
  return {
    error: {
      message,
      type: ERROR_CODES[code].type,
      code,
      request_id: requestId,
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    },
    code,
    message,
  };
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof StoreUnavailable) {
    return new GatewayError(
      'service_unavailable',
      'The store cannot be reached now. Nothing was changed; try again.',
      {
        cause: error,
        retryAfterMs: 1000,
      },
    );
  }
  switch ((error as { readonly code?: unknown } | null)?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError('payload_too_large', `The body is larger than ${BODY_BYTES_MAX / 1024} KiB.`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError(
        'unsupported_media_type',
        'The body must be JSON: send it with "content-type: application/json" and without content encoding.',
      );
    case 'FST_ERR_BAD_URL':
      return new GatewayError('invalid_request', 'The path holds a % that begins no encoded character.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new GatewayError('not_found', 'A part of the path is longer than anything here is named.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new GatewayError('invalid_request', 'The body is not as long as its Content-Length says.');
    default:
      return new GatewayError(
        'internal_error',
        'The gateway failed. The request id finds the fault in the log.',
        {
          cause: error,
        },
      );
  }
}

/** Where, not what: a message may quote what a caller sent. */
function traceOf(error: unknown): { readonly errorName: string; readonly frames: string } {
  if (!(error instanceof Error)) return { errorName: typeof error, frames: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { errorName: error.name, frames: frames.slice(0, FRAMES_MAX).join('\n') };
}
