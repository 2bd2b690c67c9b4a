/**
 * An ID token of OpenID Connect Core 1.0 § 3.1.3.7: signed by a key of the issuer, for us, for this sign-in, now. Only
 * asymmetric algorithms: what we could sign ourselves proves nothing.
 */
import { constants, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Instant } from '@arouter/core';

/** For clocks that differ. */
const LEEWAY_MS = 60_000;
const TOKEN_CHARACTERS_MAX = 16_384;

export type IdTokenExpectation = {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly now: Instant;
};
export type IdTokenClaims = {
  readonly subject: string;
  /** Null unless the issuer has checked that it is the person's. */
  readonly email: string | null;
  readonly name: string;
};
export type Jwk = JsonWebKey & { readonly kid?: string; readonly use?: string; readonly alg?: string };

/** Null for anything that is not such a token. */
export function verifyIdToken(
  token: string,
  keys: readonly Jwk[],
  expected: IdTokenExpectation,
): IdTokenClaims | null {
  const parts = token.length > TOKEN_CHARACTERS_MAX ? [] : token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  const header = parts.length === 3 ? readJson(head) : null;
  const claims = readJson(body);
  if (header === null || claims === null) return null;
  const signed = keys
    .filter(
      ({ kid, use }) => (use ?? 'sig') === 'sig' && (header['kid'] === undefined || kid === header['kid']),
    )
    .some((key) => isSigned(key, header['alg'], { content: `${head}.${body}`, signature }));
  if (!signed || !fits(claims, expected)) return null;
  const { sub, email, email_verified: isVerified, name } = claims;
  if (typeof sub !== 'string' || sub === '') return null;
  const isKnown = typeof email === 'string' && (isVerified === true || isVerified === 'true');
  return {
    subject: sub,
    email: isKnown ? email.toLowerCase() : null,
    name: typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 255) : sub,
  };
}

function fits(
  claims: Record<string, unknown>,
  { issuer, clientId, nonce, now }: IdTokenExpectation,
): boolean {
  const { iss, aud, azp, exp, nbf, iat } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const isForUs = audiences.includes(clientId) && (audiences.length === 1 || azp === clientId);
  const isNow =
    typeof exp === 'number' &&
    exp * 1000 + LEEWAY_MS > now &&
    [nbf, iat].every((at) => at === undefined || (typeof at === 'number' && at * 1000 - LEEWAY_MS <= now));
  return iss === issuer && isForUs && isNow && claims['nonce'] === nonce;
}

type Signed = { readonly content: string; readonly signature: string };

/** RFC 7518 § 3.1 and RFC 8037; all others, `none` above all, are refused. */
function isSigned(jwk: Jwk, algorithm: unknown, { content, signature }: Signed): boolean {
  const key = readKey(jwk);
  if (key === null || (jwk.alg !== undefined && jwk.alg !== algorithm)) return false;
  const data = Buffer.from(content);
  const bytes = Buffer.from(signature, 'base64url');
  const type = key.asymmetricKeyType;
  if (algorithm === 'RS256' && type === 'rsa') return verify('sha256', data, key, bytes);
  if (algorithm === 'PS256' && type === 'rsa') {
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return verify('sha256', data, { key, ...padding }, bytes);
  }
  if (algorithm === 'ES256' && type === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, bytes);
  }
  return algorithm === 'EdDSA' && type === 'ed25519' && verify(null, data, key, bytes);
}

function readKey(jwk: Jwk): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // An issuer may list keys of kinds that we do not know beside those that we do.
    return null;
  }
}

function readJson(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Not a token.
    return null;
  }
}
