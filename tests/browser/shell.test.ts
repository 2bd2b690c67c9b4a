/** The dashboard's frame in a real browser: the guard, the first run's keys, the window's sizes, the content policy. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, openBrowser, openPage } from '../support/open-browser.ts';
import { startGateway, type Gateway } from '../support/start-gateway.ts';

describe.skipIf(!browserIsPresent)('the dashboard', () => {
  let browser: Browser;
  let gateway: Gateway;
  beforeAll(async () => {
    [browser, gateway] = await Promise.all([openBrowser(), startGateway()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.remove();
  });

  async function signedIn(width: number) {
    const opened = await openPage(browser, { viewport: { width, height: 900 } });
    await opened.page.goto(gateway.url);
    await opened.page.getByLabel('Management key').fill(gateway.keys.managementKey);
    await opened.page.getByRole('button', { name: 'Sign in' }).click();
    await opened.page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
    return opened;
  }

  test('shows nobody a page before they are signed in, and says why a key is refused', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${gateway.url}/settings/integrations`);
    await page.getByLabel('Management key').fill('lr_mgmt_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not known here, or has ended.').waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  test.each([390, 1440, 2560])(
    'at %i pixels has no fault that axe calls serious, and does not scroll sideways',
    async (width) => {
      const { page, complaints, close } = await signedIn(width);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      expect(await findAccessibilityFaults(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  test('at 390 pixels the navigation is behind a button and takes the focus', async () => {
    const { page, close } = await signedIn(390);
    await page.getByRole('button', { name: 'Open navigation' }).press('Enter');
    await page.getByRole('dialog').getByRole('link', { name: 'Integrations' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await close();
  });

  test('an unknown address is a page that leads back, and an unknown API path is not a page', async () => {
    const { page, close } = await signedIn(1440);
    await page.goto(`${gateway.url}/no/such/page`);
    await page.getByText('There is no such page').waitFor();
    const answer = await page.request.get(`${gateway.url}/api/v1/no-such-thing`, {
      headers: { accept: 'text/html' },
    });
    expect([answer.status(), answer.headers()['content-type']]).toEqual([
      404,
      expect.stringContaining('json'),
    ]);
    await close();
  });

  test('the files are kept by the browser for ever, the page is not, and no script may come from elsewhere', async () => {
    const page = await fetch(gateway.url);
    const html = await page.text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const asset = await fetch(gateway.url + script);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=/);
  });
});
