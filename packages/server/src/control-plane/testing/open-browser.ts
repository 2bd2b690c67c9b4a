/** For tests: a browser as far as sessions are concerned: it keeps cookies, and says which page asks. */
import type { Role } from '@arouter/contract';
import type { WorkspaceId } from '@arouter/core';
import type { FastifyInstance } from 'fastify';
import type { UserId } from '../../store/people-ports.ts';
import {
  FIRST_RUN_TOKEN,
  ORIGIN,
  type Answer,
  type Method,
  type TestInstance,
} from './open-test-instance.ts';

export type Browser = {
  readonly cookies: Map<string, string>;
  call(method: Method, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
};

export const PASSWORD = 'correct horse battery';
export const OWNER = { name: 'Ada', email: 'Ada@Example.com', password: PASSWORD };

export function openBrowser(app: FastifyInstance): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async call(method, url, body, headers = {}) {
      const response = await app.inject({
        method,
        url,
        headers: {
          origin: ORIGIN,
          'sec-fetch-site': 'same-origin',
          'user-agent': 'a browser',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      for (const cookie of [response.headers['set-cookie'] ?? []].flat()) keep(cookies, cookie);
      const isJson = String(response.headers['content-type']).startsWith('application/json');
      return {
        status: response.statusCode,
        text: response.payload,
        headers: response.headers,
        body: isJson ? response.json() : undefined,
      };
    },
  };
}

/** A browser in which the first owner has just signed in. */
export async function openOwner(app: FastifyInstance): Promise<Browser> {
  const browser = openBrowser(app);
  const { status, text } = await browser.call('POST', '/api/v1/first-run', {
    token: FIRST_RUN_TOKEN,
    ...OWNER,
  });
  if (status !== 201) throw new Error(`the first run answered ${status}: ${text}`);
  return browser;
}

/** A browser of somebody new who is signed in and has a role in a workspace, or none. */
export async function openPerson(
  { app, deps, store }: TestInstance,
  email: string,
  place: { readonly workspaceId: WorkspaceId; readonly role: Role } | null,
): Promise<Browser & { readonly userId: UserId }> {
  const { people } = deps;
  const userId = await people.create({ name: email, email, password: null, isOperator: false });
  if (place !== null) await store.members.add({ ...place, userId, joinedAt: deps.clock.now() });
  const browser = openBrowser(app);
  const client = { cookie: '', userAgent: '', address: '127.0.0.1' };
  for (const cookie of (await people.signInAs(client, userId)).cookies) keep(browser.cookies, cookie);
  return { ...browser, userId };
}

function keep(cookies: Map<string, string>, header: string): void {
  const [pair = '', ...attributes] = header.split('; ');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  const isOver = attributes.some((each) => each.toLowerCase() === 'max-age=0');
  if (isOver) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1));
}
