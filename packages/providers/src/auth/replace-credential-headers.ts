/** The one place where a request gets its credential, and loses every other. */
import type { WireHeaders, WireRequest } from '@arouter/core';

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
  const others = request.headers.filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
  return { ...request, headers: [...others, ...headers] };
}
