/** An OpenID Connect provider on loopback that knows one person and signs real tokens: a browser is sent there and back. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type IdentityProvider = {
  readonly issuer: string;
  /** What it says of the person who signs in next. */
  person: { readonly sub: string; readonly email: string; readonly name: string };
  /** True: it sends people back with a refusal. */
  refuses: boolean;
  close(): Promise<void>;
};

export const IDENTITY_CLIENT = { id: 'arouter', secret: 'shared-secret-of-the-client' } as const;

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const asked = new Map<string, { readonly nonce: string; readonly challenge: string }>();
  const tokenFor = (nonce: string): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: provider.issuer, aud: IDENTITY_CLIENT.id, iat: now, exp: now + 300, nonce };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const content = `${part({ alg: 'ES256', kid: 'one' })}.${part({ ...claims, ...provider.person, email_verified: true })}`;
    const signature = sign('sha256', Buffer.from(content), {
      key: keys.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${content}.${signature.toString('base64url')}`;
  };
  const sendBack = (query: URLSearchParams, response: ServerResponse): void => {
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    if (provider.refuses) back.searchParams.set('error', 'access_denied');
    else {
      const code = `code-${asked.size}`;
      asked.set(code, {
        nonce: query.get('nonce') ?? '',
        challenge: query.get('code_challenge') ?? '',
      });
      back.searchParams.set('code', code);
    }
    response.writeHead(302, { location: back.href }).end();
  };
  const exchange = (form: URLSearchParams): object => {
    const known = asked.get(form.get('code') ?? '');
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    return known === undefined || proof !== known.challenge
      ? { error: 'invalid_grant' }
      : { id_token: tokenFor(known.nonce), token_type: 'Bearer', access_token: 'unused' };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', provider.issuer);
    if (pathname === '/authorize') {
      sendBack(searchParams, response);
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (pathname === '/token') {
      response.end(JSON.stringify(exchange(new URLSearchParams(await bodyOf(request)))));
      return;
    }
    const { issuer } = provider;
    const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' };
    const places = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
    };
    response.end(JSON.stringify(pathname === '/keys' ? { keys: [jwk] } : places));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: IdentityProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    person: { sub: 'subject-1', email: 'grace@example.com', name: 'Grace' },
    refuses: false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
