/** Members, roles and invitations: who may give what, and that a workspace keeps an owner. */
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser, openPerson, PASSWORD, type Browser } from './testing/open-browser.ts';
import {
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
let owner: Browser & { readonly userId: string };
beforeEach(async () => {
  instance = await openTestInstance();
  owner = await openPerson(instance, 'owner@example.com', { workspaceId: WORKSPACE, role: 'owner' });
});
afterEach(() => instance.close());

const person = (role: 'owner' | 'admin' | 'billing' | 'developer' | 'viewer', name: string = role) =>
  openPerson(instance, `${name}@example.com`, { workspaceId: WORKSPACE, role });
const invite = (browser: Browser, email: string, role: string) =>
  browser.call('POST', '/api/v1/invitations', { email, role });
const tokenOf = (url: string): string => new URL(url).hash.replace('#token=', '');

describe('roles', () => {
  test('are changed, and seen at once', async () => {
    instance.world.now += 1;
    const viewer = await person('viewer');
    expect((await viewer.call('POST', '/api/v1/keys', { name: 'No' })).status).toBe(403);
    const changed = await owner.call('PATCH', `/api/v1/members/${viewer.userId}`, { role: 'developer' });
    expect([changed.status, changed.body.data.role]).toEqual([200, 'developer']);
    expect((await viewer.call('POST', '/api/v1/keys', { name: 'Yes' })).status).toBe(201);
    expect((await owner.call('GET', '/api/v1/members')).body).toMatchObject({
      total_count: 2,
      data: [
        { role: 'owner', is_self: true },
        { role: 'developer', is_self: false },
      ],
    });
  });

  test('above one’s own are neither given nor taken', async () => {
    const admin = await person('admin');
    const viewer = await person('viewer');
    for (const [id, role] of [
      [admin.userId, 'owner'],
      [viewer.userId, 'owner'],
      [owner.userId, 'viewer'],
    ] as const) {
      const { status, body } = await admin.call('PATCH', `/api/v1/members/${id}`, { role });
      expect([status, body.code], `${id} ${role}`).toEqual([403, 'permission_denied']);
    }
    expect((await admin.call('DELETE', `/api/v1/members/${owner.userId}`)).status).toBe(403);
    expect((await invite(admin, 'new@example.com', 'owner')).status).toBe(403);
    expect((await viewer.call('DELETE', `/api/v1/members/${admin.userId}`)).status).toBe(403);
    expect((await admin.call('DELETE', `/api/v1/members/${viewer.userId}`)).status).toBe(200);
  });

  test('the last owner stays, also when two owners go at the same moment', async () => {
    const alone = await owner.call('DELETE', `/api/v1/members/${owner.userId}`);
    expect([alone.status, alone.body.code]).toEqual([409, 'last_owner']);
    const demoted = await owner.call('PATCH', `/api/v1/members/${owner.userId}`, { role: 'viewer' });
    expect(demoted.status).toBe(409);
    const second = await person('owner', 'second');
    const answers = await Promise.all([
      owner.call('DELETE', `/api/v1/members/${owner.userId}`),
      second.call('PATCH', `/api/v1/members/${second.userId}`, { role: 'viewer' }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('who is removed is out at once; who leaves does it themselves', async () => {
    const viewer = await person('viewer');
    expect((await viewer.call('DELETE', `/api/v1/members/${viewer.userId}`)).status).toBe(200);
    expect((await viewer.call('GET', '/api/v1/keys')).status).toBe(404);
    expect((await viewer.call('GET', '/api/v1/session')).body.data).toMatchObject({
      state: 'signed_in',
      workspace: null,
      permissions: ['account'],
    });
  });
});

describe('an invitation', () => {
  test('makes a new person a member, once, and signs them in', async () => {
    const made = await invite(owner, 'New@Example.com', 'developer');
    expect(made.body.data).toMatchObject({ email: 'new@example.com', role: 'developer', state: 'open' });
    const token = tokenOf(made.body.url);
    const browser = openBrowser(instance.app);
    const seen = await browser.call('POST', '/api/v1/invitation/inspect', { token });
    expect(seen.body.data).toMatchObject({ workspace_name: WORKSPACE, account_exists: false });
    const bare = await browser.call('POST', '/api/v1/invitation/accept', { token });
    expect([bare.status, bare.body.error.metadata.fields]).toEqual([400, ['name', 'password']]);
    const accepted = await browser.call('POST', '/api/v1/invitation/accept', {
      token,
      name: 'New',
      password: PASSWORD,
    });
    expect([accepted.status, accepted.body.data.workspace_id]).toEqual([200, WORKSPACE]);
    expect((await browser.call('GET', '/api/v1/session')).body.data.workspace.role).toBe('developer');
    const again = await openBrowser(instance.app).call('POST', '/api/v1/invitation/accept', {
      token,
      name: 'Thief',
      password: PASSWORD,
    });
    expect([again.status, again.body.code]).toEqual([404, 'link_invalid']);
    expect((await owner.call('GET', '/api/v1/invitations')).body.total_count).toBe(0);
  });

  test('of an existing account asks that account to sign in', async () => {
    const member = await openPerson(instance, 'known@example.com', {
      workspaceId: OTHER_WORKSPACE,
      role: 'owner',
    });
    const token = tokenOf((await invite(owner, 'known@example.com', 'viewer')).body.url);
    instance.world.now += 1;
    const stranger = await openBrowser(instance.app).call('POST', '/api/v1/invitation/accept', {
      token,
      name: 'Thief',
      password: PASSWORD,
    });
    expect([stranger.status, stranger.body.code]).toEqual([401, 'not_signed_in']);
    expect((await member.call('POST', '/api/v1/invitation/accept', { token })).status).toBe(200);
    const { workspaces } = (await member.call('GET', '/api/v1/session')).body.data;
    expect(workspaces.map(({ role }: { role: string }) => role)).toEqual(['owner', 'viewer']);
    const switched = await member.call('PUT', '/api/v1/session/workspace', { workspace_id: WORKSPACE });
    expect(switched.status).toBe(200);
    expect((await member.call('GET', '/api/v1/session')).body.data.workspace.id).toBe(WORKSPACE);
    expect((await member.call('POST', '/api/v1/keys', { name: 'No' })).status).toBe(403);
  });

  test('that is withdrawn while it is being accepted makes nobody', async () => {
    const { url } = (await invite(owner, 'late@example.com', 'admin')).body;
    const browser = openBrowser(instance.app);
    // The moment at which it is too late to look: the person is there, and not yet a member.
    const database = new DatabaseSync(instance.file);
    database.exec('CREATE TRIGGER withdraw AFTER INSERT ON users BEGIN DELETE FROM invitations; END');
    database.close();
    const accepted = await browser.call('POST', '/api/v1/invitation/accept', {
      token: tokenOf(url),
      name: 'Late',
      password: PASSWORD,
    });
    expect([accepted.status, accepted.body.code]).toEqual([404, 'link_invalid']);
    expect([...browser.cookies.keys()]).toEqual([]);
    expect(await instance.deps.people.findByEmail('late@example.com')).toBeNull();
    const signedIn = await browser.call('POST', '/api/v1/session', {
      email: 'late@example.com',
      password: PASSWORD,
    });
    expect(signedIn.status).toBe(401);
  });

  test('is no way back for who made it and was removed, or has a lower role now', async () => {
    const admin = await person('admin');
    const links = [];
    for (const role of ['admin', 'developer'])
      links.push((await invite(admin, `${role}2@example.com`, role)).body);
    const inspect = async (url: string) =>
      (await openBrowser(instance.app).call('POST', '/api/v1/invitation/inspect', { token: tokenOf(url) }))
        .status;
    const statesOf = async () =>
      (await owner.call('GET', '/api/v1/invitations')).body.data.map(({ state }: { state: string }) => state);
    expect(await statesOf()).toEqual(['open', 'open']);
    await owner.call('PATCH', `/api/v1/members/${admin.userId}`, { role: 'developer' });
    for (const { url } of links) expect(await inspect(url)).toBe(404);
    await owner.call('DELETE', `/api/v1/members/${admin.userId}`);
    expect(await statesOf()).toEqual(['expired', 'expired']);
    for (const { url } of links) {
      const { status, body } = await openBrowser(instance.app).call('POST', '/api/v1/invitation/accept', {
        token: tokenOf(url),
        name: 'Back again',
        password: PASSWORD,
      });
      expect([status, body.code]).toEqual([404, 'link_invalid']);
    }
  });

  test('ends when it is withdrawn and after seven days, and its token is not stored', async () => {
    const first = (await invite(owner, 'a@example.com', 'viewer')).body;
    expect((await owner.call('DELETE', `/api/v1/invitations/${first.data.id}`)).status).toBe(200);
    const second = (await invite(owner, 'b@example.com', 'viewer')).body;
    const [stored] = await instance.store.invitations.list(WORKSPACE);
    expect(JSON.stringify(stored)).not.toContain(tokenOf(second.url));
    instance.world.now += 7 * 24 * 3_600_000;
    for (const { url } of [first, second]) {
      const { status } = await openBrowser(instance.app).call('POST', '/api/v1/invitation/inspect', {
        token: tokenOf(url),
      });
      expect(status).toBe(404);
    }
    expect((await owner.call('GET', '/api/v1/invitations')).body.data[0].state).toBe('expired');
  });
});
