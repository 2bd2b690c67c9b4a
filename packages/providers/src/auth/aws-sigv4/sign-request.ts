/**
 * Signs a request with AWS Signature Version 4. Pure but for a cache: the signing key of a day, region and service lives
 * as long as the credential it was derived from, and no longer.
 */
import type { KeyObject } from 'node:crypto';
import type { Instant, WireHeaders, WireRequest } from '@arouter/core';
import { canonicalRequest } from './canonical-request.ts';
import {
  ALGORITHM,
  amzDate,
  deriveSigningKey,
  scopeText,
  sha256Hex,
  signatureOf,
  stringToSign,
  type SigningScope,
} from './signature.ts';

export type AwsCredential = {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary credentials; '' for lasting ones. */
  readonly sessionToken: string;
};
export type SigningContext = {
  readonly region: string;
  readonly service: string;
  readonly at: Instant;
  /** Whose lifetime the derived key shares: the very object that the vault gives out. */
  readonly owner: object;
};

/**
 * The request with `authorization`, `x-amz-date` and, for temporary credentials, `x-amz-security-token`. `host` is the
 * origin's; of the other headers only the content type is signed, since proxies may add to or rewrite the rest.
 */
export function signRequest(
  request: WireRequest,
  credential: AwsCredential,
  { region, service, at, owner }: SigningContext,
): WireRequest {
  const date = amzDate(at);
  const scope: SigningScope = { date: date.slice(0, 8), region, service };
  const added: [string, string][] = [['x-amz-date', date]];
  if (credential.sessionToken !== '') added.push(['x-amz-security-token', credential.sessionToken]);
  const kept = request.headers.filter(([name]) => !SET_HERE.has(name.toLowerCase()));
  const { text, signedHeaders } = canonicalRequest({
    method: request.method,
    path: request.path,
    headers: [['host', hostOf(request.origin)], ...kept.filter(isSigned), ...added],
    payloadHash: request.body === null ? EMPTY_HASH : sha256Hex(request.body),
  });
  const key = signingKey(credential, scope, owner);
  const signature = signatureOf(key, stringToSign(date, scope, text));
  const authorization =
    `${ALGORITHM} Credential=${credential.accessKey}/${scopeText(scope)}, ` +
    `SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return { ...request, headers: [...kept, ...added, ['authorization', authorization]] };
}

const EMPTY_HASH = sha256Hex('');
const SET_HERE: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

function isSigned([name]: WireHeaders[number]): boolean {
  return name.toLowerCase() === 'content-type';
}

/** `https://host:port` → `host:port`, as the Host header has it. */
function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('//') + 2);
}

/** One per owner: a credential is used in one region for one service, and a new day replaces the old key. */
const keyOf = new WeakMap<
  object,
  { readonly scope: string; readonly secretKey: string; readonly key: KeyObject }
>();

function signingKey({ secretKey }: AwsCredential, scope: SigningScope, owner: object): KeyObject {
  const text = scopeText(scope);
  const known = keyOf.get(owner);
  if (known?.scope === text && known.secretKey === secretKey) return known.key;
  const key = deriveSigningKey(secretKey, scope);
  keyOf.set(owner, { scope: text, secretKey, key });
  return key;
}
