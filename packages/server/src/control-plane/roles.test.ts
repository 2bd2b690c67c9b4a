/** Every role at every route of the table: who may is read from the table itself, so that a new route is tried too. */
import { isPublic, ROLE_PERMISSIONS, ROLES, ROUTES, type Role, type Route } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, openPerson, type Browser } from './testing/open-browser.ts';
import {
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type Method,
  type TestInstance,
} from './testing/open-test-instance.ts';

/** They end what the next case needs; tried in their own tests. */
const ENDING = new Set(['signOut', 'revokeOtherSessions', 'revokeSession']);
const routes = Object.entries<Route>(ROUTES).filter(([name, route]) => !isPublic(route) && !ENDING.has(name));
const workspaceRoutes = routes.filter(
  ([, { scope, permission }]) => scope === 'workspace' && permission !== null,
);

let instance: TestInstance;
const people = new Map<Role | 'stranger', Browser>();
beforeAll(async () => {
  instance = await openTestInstance();
  for (const role of ROLES) {
    people.set(role, await openPerson(instance, `${role}@example.com`, { workspaceId: WORKSPACE, role }));
  }
  people.set('stranger', await openPerson(instance, 'stranger@example.com', null));
});
afterAll(() => instance.close());

/** A stream that is let in does not end; with a filter that is refused afterwards it does. */
const REFUSED_LATER = { path: '/api/v1/generations/stream', query: '?status=none_such' } as const;

/** With parameters of the right form that name nothing, and a body that no route takes. */
function ask(browser: Browser | undefined, route: Route, query = '') {
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    name === 'hash' ? 'a'.repeat(64) : 'x',
  );
  const ending = query === '' && route.path === REFUSED_LATER.path ? REFUSED_LATER.query : query;
  const body = route.method === 'GET' || route.method === 'DELETE' ? undefined : { nothing_of_the_kind: 1 };
  return browser?.call(route.method as Method, path + ending, body);
}

describe.each(ROLES)('the role %s', (role) => {
  test.each(routes)('at %s', async (_name, route) => {
    const answer = await ask(people.get(role), route);
    const { permission } = route;
    const may =
      permission === 'account' || (permission !== null && ROLE_PERMISSIONS[role].includes(permission));
    if (!may) {
      expect([answer?.status, answer?.body?.code]).toEqual([403, 'permission_denied']);
      return;
    }
    expect(answer?.status).not.toBe(401);
    expect(answer?.body?.code).not.toBe('permission_denied');
    expect(answer?.status).toBeLessThan(500);
  });
});

test.each(workspaceRoutes)('another workspace, and none, are alike to a person: %s', async (_name, route) => {
  const query = `?workspace_id=${OTHER_WORKSPACE}`;
  const foreign = await ask(people.get('owner'), route, query);
  const missing = await ask(people.get('owner'), route, '?workspace_id=ws_missing');
  const homeless = await ask(people.get('stranger'), route);
  for (const answer of [foreign, missing, homeless]) {
    expect([answer?.status, answer?.body?.code]).toEqual([404, 'not_found']);
  }
});

test.each(routes.filter(([, { kinds }]) => kinds.length === 0))(
  'no key of any kind may what only people may: %s',
  async (_name, { method, path }) => {
    const place = path.replace(/\{\w+\}/g, 'x');
    for (const key of ['operator', 'management', 'inference'] as const) {
      const { status, body } = await instance.call(key, method as Method, place);
      expect([status, body.code], key).toEqual([403, 'wrong_key_kind']);
    }
  },
);

test('a developer makes keys that call models, and none that manage', async () => {
  const developer = people.get('developer');
  const made = await developer?.call('POST', '/api/v1/keys', { name: 'Mine' });
  expect(made?.status).toBe(201);
  const refused = await developer?.call('POST', '/api/v1/keys', { name: 'More', key_type: 'management' });
  expect([refused?.status, refused?.body.code]).toEqual([403, 'permission_denied']);
});

test('a browser without a session is told to sign in', async () => {
  const { status, body } = await openBrowser(instance.app).call('GET', '/api/v1/keys');
  expect([status, body.code]).toEqual([401, 'not_signed_in']);
});
