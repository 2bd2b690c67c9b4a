/**
 * The canonical form of a request that AWS signs, byte for byte as both sides must see it.
 * Source: AWS General Reference, "Create a signed AWS API request" (Signature Version 4), and its published vectors.
 */
import { Buffer } from 'node:buffer';
import type { WireHeaders } from '@arouter/core';

export type CanonicalParts = {
  readonly method: string;
  /** As it goes on the wire, with its query. */
  readonly path: string;
  /** Those that are signed, `host` among them; names in any case, repeated names in their order. */
  readonly headers: WireHeaders;
  /** SHA-256 of the body, lower-case hex. */
  readonly payloadHash: string;
  /** False: the service takes the path as it is (object stores); every other takes out dot segments and double slashes. */
  readonly normalizePath?: boolean;
};
export type CanonicalRequest = {
  readonly text: string;
  /** `host;x-amz-date`: sorted, as the Authorization header names them. */
  readonly signedHeaders: string;
};

export function canonicalRequest(parts: CanonicalParts): CanonicalRequest {
  const queryAt = parts.path.indexOf('?');
  const path = queryAt === -1 ? parts.path : parts.path.slice(0, queryAt);
  const query = queryAt === -1 ? '' : parts.path.slice(queryAt + 1);
  const headers = sortedHeaders(parts.headers);
  const signedHeaders = headers.map(([name]) => name).join(';');
  const text = [
    parts.method,
    encodePath(parts.normalizePath === false ? path : normalized(path)),
    canonicalQuery(query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    signedHeaders,
    parts.payloadHash,
  ].join('\n');
  return { text, signedHeaders };
}

/** RFC 3986 §5.2.4, with runs of slashes as one. */
function normalized(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = /\/\.{0,2}$/.test(path) && kept.length > 0;
  return `/${kept.join('/')}${isFolder ? '/' : ''}`;
}

/** The wire's path encoded once more: what is `%3A` there is `%253A` here, as every service but the object store wants. */
function encodePath(path: string): string {
  return PLAIN_PATH.test(path) ? path : path.split('/').map(encodeUri).join('/');
}
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/;

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals === -1 ? pair : pair.slice(0, equals);
      return [
        encodeUri(decoded(name)),
        encodeUri(equals === -1 ? '' : decoded(pair.slice(equals + 1))),
      ] as const;
    })
    .toSorted(
      ([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** A stray percent sign stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded UTF-8: it is signed as it is written.
    return text;
  }
}

/** RFC 3986: all but the unreserved characters. `encodeURIComponent` leaves five more as they are. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${Buffer.from(character).toString('hex').toUpperCase()}`,
  );
}

function sortedHeaders(headers: WireHeaders): readonly (readonly [string, string])[] {
  const values = new Map<string, string>();
  for (const [written, raw] of headers) {
    const name = written.toLowerCase();
    const value = raw.trim().replace(/\s+/g, ' ');
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return [...values].toSorted(([name], [other]) => compare(name, other));
}

/** By code unit: the order does not depend on a locale. */
function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
