/**
 * Google's token endpoint: a signed statement of a registered service account → an access token that this sandbox's
 * Vertex paths accept. The signature, the audience and the times are checked, as Google checks them.
 */
import { createVerify } from 'node:crypto';
import type { Keyring } from '../keyring.ts';
import { isObject } from '../sandbox-request.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const AUDIENCE = 'https://oauth2.googleapis.com/token';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFETIME_SECONDS = 3599;
const SKEW_SECONDS_MAX = 300;

export type TokenDesk = {
  /** PEM. */
  register(clientEmail: string, publicKey: string): void;
  /** How many tokens have been given out. */
  readonly issued: () => number;
  readonly answer: (request: SandboxRequest) => Answer;
};

/** POST /token, whatever stands before it. */
export function isTokenCall({ method, path }: Pick<SandboxRequest, 'method' | 'path'>): boolean {
  return method === 'POST' && path.endsWith('/token');
}

export function createTokenDesk(keyring: Keyring): TokenDesk {
  const accounts = new Map<string, string>();
  let issued = 0;
  return {
    register: (clientEmail, publicKey) => void accounts.set(clientEmail, publicKey),
    issued: () => issued,
    answer(request) {
      const form = new URLSearchParams(Buffer.from(request.body).toString('latin1'));
      const problem =
        form.get('grant_type') === GRANT_TYPE
          ? problemOf(form.get('assertion') ?? '', accounts, request.now)
          : {
              error: 'unsupported_grant_type',
              error_description: `Invalid grant_type: ${form.get('grant_type') ?? ''}`,
            };
      if (problem !== null) return jsonAnswer(400, [], problem);
      issued += 1;
      const token = `ya29.sandbox-${issued}`;
      keyring.accept(token);
      return jsonAnswer(200, [], { access_token: token, expires_in: LIFETIME_SECONDS, token_type: 'Bearer' });
    },
  };
}

type Problem = { readonly error: string; readonly error_description: string };

function problemOf(assertion: string, accounts: ReadonlyMap<string, string>, nowMs: number): Problem | null {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const head = decode(header);
  const said = decode(claims);
  if (head === null || said === null || head['alg'] !== 'RS256')
    return grant('Invalid JWT: not a JWT with RS256.');
  const publicKey = accounts.get(String(said['iss']));
  if (publicKey === undefined) return grant('Invalid grant: account not found');
  const verified = createVerify('RSA-SHA256')
    .update(`${header}.${claims}`)
    .verify(publicKey, signature, 'base64url');
  if (!verified) return grant('Invalid JWT Signature.');
  if (said['aud'] !== AUDIENCE || said['scope'] !== SCOPE) return grant('Invalid JWT: audience or scope.');
  return timesProblem(Number(said['iat']), Number(said['exp']), nowMs / 1000);
}

function timesProblem(issuedAt: number, expiresAt: number, now: number): Problem | null {
  const inTime =
    issuedAt <= now + SKEW_SECONDS_MAX && expiresAt > now - SKEW_SECONDS_MAX && expiresAt - issuedAt <= 3600;
  if (inTime) return null;
  return grant(
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  );
}

function grant(description: string): Problem {
  return { error: 'invalid_grant', error_description: description };
}

function decode(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
