/** What a client library reads beside the error's body: whether to try again, when, and which limit was reached. */
import { ERROR_CODES } from '../errors/codes.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { WireHeaders } from '../wire/wire.ts';

/** Client libraries ignore a longer Retry-After and try again after seconds; they obey `x-should-retry`. */
const RETRY_AFTER_SECONDS_OBEYED = 60;

export function errorHeaders(error: GatewayError): WireHeaders {
  const headers: (readonly [string, string])[] = [];
  const retryable = ERROR_CODES[error.code].retry && error.metadata?.['retryable'] !== false;
  let pointless = !retryable;
  if (error.retryAfterMs !== null && retryable) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    headers.push(['retry-after', String(seconds)]);
    pointless = seconds > RETRY_AFTER_SECONDS_OBEYED;
  }
  if (error.rateLimit !== null) {
    const { limit, resetsAt } = error.rateLimit;
    headers.push(
      ['x-ratelimit-limit', String(limit)],
      ['x-ratelimit-remaining', '0'],
      // Unix time in seconds, as the contract has it.
      ['x-ratelimit-reset', String(Math.ceil(resetsAt / 1000))],
    );
  }
  if (pointless) headers.push(['x-should-retry', 'false']);
  return headers;
}
