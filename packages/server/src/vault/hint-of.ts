/** What may be shown of a credential so that a person recognises it: never enough to help anyone else. */
import type { Credential } from '@arouter/core';

/** Shorter secrets show nothing of themselves. */
const SHOWN_FROM_CHARACTERS = 20;

/** By the forms of credential there are: a service account, an access key pair, an API key. */
export function hintOf(credential: Credential): string {
  const serviceAccount = credential['service_account_json'];
  if (serviceAccount !== undefined) return hintOfServiceAccount(serviceAccount);
  const accessKey = credential['access_key'] ?? credential['access_key_id'];
  // The id is not secret; nothing is shown of the secret half.
  if (accessKey !== undefined) return `…${accessKey.slice(-4)}`;
  return hintOfSecret(credential['api_key'] ?? '');
}

/** `sk-…AbCd`: a prefix of the `sk-` or `gsk_` kind, and the last four characters. */
export function hintOfSecret(secret: string): string {
  if (secret.length < SHOWN_FROM_CHARACTERS) return '…';
  const prefix = /^[a-z]{2,5}[-_]/.exec(secret)?.[0] ?? '';
  return `${prefix}…${secret.slice(-4)}`;
}

function hintOfServiceAccount(json: string): string {
  let account: unknown;
  try {
    account = JSON.parse(json);
  } catch {
    // The parser's message quotes its input, which is a private key with a slip in it.
    return '…';
  }
  const { client_email: email, private_key_id: keyId } = (account ?? {}) as Record<string, unknown>;
  const shownEmail = typeof email === 'string' ? email.slice(0, 100) : '';
  const shownKey = typeof keyId === 'string' ? ` ${keyId.slice(0, 8)}…` : '';
  return `${shownEmail}${shownKey}` || '…';
}
