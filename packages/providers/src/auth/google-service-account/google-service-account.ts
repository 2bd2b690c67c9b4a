/** A Google service account's access token as `Authorization: Bearer`. */
import { type AuthContext, AuthorizationFault, type ProviderManifest } from '@arouter/core';
import { replaceCredentialHeaders } from '../replace-credential-headers.ts';
import { fetchToken } from './fetch-token.ts';
import { parseServiceAccount } from './parse-service-account.ts';
import { TokenCache } from './token-cache.ts';

/** The credential's field that holds the key file, as `serviceAccountJson` writes it. */
export const SERVICE_ACCOUNT_FIELD = 'service_account_json';

export type TokenScheme = Required<Pick<ProviderManifest, 'authorize' | 'renewAuthorization'>>;

/** Each call has a cache of its own: one per provider. */
export function googleServiceAccount(): TokenScheme {
  const tokens = new TokenCache();
  return {
    authorize(request, credential, context) {
      const secret = credential[SERVICE_ACCOUNT_FIELD] ?? '';
      const token = tokens.tokenFor({ name: nameOf(context), secret }, context.now, () =>
        fetchFor(secret, context),
      );
      const withToken = (value: string) =>
        replaceCredentialHeaders(request, [['authorization', `${BEARER}${value}`]]);
      return typeof token === 'string' ? withToken(token) : token.then(withToken);
    },
    renewAuthorization({ headers }, context) {
      const sent = headers.find(([header]) => header === 'authorization')?.[1];
      return sent?.startsWith(BEARER) === true && tokens.discard(nameOf(context), sent.slice(BEARER.length));
    },
  };
}

const BEARER = 'Bearer ';

function nameOf({ keyId, secretVersion }: AuthContext): string {
  return `${keyId}/${secretVersion}`;
}

async function fetchFor(secret: string, context: AuthContext) {
  const parsed = parseServiceAccount(secret);
  if (parsed.kind === 'refused') {
    throw new AuthorizationFault({ class: 'key_invalid', status: null, message: parsed.problem });
  }
  return fetchToken(parsed.account, context);
}
