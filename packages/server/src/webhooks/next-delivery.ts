/** What becomes of a delivery after an attempt. Pure. */
import { laterBy, type Instant } from '@arouter/core';
import type { Delivery, DeliveryOutcome } from '../store/webhook-ports.ts';
import type { WebhookResult } from './send-webhook.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** After the first, second, … failure; after the last the delivery is dead. Some 41 hours in all. */
export const RETRY_MS = [
  10_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  20 * HOUR_MS,
] as const;

export function nextDelivery(
  { attempts: before }: Pick<Delivery, 'attempts'>,
  result: WebhookResult,
  at: Instant,
): DeliveryOutcome {
  const attempts = before + 1;
  const statusCode = result.kind === 'answered' ? result.status : null;
  if (result.kind === 'answered' && result.status >= 200 && result.status < 300) {
    return { state: 'delivered', attempts, statusCode, error: null, nextAttemptAt: null, deliveredAt: at };
  }
  const error = result.kind === 'failed' ? result.error : `The host answered with status ${result.status}.`;
  const delay = RETRY_MS[before];
  // 410 says: not here, and not later.
  if (delay === undefined || statusCode === 410) {
    return { state: 'dead', attempts, statusCode, error, nextAttemptAt: null, deliveredAt: null };
  }
  return {
    state: 'pending',
    attempts,
    statusCode,
    error,
    nextAttemptAt: laterBy(at, delay),
    deliveredAt: null,
  };
}
