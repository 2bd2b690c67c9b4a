/** The key, the string and the signature of AWS Signature Version 4. Source: see canonical-request.ts. */
import { Buffer } from 'node:buffer';
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { Instant } from '@arouter/core';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** What a signing key is good for: one day, one region, one service. */
export type SigningScope = { readonly date: string; readonly region: string; readonly service: string };

/** `20150830T123600Z`. */
export function amzDate(at: Instant): string {
  // oxlint-disable-next-line no-restricted-globals -- writes the given instant; reads no clock
  return new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** `20150830/us-east-1/service/aws4_request`. */
export function scopeText({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** As a key object: signing with one costs a quarter of signing with its bytes. */
export function deriveSigningKey(secretKey: string, scope: SigningScope): KeyObject {
  let key = Buffer.from(`AWS4${secretKey}`, 'utf8');
  for (const step of [scope.date, scope.region, scope.service, 'aws4_request']) {
    key = createHmac('sha256', key).update(step).digest();
  }
  return createSecretKey(key);
}

export function stringToSign(date: string, scope: SigningScope, canonicalText: string): string {
  return `${ALGORITHM}\n${date}\n${scopeText(scope)}\n${sha256Hex(canonicalText)}`;
}

/** Lower-case hex. */
export function signatureOf(signingKey: KeyObject, text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('hex');
}
