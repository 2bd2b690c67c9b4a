/** Members and invitations as people use them: a link is made, handed over and used; each role sees only what it may. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, openPage } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

/** Two people in one journey, on two busy cores. */
const JOURNEY_MS_MAX = 120_000;

describe.skipIf(!browserIsPresent)('members', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard();
  });
  afterAll(() => dashboard.close());

  test(
    'an invitation leads a new person in, who sees what the role may and nothing else',
    async () => {
      const owner = await dashboard.open('/settings/members');
      await owner.page.getByRole('button', { name: 'Invite' }).click();
      const dialog = owner.page.getByRole('dialog');
      await dialog.getByLabel('E-mail').fill('grace@example.com');
      await dialog.getByLabel('Role').selectOption('viewer');
      await dialog.getByRole('button', { name: 'Make link' }).click();
      const link = (await dialog.getByRole('region', { name: 'invitation link' }).textContent()) ?? '';
      expect(await findAccessibilityFaults(owner.page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Done' }).click();
      await owner.page.getByText('grace@example.com').waitFor();

      const guest = await openPage(dashboard.browser);
      await guest.page.goto(link);
      await guest.page.getByText(/invites grace@example.com as Viewer/).waitFor();
      expect(guest.page.url()).not.toContain('token');
      await guest.page.getByLabel('Your name').fill('Grace');
      await guest.page.getByLabel('Password').fill('another horse battery');
      await guest.page.getByRole('button', { name: 'Join' }).click();
      await guest.page.getByRole('link', { name: 'Integrations' }).click();
      await guest.page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
      expect(await guest.page.getByRole('button', { name: 'Add Provider Key' }).count()).toBe(0);
      expect(await guest.page.getByRole('link', { name: 'Platform keys' }).count()).toBe(0);

      await guest.page.getByRole('link', { name: 'Members' }).click();
      await guest.page.getByText('Ada Owner').waitFor();
      expect(await guest.page.getByRole('combobox').count()).toBe(0);
      expect(guest.complaints).toEqual([]);
      expect(owner.complaints).toEqual([]);
      await guest.close();
      await owner.close();
    },
    JOURNEY_MS_MAX,
  );
});
