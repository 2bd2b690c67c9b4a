/** Each role at every page: what stands in the navigation, what a page loads, and which buttons change something. */
import { ROLE_PERMISSIONS, ROLES, type Permission, type Role } from '@arouter/contract';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invitePerson } from '../support/invite-person.ts';
import { browserIsPresent } from '../support/open-browser.ts';
import { openDashboard, openSignedIn, type Dashboard, type SignedInAs } from '../support/open-dashboard.ts';

const JOURNEY_MS_MAX = 180_000;

type PageOfRoles = {
  readonly path: string;
  readonly title: string;
  readonly permission: Permission;
  /** Buttons of it that change something, and who may press them. */
  readonly buttons?: Readonly<Record<string, Permission>>;
};
const PAGES: readonly PageOfRoles[] = [
  { path: '/usage', title: 'Usage', permission: 'usage.read' },
  { path: '/logs', title: 'Logs', permission: 'generations.read' },
  { path: '/models', title: 'Models', permission: 'routing.preview' },
  { path: '/playground', title: 'Playground', permission: 'playground.use' },
  { path: '/routing', title: 'Routing preview', permission: 'routing.preview' },
  {
    path: '/credits',
    title: 'Credits',
    permission: 'credits.read',
    buttons: { 'Grant credits': 'operator' },
  },
  {
    path: '/settings/integrations',
    title: 'Integrations',
    permission: 'provider_keys.read',
    buttons: { 'Add Provider Key': 'provider_keys.manage', 'More for Shared': 'provider_keys.manage' },
  },
  {
    path: '/settings/api-keys',
    title: 'API keys',
    permission: 'api_keys.read',
    buttons: { 'Create API key': 'api_keys.manage' },
  },
  {
    path: '/settings/webhooks',
    title: 'Webhooks',
    permission: 'webhooks.read',
    buttons: { 'Add destination': 'webhooks.manage' },
  },
  {
    path: '/settings/members',
    title: 'Members',
    permission: 'members.read',
    buttons: { Invite: 'members.manage', Rename: 'workspace.manage' },
  },
  { path: '/settings/audit', title: 'Audit', permission: 'audit.read' },
  { path: '/settings/account', title: 'Account', permission: 'account' },
  {
    path: '/operator/platform-keys',
    title: 'Platform keys',
    permission: 'operator',
    buttons: { 'Add Provider Key': 'operator' },
  },
];

describe.skipIf(!browserIsPresent)('a role', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  const sessions = new Map<Role, SignedInAs>();
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    await dashboard.client.addKey({
      provider: 'openai',
      label: 'Shared',
      credential: { api_key: 'sk-sandbox-shared' },
      base_url: `${sandbox.url}/openai/v1`,
    });
    const owner = await dashboard.open('/settings/account');
    for (const role of ROLES) {
      const person = {
        name: `The ${role}`,
        email: `${role}@example.com`,
        password: 'a horse of this role',
        role,
      };
      sessions.set(role, await invitePerson(dashboard.gateway, owner.page, person));
    }
    await owner.close();
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });

  const may = (role: Role, permission: Permission): boolean =>
    permission === 'account' || ROLE_PERMISSIONS[role].includes(permission);

  async function openAs(role: Role) {
    const { browser, gateway } = dashboard;
    const session = sessions.get(role) ?? { cookies: [] };
    const opened = await openSignedIn({ browser, gateway, session, path: '/settings/account' });
    await opened.page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
    return opened;
  }

  async function buttonsOf(page: Page, { buttons = {} }: PageOfRoles): Promise<readonly string[]> {
    const shown: string[] = [];
    for (const name of Object.keys(buttons)) {
      if ((await page.getByRole('main').getByRole('button', { name, exact: true }).count()) > 0)
        shown.push(name);
    }
    return shown;
  }

  test.each(ROLES)(
    'of %s sees its pages whole, with the buttons that it may press, and of the others nothing',
    async (role) => {
      const { page, complaints, close } = await openAs(role);
      const links = await page.getByRole('navigation').getByRole('link').allTextContents();
      expect(links.map((text) => text.trim())).toEqual(
        PAGES.filter(({ permission }) => may(role, permission)).map(({ title }) => title),
      );
      const refused: string[] = [];
      page.on('response', (answer) => {
        if (answer.status() === 403) refused.push(new URL(answer.url()).pathname);
      });
      for (const known of PAGES) {
        refused.length = 0;
        await page.goto(dashboard.gateway.url + known.path, { waitUntil: 'networkidle' });
        const allowed = may(role, known.permission);
        await page.getByRole('heading', { name: known.title, level: 1, exact: true }).waitFor();
        const expected = Object.entries(known.buttons ?? {}).filter(
          ([, permission]) => allowed && may(role, permission),
        );
        const at = [role, known.path];
        expect([...at, await buttonsOf(page, known)]).toEqual([...at, expected.map(([name]) => name)]);
        if (allowed) expect([...at, refused]).toEqual([...at, []]);
      }
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test('of developer makes API keys, and sees no others', async () => {
    const { page, complaints, close } = await openAs('developer');
    await page.goto(`${dashboard.gateway.url}/settings/api-keys`, { waitUntil: 'networkidle' });
    await page.getByText('You see those that you made').waitFor();
    await page.getByRole('button', { name: 'Create API key' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('Of the developer');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('row').filter({ hasText: 'Of the developer' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    expect(complaints).toEqual([]);
    await close();
    const admin = await openAs('admin');
    await admin.page.goto(`${dashboard.gateway.url}/settings/api-keys`, { waitUntil: 'networkidle' });
    const row = admin.page.getByRole('row').filter({ hasText: 'Of the developer' });
    await row.getByText('by The developer').waitFor();
    expect(await admin.page.getByRole('row').count()).toBeGreaterThan(2);
    await admin.close();
  });

  test('the operator adds a platform key, which other owners neither see nor touch', async () => {
    const { page, complaints, close } = await dashboard.open('/operator/platform-keys?add=openai');
    await page.getByRole('dialog').getByLabel('API key').fill('sk-sandbox-platform');
    await page.getByRole('dialog').getByLabel('Label').fill('House');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'House', exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await close();
    const other = await openAs('owner');
    for (const path of ['/settings/integrations', '/operator/platform-keys']) {
      await other.page.goto(dashboard.gateway.url + path, { waitUntil: 'networkidle' });
      expect(await other.page.getByText('House', { exact: true }).count()).toBe(0);
    }
    await other.close();
  });
});
