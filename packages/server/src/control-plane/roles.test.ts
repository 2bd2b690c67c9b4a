/** Every role at every route of the table: who may is read from the table itself, so that a new route is tried too. */
import { isPublic, ROLE_PERMISSIONS, ROLES, ROUTES, type Role, type Route } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { book } from './testing/book-attempt.ts';
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

describe('API keys of one’s own', () => {
  const hashOf = async (browser: Browser | undefined, name: string): Promise<string> => {
    const made = await browser?.call('POST', '/api/v1/keys', { name });
    expect(made?.status).toBe(201);
    return made?.body.data.hash;
  };
  const namesFor = async (browser: Browser | undefined): Promise<readonly string[]> => {
    const { body } = (await browser?.call('GET', '/api/v1/keys?page_size=100')) ?? {};
    expect(body.total_count).toBe(body.data.length);
    return body.data.map(({ name }: { name: string }) => name);
  };

  test('are all that a developer sees, changes, deletes and brings back; admins have all', async () => {
    const [developer, admin] = [people.get('developer'), people.get('admin')];
    const [own, others] = [await hashOf(developer, 'Own'), await hashOf(admin, 'Of the admin')];
    const unknown = await instance.call('management', 'POST', '/api/v1/keys', { name: 'By a key' });
    const seen = await namesFor(developer);
    expect(seen).toContain('Own');
    expect(seen).not.toContain('Of the admin');
    expect(seen).not.toContain('By a key');
    for (const hash of [others, unknown.body.data.hash as string, 'b'.repeat(64)]) {
      const place = `/api/v1/keys/${hash}`;
      const answers = [
        await developer?.call('GET', place),
        await developer?.call('PATCH', place, { disabled: true }),
        await developer?.call('POST', `${place}/rotate`),
        await developer?.call('DELETE', place),
        await developer?.call('GET', `/api/usage/summary?key_id=${hash}`),
        await developer?.call('GET', `/api/v1/generations?key_id=${hash}`),
        await developer?.call('POST', `/api/v1/routing/preview?api_key=${hash}`, { model: 'openai/gpt-5.4' }),
      ];
      expect(answers.map((answer) => [answer?.status, answer?.body.message])).toEqual(
        answers.map(() => [404, 'There is no such API key in the workspace.']),
      );
      await admin?.call('DELETE', place);
      expect((await developer?.call('POST', `${place}/restore`))?.status).toBe(404);
    }
    expect((await admin?.call('POST', `/api/v1/keys/${others}/restore`))?.status).toBe(200);
    const place = `/api/v1/keys/${own}`;
    expect((await developer?.call('PATCH', place, { limit: 3 }))?.body.data.limit).toBe(3);
    expect((await developer?.call('DELETE', place))?.status).toBe(200);
    expect((await developer?.call('POST', `${place}/restore`))?.status).toBe(200);
    expect((await admin?.call('GET', place))?.body.data.creator_user_id).toMatch(/./);
  });

  test('are all that a former admin keeps, without the keys that manage', async () => {
    const person = await openPerson(instance, 'former@example.com', {
      workspaceId: WORKSPACE,
      role: 'admin',
    });
    const made = await person.call('POST', '/api/v1/keys', { name: 'Manages', key_type: 'management' });
    await instance.store.members.changeRole(WORKSPACE, person.userId, 'developer');
    const place = `/api/v1/keys/${made.body.data.hash}`;
    expect((await person.call('DELETE', place)).status).toBe(403);
    await people.get('admin')?.call('DELETE', place);
    expect((await person.call('POST', `${place}/restore`)).status).toBe(403);
  });

  test('a developer reads usage by API key, with the names of their own only', async () => {
    const [own, others] = [
      await hashOf(people.get('developer'), 'Named'),
      await hashOf(people.get('admin'), 'Unnamed'),
    ];
    for (const hash of [own, others]) {
      const key = await instance.store.apiKeys.getByHash(WORKSPACE, hash);
      if (key !== undefined) await book(instance, { key });
    }
    const labelsFor = async (role: Role): Promise<readonly string[]> => {
      const answer = await people.get(role)?.call('GET', '/api/usage/timeseries?group_by=api_key');
      return answer?.body.series.map(({ label }: { label: string }) => label);
    };
    expect(await labelsFor('developer')).toContain('Named');
    expect(await labelsFor('developer')).not.toContain('Unnamed');
    for (const role of ['admin', 'billing'] as const)
      expect(await labelsFor(role)).toEqual(expect.arrayContaining(['Named', 'Unnamed']));
  });
});

test('a browser without a session is told to sign in', async () => {
  const { status, body } = await openBrowser(instance.app).call('GET', '/api/v1/keys');
  expect([status, body.code]).toEqual([401, 'not_signed_in']);
});
