/** Which credentials the sandbox takes, and where a request carries its own. */
import type { IncomingHttpHeaders } from 'node:http';

/** Accepted without being registered, so that a first try needs no setup. */
export const SANDBOX_KEY_PATTERN = /^(?:sk-sandbox-[\w-]{1,200}|AKIASANDBOX[A-Z0-9]{1,100})$/;
/** Registered and revoked keys together. */
export const KEYS_MAX = 100_000;

export type KeyState = 'accepted' | 'revoked' | 'unknown';

export type Keyring = {
  accept(key: string): void;
  revoke(key: string): void;
  state(key: string): KeyState;
  /** True for keys whose value may be shown: the sandbox's own, not one sent here by mistake. */
  knows(key: string): boolean;
};

/** `pattern` null: only registered keys are taken. */
export function createKeyring(keys: readonly string[], pattern: RegExp | null): Keyring {
  const states = new Map<string, 'accepted' | 'revoked'>();
  const put = (key: string, state: 'accepted' | 'revoked'): void => {
    if (!states.has(key) && states.size >= KEYS_MAX)
      throw new RangeError(`the sandbox keeps at most ${KEYS_MAX} keys`);
    states.set(key, state);
  };
  for (const key of keys) put(key, 'accepted');
  const state = (key: string): KeyState =>
    states.get(key) ?? (pattern?.test(key) === true ? 'accepted' : 'unknown');
  return {
    accept: (key) => put(key, 'accepted'),
    revoke: (key) => put(key, 'revoked'),
    state,
    knows: (key) => state(key) !== 'unknown',
  };
}

/** The headers in which the providers take a key. A query parameter is not one of them. */
export function credentialOf(headers: IncomingHttpHeaders): string | null {
  const bearer = headers.authorization;
  if (bearer !== undefined && /^bearer /i.test(bearer)) return bearer.slice('bearer '.length).trim();
  // AWS Signature 4 signs with a secret that is not sent; the access key says whose it is.
  const signed = /^AWS4-HMAC-SHA256 .*?Credential=([^/,\s]+)/.exec(bearer ?? '');
  if (signed?.[1] !== undefined) return signed[1];
  for (const name of ['x-api-key', 'api-key', 'x-goog-api-key']) {
    const value = headers[name];
    if (typeof value === 'string') return value;
  }
  return null;
}
