/**
 * Whether a request is signed as AWS wants it (Signature Version 4), checked from the bytes that arrived and written
 * apart from any signer. The secret of a sandbox access key follows from the key, so that nothing need be registered.
 */
import { createHash, createHmac } from 'node:crypto';
import type { SandboxRequest } from '../sandbox-request.ts';

/** Of how far the clocks may be apart; AWS's own bound. */
const SKEW_MS_MAX = 5 * 60_000;

export type SignatureVerdict =
  | 'accepted'
  /** Not signed, or not by Signature Version 4. */
  | 'missing'
  | 'unknown_key'
  | 'expired'
  | 'mismatch';

/** Forty characters, as AWS gives them. */
export function secretOfAccessKey(accessKey: string): string {
  return createHash('sha256').update(`sandbox ${accessKey}`).digest('base64').slice(0, 40);
}

export function checkSignature(
  request: SandboxRequest,
  known: (accessKey: string) => boolean,
): SignatureVerdict {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const date = headerOf(request, 'x-amz-date');
  if (parts === null || date === '') return 'missing';
  const [, accessKey = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = parts;
  if (!known(accessKey)) return 'unknown_key';
  if (!date.startsWith(day) || Math.abs(timeOf(date) - request.now) > SKEW_MS_MAX) return 'expired';
  const scope = [day, region, service, 'aws4_request'];
  const canonical = [
    request.method,
    request.path.split('/').map(encodeAgain).join('/'),
    request.query.split('&').filter(Boolean).toSorted().join('&'),
    ...signedHeaders
      .split(';')
      .map((name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    sha256(request.body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(Buffer.from(canonical))].join('\n');
  let key: Buffer = Buffer.from(`AWS4${secretOfAccessKey(accessKey)}`);
  for (const step of [...scope, text]) key = createHmac('sha256', key).update(step).digest();
  const mustSign =
    signedHeaders.split(';').includes('host') && signedHeaders.split(';').includes('x-amz-date');
  return mustSign && key.toString('hex') === signature ? 'accepted' : 'mismatch';
}

function headerOf({ headers }: SandboxRequest, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** Everything but letters, digits and `-._~`, the percent signs of the wire among it. */
function encodeAgain(segment: string): string {
  return [...Buffer.from(segment)]
    .map((byte) =>
      /[A-Za-z0-9\-._~]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** `20260101T000000Z`. */
function timeOf(date: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}
