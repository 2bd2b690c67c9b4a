/** Single sign-on against an issuer on loopback that signs real tokens, and lies on request. */
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser, openPerson, type Browser } from './testing/open-browser.ts';
import { openTestInstance, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

const CLIENT = 'arouter';
const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const others = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

let server: Server;
let issuer: string;
let instance: TestInstance;
/** What the issuer says of the person, and how it signs; a test changes it. */
let claims: Record<string, unknown>;
let signing: KeyObject;
let algorithm: string;
let forms: URLSearchParams[];
beforeEach(async () => {
  claims = { sub: 'subject-1', email: 'Grace@Example.com', email_verified: true, name: 'Grace' };
  signing = keys.privateKey;
  algorithm = 'ES256';
  forms = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answerOf(request.url ?? '', Buffer.concat(chunks).toString())));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await open();
});
afterEach(async () => {
  await instance.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function open(given: { readonly isOnly?: boolean; readonly domains?: readonly string[] } = {}) {
  instance = await openTestInstance(issuer, {
    issuer,
    clientId: CLIENT,
    clientSecret: 'shared-secret',
    label: 'Example',
    domains: ['example.com'],
    role: 'developer',
    isOnly: false,
    ...given,
  });
}

let nonce = '';
function answerOf(path: string, body: string): object {
  if (path === '/.well-known/openid-configuration') {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
    };
  }
  if (path === '/keys') {
    return { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }] };
  }
  forms.push(new URLSearchParams(body));
  return { id_token: tokenOf() };
}

function tokenOf(): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: algorithm, kid: 'one' });
  const body = part({ iss: issuer, aud: CLIENT, exp: now + 300, iat: now, nonce, ...claims });
  const content = `${head}.${body}`;
  const signature =
    algorithm === 'HS256'
      ? createHmac('sha256', 'shared-secret').update(content).digest('base64url')
      : sign('sha256', Buffer.from(content), { key: signing, dsaEncoding: 'ieee-p1363' }).toString(
          'base64url',
        );
  return `${content}.${algorithm === 'none' ? '' : signature}`;
}

/** Leaves, and comes back with what the issuer would send. */
async function travel(browser: Browser, back: Record<string, string> = {}) {
  const left = await browser.call('GET', '/api/v1/session/sso');
  expect(left.status).toBe(302);
  const url = new URL(String(left.headers['location']));
  nonce = url.searchParams.get('nonce') ?? '';
  const query = new URLSearchParams({ code: 'code-1', state: url.searchParams.get('state') ?? '', ...back });
  return { url, answer: await browser.call('GET', `/api/v1/session/sso/callback?${query}`) };
}

