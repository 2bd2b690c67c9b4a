/**
 * Single sign-on with an OpenID Connect provider: authorization code with PKCE, state and nonce. Every call goes through
 * the guarded transport; a provider on a private address is one that the operator has allowed. Throws SsoFault.
 */
import { hash, randomBytes } from 'node:crypto';
import { TransportFault, type Clock, type Transport, type WireRequest } from '@arouter/core';
import { verifyIdToken, type IdTokenClaims, type Jwk } from './verify-id-token.ts';

const CALL_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 256 * 1024;
/** How long the provider's endpoints and keys are believed; after it, or at an unknown key, they are read again. */
const KNOWN_MS_MAX = 3_600_000;

export type OidcSettings = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
};
/** What has to be remembered between leaving and coming back; a secret of the one browser. */
export type SsoChallenge = { readonly state: string; readonly nonce: string; readonly verifier: string };

/** The provider cannot be asked, or did not answer as one. What exactly goes to the log, not to the person. */
export class SsoFault extends Error {
  override readonly name = 'SsoFault';
}

export type OidcClient = {
  leave(redirectUri: string): Promise<{ readonly url: string; readonly challenge: SsoChallenge }>;
  /** The person, from the code that the provider sent back. */
  comeBack(given: {
    readonly code: string;
    readonly redirectUri: string;
    readonly challenge: SsoChallenge;
  }): Promise<IdTokenClaims>;
};

type Endpoints = { readonly authorize: string; readonly token: string; readonly keys: string };
type Deps = { readonly transport: Pick<Transport, 'send'>; readonly clock: Pick<Clock, 'now'> };

export function createOidcClient(deps: Deps, settings: OidcSettings): OidcClient {
  const endpoints = remembered(deps, () => discover(deps, settings));
  const keys = remembered(deps, async () => readKeys(await callJson(deps, get((await endpoints()).keys))));
  return {
    async leave(redirectUri) {
      const challenge = { state: secret(), nonce: secret(), verifier: secret() };
      const url = new URL((await endpoints()).authorize);
      const query = {
        response_type: 'code',
        client_id: settings.clientId,
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: challenge.state,
        nonce: challenge.nonce,
        code_challenge: hash('sha256', challenge.verifier, 'base64url'),
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return { url: url.href, challenge };
    },
    async comeBack({ code, redirectUri, challenge }) {
      const form = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        code_verifier: challenge.verifier,
      });
      const answer = await callJson(deps, post((await endpoints()).token, form.toString()));
      const token = answer['id_token'];
      if (typeof token !== 'string') throw new SsoFault('the provider answered without an ID token');
      const { issuer, clientId } = settings;
      const claims = verifyIdToken(token, await keys(), {
        issuer,
        clientId,
        nonce: challenge.nonce,
        now: deps.clock.now(),
      });
      if (claims === null) throw new SsoFault('the ID token is not valid');
      return claims;
    },
  };
}

/** OpenID Connect Discovery 1.0 § 4: the document must name the issuer that it was asked of. */
async function discover(deps: Deps, { issuer }: OidcSettings): Promise<Endpoints> {
  const document = await callJson(deps, get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
  if (document['issuer'] !== issuer) throw new SsoFault('the discovery document names another issuer');
  const endpoint = (name: string): string => {
    const value = document[name];
    if (typeof value !== 'string' || !URL.canParse(value)) {
      throw new SsoFault(`the discovery document has no ${name}`);
    }
    return value;
  };
  return {
    authorize: endpoint('authorization_endpoint'),
    token: endpoint('token_endpoint'),
    keys: endpoint('jwks_uri'),
  };
}

function readKeys(answer: Record<string, unknown>): readonly Jwk[] {
  const { keys } = answer;
  if (!Array.isArray(keys)) throw new SsoFault('the provider has no list of keys');
  return keys as readonly Jwk[];
}

function remembered<Value>({ clock }: Deps, read: () => Promise<Value>): () => Promise<Value> {
  let known: { readonly value: Value; readonly at: number } | null = null;
  return async () => {
    if (known === null || clock.now() - known.at > KNOWN_MS_MAX) {
      known = { value: await read(), at: clock.now() };
    }
    return known.value;
  };
}

function get(url: string): WireRequest {
  return requestOf(url, { method: 'GET', headers: [['accept', 'application/json']], body: null });
}

function post(url: string, form: string): WireRequest {
  return requestOf(url, {
    method: 'POST',
    headers: [
      ['accept', 'application/json'],
      ['content-type', 'application/x-www-form-urlencoded'],
    ],
    body: new TextEncoder().encode(form),
  });
}

function requestOf(url: string, rest: Pick<WireRequest, 'method' | 'headers' | 'body'>): WireRequest {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search, ...rest };
}

async function callJson({ transport }: Deps, request: WireRequest): Promise<Record<string, unknown>> {
  const limits = {
    connectMs: CALL_MS_MAX,
    firstByteMs: CALL_MS_MAX,
    idleMs: CALL_MS_MAX,
    totalMs: CALL_MS_MAX,
  };
  try {
    const response = await transport.send(request, limits);
    const text = Buffer.from(await response.readAll(ANSWER_BYTES_MAX)).toString();
    if (response.status !== 200) throw new SsoFault(`the provider answered with status ${response.status}`);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null)
      throw new SsoFault('the provider did not answer in JSON');
    return value as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof SsoFault) throw cause;
    const what = cause instanceof TransportFault ? cause.code : 'not JSON';
    throw new SsoFault(`the provider cannot be asked: ${what}`, { cause });
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}
