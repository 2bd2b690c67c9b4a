/** Who cannot prove any more who they are is let in again by whoever holds the data folder, and by nobody else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { claimInstance, OWNER, type SignedInAs } from '../support/open-dashboard.ts';
import { oneTimeCode } from '../support/one-time-code.ts';
import {
  IDENTITY_CLIENT,
  startIdentityProvider,
  type IdentityProvider,
} from '../support/start-identity-provider.ts';
import {
  initGateway,
  runCommand,
  serveGateway,
  type Environment,
  type ServingGateway,
} from '../support/start-gateway.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let port: number;
let identity: IdentityProvider;
let running: ServingGateway | null;
beforeEach(async () => {
  running = null;
  folder = await mkdtemp(join(tmpdir(), 'arouter-e2e-'));
  [port, identity] = await Promise.all([freePort(), startIdentityProvider()]);
  await initGateway(folder);
});
afterEach(async () => {
  await running?.stop();
  await identity.close();
  await rm(folder, { recursive: true });
});

const ssoOnly = (): Environment => ({
  AROUTER_PUBLIC_URL: `http://127.0.0.1:${port}`,
  AROUTER_OIDC_ISSUER: identity.issuer,
  AROUTER_OIDC_CLIENT_ID: IDENTITY_CLIENT.id,
  AROUTER_OIDC_CLIENT_SECRET: IDENTITY_CLIENT.secret,
  AROUTER_OIDC_LABEL: 'Example Login',
  AROUTER_OIDC_DOMAINS: 'elsewhere.org',
  AROUTER_OIDC_ONLY: 'true',
});

async function serve(environment: Environment = {}): Promise<ServingGateway> {
  running = await serveGateway({
    dataDir: folder,
    egressAllow: [identity.issuer],
    environment: {
      AROUTER_PORT: String(port),
      AROUTER_PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...environment,
    },
  });
  return running;
}

async function stop(): Promise<void> {
  await running?.stop();
  running = null;
}

const person = (args: readonly string[], environment: Environment = {}) =>
  runCommand(['person', ...args, '--data-dir', folder], environment);

async function enter(password: string): Promise<Response> {
  return fetch(`${running?.url}/api/v1/session`, {
    method: 'POST',
    headers: { origin: running?.url ?? '', 'content-type': 'application/json' },
    body: JSON.stringify({ email: OWNER.email, password }),
  });
}

/** As a browser goes: to the identity provider and back. Resolves to where it ends, and as whom. */
async function enterBySso(): Promise<{ readonly ends: string; readonly email: string | null }> {
  const away = await fetch(`${running?.url}/api/v1/session/sso`, { redirect: 'manual' });
  const state = cookies(away);
  const there = await fetch(away.headers.get('location') ?? '', { redirect: 'manual' });
  const back = await fetch(there.headers.get('location') ?? '', {
    redirect: 'manual',
    headers: { cookie: state },
  });
  return { ends: back.headers.get('location') ?? '', email: await emailOf(cookies(back)) };
}

function cookies(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

async function emailOf(cookie: string): Promise<string | null> {
  const answer = await fetch(`${running?.url}/api/v1/session`, { headers: { cookie } });
  const { data } = (await answer.json()) as {
    readonly data: { readonly user: { readonly email: string } | null };
  };
  return data.user?.email ?? null;
}

const sessionOf = (owner: SignedInAs): string =>
  owner.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

async function turnOnSecondFactor(gateway: ServingGateway, cookie: string): Promise<void> {
  const post = async (path: string, body: object) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { origin: gateway.url, 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  const made = await post('/api/v1/user/two-factor', { password: OWNER.password });
  const secret = /secret=([A-Z2-7]+)/.exec(await made.text())?.[1] ?? '';
  const confirmed = await post('/api/v1/user/two-factor/confirm', {
    code: oneTimeCode(secret, Date.now()),
  });
  expect(confirmed.status).toBe(200);
}

test('a lost password and second factor: a new password is printed once, the old proofs and sessions are worth nothing', async () => {
  const first = await serve();
  const cookie = sessionOf(await claimInstance(first, OWNER));
  await turnOnSecondFactor(first, cookie);
  expect(await person(['reset', OWNER.email])).toMatchObject({ code: 78 });
  await stop();

  expect((await person(['list'])).stdout).toMatch(/ada@example\.com +Ada Owner +yes +on +password/);
  const { code, stdout } = await person(['reset', OWNER.email.toUpperCase()]);
  expect(code).toBe(0);
  const password = /shown once: (\S+)/.exec(stdout)?.[1] ?? '';
  expect(password.length).toBeGreaterThanOrEqual(24);

  await serve();
  expect(await emailOf(cookie)).toBeNull();
  expect((await enter(OWNER.password)).status).toBe(401);
  const entered = await enter(password);
  expect(entered.status).toBe(200);
  expect(await emailOf(cookies(entered))).toBe(OWNER.email);
  const log = await fetch(`${running?.url}/api/v1/platform-audit`, {
    headers: { cookie: cookies(entered) },
  });
  expect(await log.text()).toContain('"action":"person.reset"');
  await stop();
  expect((await runCommand(['doctor', '--data-dir', folder])).stdout).toContain('sound');
});

test('single sign-on as the only way does not lock the first owner out: the operator links them, once', async () => {
  await claimInstance(await serve(), OWNER);
  await stop();
  identity.person = { sub: 'subject-of-ada', email: OWNER.email, name: OWNER.name };

  await serve(ssoOnly());
  expect((await enter(OWNER.password)).status).toBe(403);
  expect(await enterBySso()).toMatchObject({ ends: '/sign-in?error=sso_refused', email: null });
  await stop();

  expect(await person(['reset', OWNER.email, '--sso'])).toMatchObject({ code: 64 });
  expect(await person(['reset', OWNER.email, '--sso'], ssoOnly())).toMatchObject({ code: 0 });
  await serve(ssoOnly());
  identity.person = { sub: 'subject-of-mallory', email: 'mallory@example.com', name: 'Mallory' };
  expect(await enterBySso()).toMatchObject({ email: null });
  identity.person = { sub: 'subject-of-ada', email: OWNER.email, name: OWNER.name };
  expect(await enterBySso()).toEqual({ ends: '/', email: OWNER.email });
  // Linked to this subject now: another one with the same address is somebody else.
  identity.person = { sub: 'another-subject', email: OWNER.email, name: OWNER.name };
  expect(await enterBySso()).toMatchObject({ email: null });
  identity.person = { sub: 'subject-of-ada', email: OWNER.email, name: OWNER.name };
  expect(await enterBySso()).toEqual({ ends: '/', email: OWNER.email });
});

test('who is not there, and a folder without a database, are said in words and change nothing', async () => {
  expect(await person(['reset', 'nobody@example.com'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Nobody here has the address'),
  });
  expect(await person(['reset'])).toMatchObject({ code: 64 });
  expect(await person(['remove', OWNER.email])).toMatchObject({ code: 64 });
  expect(await runCommand(['person', 'list', '--data-dir', join(folder, 'none')])).toMatchObject({ code: 1 });
});
