/** The dashboard as its first owner sees it: the real server, claimed by its printed link, and a browser signed in to it. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { createManagementClient, type ManagementClient } from './management-client.ts';
import { openBrowser, openPage, type OpenedPage } from './open-browser.ts';
import { startGateway, type Gateway, type ServeOptions } from './start-gateway.ts';

export type Person = { readonly name: string; readonly email: string; readonly password: string };
/** Cookies as a browser sends them back. */
export type SignedInAs = { readonly cookies: readonly { readonly name: string; readonly value: string }[] };
export type Dashboard = {
  readonly gateway: Gateway;
  /** With keys of the same workspace, for what a test arranges. */
  readonly client: ManagementClient;
  readonly browser: Browser;
  readonly owner: Person;
  /** A window of the owner's; all share one session. */
  open(path?: string, options?: BrowserContextOptions): Promise<OpenedPage>;
  close(): Promise<void>;
};

export const OWNER: Person = {
  name: 'Ada Owner',
  email: 'ada@example.com',
  password: 'correct horse battery',
};

export async function openDashboard(options: Omit<ServeOptions, 'dataDir'> = {}): Promise<Dashboard> {
  const [browser, gateway] = await Promise.all([openBrowser(), startGateway(options)]);
  const session = await claimInstance(gateway, OWNER);
  return {
    gateway,
    client: createManagementClient(gateway),
    browser,
    owner: OWNER,
    open: (path = '/', contextOptions = {}) =>
      openSignedIn({ browser, gateway, session, path, contextOptions }),
    async close() {
      await browser.close();
      await gateway.remove();
    },
  };
}

/** A window with a session: signing in by hand is the subject of some tests and not of all. */
export async function openSignedIn({
  browser,
  gateway,
  session,
  path,
  contextOptions = {},
}: {
  readonly browser: Browser;
  readonly gateway: Pick<Gateway, 'url'>;
  readonly session: SignedInAs;
  readonly path: string;
  readonly contextOptions?: BrowserContextOptions;
}): Promise<OpenedPage> {
  const opened = await openPage(browser, contextOptions);
  // As the server sets them: no script reads them.
  await opened.page
    .context()
    .addCookies(session.cookies.map((cookie) => ({ ...cookie, url: gateway.url, httpOnly: true })));
  await opened.page.goto(gateway.url + path);
  return opened;
}

/** The printed first-run link, used: this person owns the instance and its first workspace. */
export function claimInstance(gateway: Pick<Gateway, 'url' | 'stdout'>, person: Person): Promise<SignedInAs> {
  const token = /#token=(\S+)/.exec(gateway.stdout())?.[1];
  if (token === undefined) throw new Error(`no first-run link was printed: ${gateway.stdout()}`);
  return postForSession(gateway, '/api/v1/first-run', { ...person, token });
}

/** Another session of the same person. */
export function signIn(gateway: Pick<Gateway, 'url'>, { email, password }: Person): Promise<SignedInAs> {
  return postForSession(gateway, '/api/v1/session', { email, password });
}

async function postForSession(
  gateway: Pick<Gateway, 'url'>,
  path: string,
  body: object,
): Promise<SignedInAs> {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { origin: gateway.url, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => {
    const [pair = ''] = cookie.split(';');
    const equals = pair.indexOf('=');
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  return { cookies: cookies.filter(({ value }) => value !== '') };
}
