/**
 * Signatures of Standard Webhooks v1 (standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, keyed with the
 * bytes behind `whsec_`. A receiver refuses old timestamps, so that a recorded delivery cannot be played again.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Instant, WireHeaders } from '@arouter/core';

const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

export function createWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

export function signDelivery(
  secret: string,
  { id, at, body }: { readonly id: string; readonly at: Instant; readonly body: string },
): WireHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return [
    ['webhook-id', id],
    ['webhook-timestamp', timestamp],
    ['webhook-signature', `v1,${signature}`],
  ];
}
