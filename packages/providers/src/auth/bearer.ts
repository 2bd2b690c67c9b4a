/** `Authorization: Bearer <key>`: the way of every OpenAI-compatible provider. */
import type { AuthScheme } from '@arouter/core';
import { headerScheme } from './replace-credential-headers.ts';

/** Sends the credential's field of that name; any credential header that the request already had is taken out. */
export function bearer(field = 'api_key'): AuthScheme {
  return headerScheme((credential) => ['authorization', `Bearer ${credential[field] ?? ''}`]);
}
