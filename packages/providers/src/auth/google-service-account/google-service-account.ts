/** A Google service account's access token as `Authorization: Bearer`. */
import { type AuthContext, AuthorizationFault, type AuthScheme } from '@arouter/core';
import { replaceCredentialHeaders } from '../replace-credential-headers.ts';
import { fetchToken } from './fetch-token.ts';
import { parseServiceAccount } from './parse-service-account.ts';
import { TokenCache } from './token-cache.ts';

/** The credential's field that holds the key file, as `serviceAccountJson` writes it. */
export const SERVICE_ACCOUNT_FIELD = 'service_account_json';

/** Each call has a cache of its own: one per provider. */
export function googleServiceAccount(): AuthScheme {
  const tokens = new TokenCache();
  return (request, credential, context) => {
    const secret = credential[SERVICE_ACCOUNT_FIELD] ?? '';
    const name = `${context.keyId}/${context.secretVersion}`;
    const token = tokens.tokenFor({ name, secret }, context.now, () => fetchFor(secret, context));
    const withToken = (value: string) =>
      replaceCredentialHeaders(request, [['authorization', `Bearer ${value}`]]);
    return typeof token === 'string' ? withToken(token) : token.then(withToken);
  };
}

async function fetchFor(secret: string, context: AuthContext) {
  const parsed = parseServiceAccount(secret);
  if (parsed.kind === 'refused') {
    throw new AuthorizationFault({ class: 'key_invalid', status: null, message: parsed.problem });
  }
  return fetchToken(parsed.account, context);
}
