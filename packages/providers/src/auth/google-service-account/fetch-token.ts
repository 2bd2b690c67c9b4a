/** One exchange of a signed statement for an access token, at Google's token endpoint and nowhere else. */
import { Buffer } from 'node:buffer';
import {
  type AuthContext,
  AuthorizationFault,
  type FailureClass,
  type Instant,
  laterBy,
  type WireLimits,
} from '@arouter/core';
import { readFailure } from '../../dialects/shared/failure-signals.ts';
import type { ServiceAccount } from './parse-service-account.ts';
import { signAssertion, TOKEN_AUDIENCE } from './sign-assertion.ts';

export type AccessToken = { readonly token: string; readonly expiresAt: Instant };

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ANSWER_BYTES_MAX = 64 * 1024;
const TOKEN_CHARACTERS_MAX = 16 * 1024;
const LIMITS: WireLimits = { connectMs: 5000, firstByteMs: 10_000, idleMs: 5000, totalMs: 15_000 };
/** What Google gives; a longer life would be a mistake. */
const LIFETIME_SECONDS_MAX = 3600;

/** Rejects with AuthorizationFault or TransportFault. */
export async function fetchToken(account: ServiceAccount, { now, send }: AuthContext): Promise<AccessToken> {
  const url = new URL(TOKEN_AUDIENCE);
  const form = new URLSearchParams({ grant_type: GRANT_TYPE, assertion: signAssertion(account, now) });
  const response = await send(
    {
      method: 'POST',
      origin: url.origin,
      path: url.pathname,
      headers: [
        ['content-type', 'application/x-www-form-urlencoded'],
        ['accept', 'application/json'],
      ],
      body: Buffer.from(form.toString(), 'latin1'),
    },
    LIMITS,
  );
  const body = await response.readAll(ANSWER_BYTES_MAX);
  const { status } = response;
  if (status !== 200) throw refusal(status, body, (name) => response.header(name));
  const answer = parseAnswer(body);
  if (answer === undefined) {
    throw new AuthorizationFault({
      class: 'provider_error',
      status,
      message: "Google's token endpoint gave an answer without an access token. Try again later.",
    });
  }
  return { token: answer.token, expiresAt: laterBy(now, answer.lifetimeSeconds * 1000) };
}

function parseAnswer(
  body: Uint8Array,
): { readonly token: string; readonly lifetimeSeconds: number } | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    // Not JSON, so not a token.
    return undefined;
  }
  const { access_token: token, expires_in: lifetime } = (answer ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || token.length > TOKEN_CHARACTERS_MAX)
    return undefined;
  const seconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : 0;
  return { token, lifetimeSeconds: Math.min(seconds, LIFETIME_SECONDS_MAX) };
}

type Refusal = { readonly when: RegExp; readonly class: FailureClass; readonly message: string };

/** `error` and `error_description` as Google words them; the first that fits counts. */
const REFUSALS: readonly Refusal[] = [
  {
    when: /short-lived token|reasonable timeframe|iat and exp|token is expired|not yet valid/i,
    class: 'provider_error',
    message:
      'Google refused the time in the signed request: the clock of this machine is wrong. Set it, for example with NTP.',
  },
  {
    when: /invalid jwt signature|no key|key.{0,200}not found/i,
    class: 'key_invalid',
    message:
      'Google does not know the private key any more: it was deleted or replaced. Make a new key of the service account and enter it here.',
  },
  {
    when: /account not found|invalid_grant.{0,200}not found|does not exist/i,
    class: 'key_invalid',
    message:
      'Google does not know the service account: it was deleted. Make a new one and enter its key here.',
  },
  {
    when: /disabled/i,
    class: 'key_invalid',
    message: 'The service account, or its key, is disabled at Google. Enable it, then test the key again.',
  },
  {
    when: /invalid_grant|unauthorized_client|invalid_client|access_denied|invalid_scope/i,
    class: 'key_invalid',
    message: 'Google refused the service account. Check that its key is the current one, or make a new key.',
  },
];

function refusal(
  status: number,
  body: Uint8Array,
  header: (name: string) => string | undefined,
): AuthorizationFault {
  const { code, message } = readFailure(status, header, body);
  const known =
    status < 500 && status !== 429 ? REFUSALS.find(({ when }) => when.test(`${code} ${message}`)) : undefined;
  if (known !== undefined)
    return new AuthorizationFault({ class: known.class, status, message: known.message });
  const busy = status === 429 || status >= 500;
  return new AuthorizationFault({
    class: busy ? 'provider_busy' : 'provider_error',
    status,
    // Its words are not repeated: Test Key shows this sentence to whoever entered the key.
    message: `Google's token endpoint answered with HTTP ${status}. Try again later.`,
  });
}
