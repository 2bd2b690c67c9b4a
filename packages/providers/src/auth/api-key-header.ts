/** The key as the whole value of a header (`x-api-key`, `api-key`, `x-goog-api-key`). */
import type { AuthScheme } from '@arouter/core';
import { headerScheme } from './replace-credential-headers.ts';

/** `header` is lower case. Sends the credential's field of that name; see `headerScheme`. */
export function apiKeyHeader(header: string, field = 'api_key'): AuthScheme {
  return headerScheme((credential) => [header, credential[field] ?? '']);
}
