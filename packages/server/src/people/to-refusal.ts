/** What the authentication library refuses, in our words: the same for a wrong password and an unknown account. */
import { GatewayError } from '@arouter/core';

const WRONG_PROOF: ReadonlySet<string> = new Set([
  'INVALID_EMAIL_OR_PASSWORD',
  'INVALID_PASSWORD',
  'INVALID_CODE',
  'INVALID_BACKUP_CODE',
  'CREDENTIAL_ACCOUNT_NOT_FOUND',
  'PASSWORD_TOO_LONG',
]);
const NO_SESSION: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'INVALID_TWO_FACTOR_COOKIE']);
const TOO_OFTEN: ReadonlySet<string> = new Set([
  'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE',
  'ACCOUNT_TEMPORARILY_LOCKED',
]);
const NOT_NOW: Readonly<Record<string, string>> = {
  TOTP_ALREADY_ENABLED: 'The second factor is on already. Turn it off to make another.',
  TOTP_NOT_ENABLED: 'There is no second factor to confirm. Start with POST /api/v1/user/two-factor.',
  BACKUP_CODES_NOT_ENABLED: 'There is no second factor.',
  TWO_FACTOR_NOT_ENABLED: 'The second factor is not on.',
};

/** Throws always: a refusal of ours, or what it was given when that is a fault. */
export function toRefusal(error: unknown): never {
  const { body } = error as { readonly body?: { readonly code?: unknown } };
  const code = typeof body?.code === 'string' ? body.code : '';
  if (WRONG_PROOF.has(code)) {
    throw new GatewayError('invalid_credentials', 'The e-mail, password or code is wrong.', { cause: error });
  }
  if (NO_SESSION.has(code)) {
    throw new GatewayError('not_signed_in', 'The session has ended. Sign in again.', { cause: error });
  }
  if (TOO_OFTEN.has(code)) {
    throw new GatewayError('rate_limit_exceeded', 'Too many wrong codes. Sign in again in 15 minutes.', {
      cause: error,
      retryAfterMs: 15 * 60_000,
    });
  }
  const sentence = NOT_NOW[code];
  if (sentence !== undefined) throw new GatewayError('invalid_request', sentence, { cause: error });
  throw error;
}
