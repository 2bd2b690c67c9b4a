/** The dashboard's frame in a real browser: the guard, the window's sizes, the content policy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, openPage } from '../support/open-browser.ts';
import { openDashboard, openSignedIn, signIn, type Dashboard } from '../support/open-dashboard.ts';

describe.skipIf(!browserIsPresent)('the dashboard', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard();
  });
  afterAll(() => dashboard.close());

  test('shows nobody a page before they are signed in, says why not, and then goes where they wanted to', async () => {
    const { page, complaints, close } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.gateway.url}/settings/account`);
    await page.getByLabel('E-mail').fill(dashboard.owner.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page
      .getByText(/e-mail|password/i)
      .getByText(/wrong|not right|do not match/i)
      .first()
      .waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Password').fill(dashboard.owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test.each([390, 1440, 2560])(
    'at %i pixels has no fault that axe calls serious, and does not scroll sideways',
    async (width) => {
      const { page, complaints, close } = await dashboard.open('/settings/account', {
        viewport: { width, height: 900 },
      });
      await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      expect(await findAccessibilityFaults(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  test('at 390 pixels the navigation is behind a button and takes the focus', async () => {
    const { page, close } = await dashboard.open('/settings/account', {
      viewport: { width: 390, height: 844 },
    });
    await page.getByRole('button', { name: 'Open navigation' }).press('Enter');
    await page.getByRole('dialog').getByRole('link', { name: 'Integrations' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
    await close();
  });

  test('signing out ends what the other windows of the session may see', async () => {
    const { browser, gateway, owner } = dashboard;
    const session = await signIn(gateway, owner);
    const { page, close } = await openSignedIn({ browser, gateway, session, path: '/settings/account' });
    const other = await page.context().newPage();
    await other.goto(`${dashboard.gateway.url}/settings/account`);
    await other.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
    await page.getByRole('button', { name: /menu$/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await other.getByRole('link', { name: 'Integrations' }).click();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await close();
  });

  test('an unknown address is a page that leads back, and an unknown API path is not a page', async () => {
    const { page, close } = await dashboard.open('/no/such/page');
    await page.getByText('There is no such page').waitFor();
    const answer = await page.request.get(`${dashboard.gateway.url}/api/v1/no-such-thing`, {
      headers: { accept: 'text/html' },
    });
    expect([answer.status(), answer.headers()['content-type']]).toEqual([
      404,
      expect.stringContaining('json'),
    ]);
    await close();
  });

  test('the files are kept by the browser for ever, the page is not, and no script may come from elsewhere', async () => {
    const page = await fetch(dashboard.gateway.url);
    const html = await page.text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const asset = await fetch(dashboard.gateway.url + script);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=/);
  });
});
