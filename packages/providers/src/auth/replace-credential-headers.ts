/** The one place where a request gets its credential, and loses every other. */
import type { AuthScheme, Credential, WireHeaders, WireRequest } from '@arouter/core';

/** Headers that carry a credential at some provider. A caller's own must never travel on. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'x-amz-security-token',
]);

export function replaceCredentialHeaders(request: WireRequest, headers: WireHeaders): WireRequest {
  return withHeaders(request, replaced(request.headers, headers));
}

/**
 * A scheme of one header, which follows from the credential alone. A list that was made for a credential serves as long as
 * that credential is kept in memory, and no longer: it is found by the object itself, which another secret never is.
 */
export function headerScheme(headerOf: (credential: Credential) => WireHeaders[number]): AuthScheme {
  const madeFor = new WeakMap<Credential, Made[]>();
  return (request, credential) => {
    let made = madeFor.get(credential);
    if (made === undefined) {
      made = [];
      madeFor.set(credential, made);
    }
    for (const { from, headers } of made) if (from === request.headers) return withHeaders(request, headers);
    const headers = replaced(request.headers, [headerOf(credential)]);
    if (made.length >= LISTS_PER_CREDENTIAL_MAX) made.shift();
    made.push({ from: request.headers, headers });
    return withHeaders(request, headers);
  };
}

type Made = { readonly from: WireHeaders; readonly headers: WireHeaders };

/** Streams and whole answers in the formats that a key is usually asked in. */
const LISTS_PER_CREDENTIAL_MAX = 4;

function replaced(headers: WireHeaders, credentialHeaders: WireHeaders): WireHeaders {
  const others = headers.filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
  return [...others, ...credentialHeaders];
}

function withHeaders({ method, origin, path, body }: WireRequest, headers: WireHeaders): WireRequest {
  return { method, origin, path, headers, body };
}
