/**
 * The signed statement that is exchanged for an access token: a JWT with RS256 (RFC 7523, as Google's OAuth 2.0
 * server-to-server flow wants it: developers.google.com "Using OAuth 2.0 for Server to Server Applications").
 */
import { Buffer } from 'node:buffer';
import { createSign } from 'node:crypto';
import type { Instant } from '@arouter/core';
import type { ServiceAccount } from './parse-service-account.ts';

/** Also what the statement is addressed to: no other server may use it. */
export const TOKEN_AUDIENCE = 'https://oauth2.googleapis.com/token';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** The most that Google allows. */
const LIFETIME_SECONDS = 3600;
/** A clock that is a little ahead would sign in Google's future. */
const BACKDATED_SECONDS = 10;

export function signAssertion(account: ServiceAccount, now: Instant): string {
  const issuedAt = Math.floor(now / 1000) - BACKDATED_SECONDS;
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    ...(account.privateKeyId === '' ? {} : { kid: account.privateKeyId }),
  };
  const claims = {
    iss: account.clientEmail,
    scope: SCOPE,
    aud: TOKEN_AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(account.privateKey, 'base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
