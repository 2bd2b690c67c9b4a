// oxlint-disable-next-line no-restricted-imports -- reads published vectors
import { existsSync, readFileSync, readdirSync } from 'node:fs';
// oxlint-disable-next-line no-restricted-imports -- see above
import { join } from 'node:path';
import type { Instant, WireRequest } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { trafficFolder } from '../../manifest/recorded-traffic.ts';
import { canonicalRequest, encodeUri } from './canonical-request.ts';
import { signRequest } from './sign-request.ts';
import { amzDate, deriveSigningKey, scopeText, sha256Hex, signatureOf, stringToSign } from './signature.ts';

const folder = join(trafficFolder() ?? '', 'aws-sigv4');
const vectors =
  trafficFolder() === null
    ? []
    : readdirSync(folder).filter((name) => existsSync(join(folder, name, 'request.txt')));

type Context = {
  readonly credentials: {
    readonly access_key_id: string;
    readonly secret_access_key: string;
    readonly token?: string;
  };
  readonly expiration_in_seconds: number;
  readonly normalize: boolean;
  readonly region: string;
  readonly service: string;
  readonly sign_body: boolean;
  readonly timestamp: string;
  readonly omit_session_token?: boolean;
};

describe.skipIf(trafficFolder() === null)('the published vectors', () => {
  test('there are 38', () => {
    expect(vectors).toHaveLength(38);
  });

  test.each(vectors)('%s, signed in headers', (name) => {
    const vector = readVector(name);
    const { context, request } = vector;
    const token = context.credentials.token;
    const payloadHash = sha256Hex(context.sign_body ? request.body : '');
    const headers: [string, string][] = [...request.headers, ['X-Amz-Date', vector.date]];
    if (context.sign_body) headers.push(['x-amz-content-sha256', payloadHash]);
    if (token !== undefined && context.omit_session_token !== true)
      headers.push(['X-Amz-Security-Token', token]);
    const canonical = canonicalRequest({
      ...request,
      headers,
      payloadHash,
      normalizePath: context.normalize,
    });
    expect(canonical.text).toBe(vector.file('header-canonical-request.txt'));
    const toSign = stringToSign(vector.date, vector.scope, canonical.text);
    expect(toSign).toBe(vector.file('header-string-to-sign.txt'));
    expect(signatureOf(vector.key, toSign)).toBe(vector.file('header-signature.txt'));
  });

  test.each(vectors)('%s, signed in the query', (name) => {
    const vector = readVector(name);
    const { context, request } = vector;
    const token = context.credentials.token;
    const signedHeaders = canonicalRequest({ ...request, payloadHash: '' }).signedHeaders;
    const credential = `${context.credentials.access_key_id}/${scopeText(vector.scope)}`;
    const parameters: [string, string][] = [
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', credential],
      ['X-Amz-Date', vector.date],
      ['X-Amz-Expires', String(context.expiration_in_seconds)],
      ['X-Amz-SignedHeaders', signedHeaders],
    ];
    if (token !== undefined && context.omit_session_token !== true)
      parameters.push(['X-Amz-Security-Token', token]);
    const query = parameters.map(([key, value]) => `${key}=${encodeUri(value)}`).join('&');
    const path = request.path + (request.path.includes('?') ? '&' : '?') + query;
    const payloadHash = sha256Hex(context.sign_body ? request.body : '');
    const canonical = canonicalRequest({ ...request, path, payloadHash, normalizePath: context.normalize });
    expect(canonical.text).toBe(vector.file('query-canonical-request.txt'));
    const toSign = stringToSign(vector.date, vector.scope, canonical.text);
    expect(toSign).toBe(vector.file('query-string-to-sign.txt'));
    expect(signatureOf(vector.key, toSign)).toBe(vector.file('query-signature.txt'));
  });
});

const credential = {
  accessKey: 'AKIDEXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: '',
};
const context = {
  region: 'us-east-1',
  service: 'bedrock',
  at: Date.UTC(2015, 7, 30, 12, 36) as Instant,
  owner: credential,
};
const request: WireRequest = {
  method: 'POST',
  origin: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  path: '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
  headers: [
    ['content-type', 'application/json'],
    ['x-forwarded-for', '203.0.113.9'],
    ['Authorization', 'Bearer lr_live_caller'],
  ],
  body: Buffer.from('{"messages":[]}'),
};

test('the percent-encoded model id of the path is encoded once more before it is signed', () => {
  const { text } = canonicalRequest({ ...request, payloadHash: '' });
  expect(text).toContain('\n/model/us.anthropic.claude-sonnet-4-5-20250929-v1%253A0/converse-stream\n');
});

test("what the caller sent as a credential is replaced, and only the gateway's own headers are signed", () => {
  const { headers } = signRequest(request, { ...credential, sessionToken: 'token' }, context);
  expect(headers.map(([name]) => name)).toEqual([
    'content-type',
    'x-forwarded-for',
    'x-amz-date',
    'x-amz-security-token',
    'authorization',
  ]);
  expect(headers.at(-1)?.[1]).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  );
});

test('a kept signing key is used for its own day, region, service and secret only', () => {
  const signatureFor = (given: Partial<typeof context>, secretKey = credential.secretKey) =>
    signRequest(request, { ...credential, secretKey }, { ...context, ...given }).headers.at(-1)?.[1];
  const fresh = (given: Partial<typeof context>, secretKey = credential.secretKey) =>
    signRequest(request, { ...credential, secretKey }, { ...context, ...given, owner: {} }).headers.at(
      -1,
    )?.[1];
  const nextDay = (context.at + 86_400_000) as Instant;
  for (const given of [{}, { at: nextDay }, { region: 'eu-west-1' }, { service: 'sts' }, {}]) {
    expect(signatureFor(given)).toBe(fresh(given));
  }
  expect(signatureFor({}, 'another')).toBe(fresh({}, 'another'));
  expect(signatureFor({})).toBe(fresh({}));
});

test('signing 8 KB costs tens of microseconds', () => {
  const body = Buffer.alloc(8192, 'a');
  // Rounds of a millisecond: among a hundred, some have a processor to themselves on a busy machine.
  const run = (): number => {
    const started = performance.now();
    for (let count = 0; count < 50; count++) signRequest({ ...request, body }, credential, context);
    return ((performance.now() - started) * 1000) / 50;
  };
  const bestUs = Math.min(...Array.from({ length: 100 }, run));
  console.info(`SigV4 of an 8 KB body: ${bestUs.toFixed(1)} us`);
  expect(bestUs).toBeLessThan(60);
});

function readVector(name: string) {
  const file = (each: string) => readFileSync(join(folder, name, each), 'utf8').trimEnd();
  const context = JSON.parse(file('context.json')) as Context;
  const date = amzDate(Date.parse(context.timestamp) as Instant);
  const scope = { date: date.slice(0, 8), region: context.region, service: context.service };
  const key = deriveSigningKey(context.credentials.secret_access_key, scope);
  const text = readFileSync(join(folder, name, 'request.txt'), 'utf8').replaceAll('\r\n', '\n');
  return { file, context, date, scope, key, request: parseRequest(text) };
}

function parseRequest(text: string) {
  const [head = '', body = ''] = text.split('\n\n', 2);
  const [start = '', ...lines] = head.trimEnd().split('\n');
  const method = start.slice(0, start.indexOf(' '));
  const path = start.slice(method.length + 1, start.lastIndexOf(' HTTP/'));
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    // A continued header line begins with white space.
    if (/^\s/.test(line) && last !== undefined) last[1] += `\n${line}`;
    else headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  }
  return { method, path, headers, body };
}