describe('single sign-on', () => {
  test('signs a new person of an allowed domain in, and knows them by their subject ever after', async () => {
    const browser = openBrowser(instance.app);
    expect((await browser.call('GET', '/api/v1/session')).body.data.sso).toEqual({ label: 'Example' });
    const { url, answer } = await travel(browser);
    expect([answer.status, answer.headers['location']]).toEqual([302, '/']);
    expect(url.origin).toBe(issuer);
    const verifier = forms[0]?.get('code_verifier') ?? '';
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(
      url.searchParams.get('code_challenge'),
    );
    const { data } = (await browser.call('GET', '/api/v1/session')).body;
    expect(data).toMatchObject({
      state: 'signed_in',
      user: { name: 'Grace', email: 'grace@example.com', is_operator: false },
      workspace: { role: 'developer' },
    });
    claims['email'] = 'renamed@elsewhere.org';
    const again = openBrowser(instance.app);
    await travel(again);
    expect((await again.call('GET', '/api/v1/session')).body.data.user.id).toBe(data.user.id);
  });

  test.each([
    ['an e-mail that nobody has checked', () => void (claims['email_verified'] = false)],
    ['another domain', () => void (claims['email'] = 'grace@elsewhere.org')],
    ['a domain that only ends alike', () => void (claims['email'] = 'grace@notexample.com')],
  ])('refuses a new person with %s', async (_name, change) => {
    change();
    const browser = openBrowser(instance.app);
    const { answer } = await travel(browser);
    expect(answer.headers['location']).toBe('/sign-in?error=sso_refused');
    expect((await browser.call('GET', '/api/v1/session')).body.data.state).toBe('signed_out');
  });

  test('takes over nobody: an account with the same e-mail stays apart', async () => {
    await openPerson(instance, 'grace@example.com', { workspaceId: WORKSPACE, role: 'owner' });
    const { answer } = await travel(openBrowser(instance.app));
    expect(answer.headers['location']).toBe('/sign-in?error=sso_refused');
  });

  test.each([
    ['another key', () => void (signing = others.privateKey)],
    ['no signature', () => void (algorithm = 'none')],
    ['the shared secret as the key', () => void (algorithm = 'HS256')],
    ['another audience', () => void (claims['aud'] = 'somebody-else')],
    ['several audiences', () => void (claims['aud'] = [CLIENT, 'somebody-else'])],
    ['another issuer', () => void (claims['iss'] = 'https://evil.example')],
    ['an old date', () => void (claims['exp'] = Math.floor(Date.now() / 1000) - 120)],
    ['another nonce', () => void (claims['nonce'] = 'replayed')],
    ['no subject', () => void (claims['sub'] = '')],
  ])('refuses a token with %s', async (_name, change) => {
    change();
    const browser = openBrowser(instance.app);
    const { answer } = await travel(browser);
    expect(answer.headers['location']).toBe('/sign-in?error=sso_failed');
    expect((await browser.call('GET', '/api/v1/session')).body.data.state).toBe('signed_out');
  });

  test('brings back only the browser that left, once', async () => {
    const browser = openBrowser(instance.app);
    const { url } = await travel(browser, { state: 'made-up' });
    const state = url.searchParams.get('state') ?? '';
    const path = `/api/v1/session/sso/callback?code=code-1&state=${state}`;
    const stranger = await openBrowser(instance.app).call('GET', path);
    expect(stranger.headers['location']).toBe('/sign-in?error=sso_refused');
    const late = await browser.call('GET', path);
    expect(late.headers['location']).toBe('/sign-in?error=sso_refused');
    const mixed = await travel(openBrowser(instance.app), { iss: 'https://evil.example' });
    expect(mixed.answer.headers['location']).toBe('/sign-in?error=sso_refused');
    expect(forms).toHaveLength(0);
  });

  test('as the only way takes no password', async () => {
    await instance.close();
    await open({ isOnly: true });
    const browser = openBrowser(instance.app);
    expect((await browser.call('GET', '/api/v1/session')).body.data.password_sign_in).toBe(false);
    const { status, body } = await browser.call('POST', '/api/v1/session', {
      email: 'grace@example.com',
      password: 'whatever it is',
    });
    expect([status, body.code]).toEqual([403, 'permission_denied']);
  });

  test('as the only way leaves no side door: an invitation makes no password, and signs nobody in by one', async () => {
    await instance.close();
    await open({ isOnly: true });
    const place = { workspaceId: WORKSPACE, role: 'owner' } as const;
    const owner = await openPerson(instance, 'owner@example.com', place);
    const invited = await owner.call('POST', '/api/v1/invitations', {
      email: 'grace@example.com',
      role: 'viewer',
    });
    const token = new URL(invited.body.url).hash.replace('#token=', '');
    const browser = openBrowser(instance.app);
    const refused = await browser.call('POST', '/api/v1/invitation/accept', {
      token,
      name: 'Grace',
      password: 'correct horse battery',
    });
    expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
    expect(await instance.deps.people.findByEmail('grace@example.com')).toBeNull();
    const second = await browser.call('POST', '/api/v1/session/two-factor', { code: '123456' });
    expect(second.status).toBeGreaterThanOrEqual(400);
    expect((await browser.call('GET', '/api/v1/keys')).status).toBe(401);
    await travel(browser);
    expect((await browser.call('POST', '/api/v1/invitation/accept', { token })).status).toBe(200);
    const passwords = { current_password: '', new_password: 'correct horse battery' };
    expect((await browser.call('POST', '/api/v1/user/password', passwords)).status).toBeGreaterThanOrEqual(
      400,
    );
  });
});
