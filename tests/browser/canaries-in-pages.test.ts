/**
 * No page shows, holds or is sent a secret that the gateway keeps: every page of the dashboard's own table, and the forms
 * of what has a secret,
 * over an instance that knows a secret of every kind. A page that is added later is opened too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCanaryWorld, type CanaryWorld } from '../support/canary-world.ts';
import { browserIsPresent, openBrowser } from '../support/open-browser.ts';
import { openSignedIn } from '../support/open-dashboard.ts';
import { scanForCanaries } from '../support/scan-for-canaries.ts';

const ROUTER = join(import.meta.dirname, '../../packages/dashboard/src/router.tsx');
const PATHS = [...readFileSync(ROUTER, 'utf8').matchAll(/^ {2}path: '([^']+)'/gm)].map(
  ([, path = '']) => path,
);
/** Where a stored secret might be filled into a field: the button that opens the form, or its menu. */
const FORMS: readonly { readonly path: string; readonly button: string; readonly menuItem?: string }[] = [
  { path: '/settings/integrations', button: 'Shapeless' },
  { path: '/settings/integrations', button: 'canary' },
  { path: '/operator/platform-keys', button: 'Platform' },
  { path: '/settings/webhooks', button: 'More for canary', menuItem: 'Edit' },
];

describe.skipIf(!browserIsPresent)('a page holds no secret', () => {
  let world: CanaryWorld;
  let browser: Browser;
  let page: Page;
  let received: Promise<Buffer>[] = [];
  beforeAll(async () => {
    [world, browser] = await Promise.all([openCanaryWorld(), openBrowser()]);
    ({ page } = await openSignedIn({ browser, ...world, path: '/sign-in' }));
    page.on('response', (response) => received.push(bodyOf(response)));
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  test('there are pages', () => expect(PATHS.length).toBeGreaterThan(15));

  test.each(PATHS)('%s', async (path) => {
    await visit(path.replace('$id', world.ids.generations.at(-1) ?? ''));
    expect(await leaks()).toEqual([]);
  });

  test.each(FORMS)('$path, the form of $button', async ({ path, button, menuItem }) => {
    await visit(path);
    await page.getByRole('main').getByRole('button', { name: button, exact: true }).first().click();
    if (menuItem !== undefined) await page.getByRole('menuitem', { name: menuItem }).click();
    await page.getByRole('dialog').waitFor();
    expect(await leaks()).toEqual([]);
  });

  async function visit(path: string): Promise<void> {
    received = [];
    await page.goto(world.gateway.url + path, { waitUntil: 'networkidle' });
    await page.getByRole('heading').first().waitFor();
  }

  async function leaks(): Promise<readonly string[]> {
    const bytes = Buffer.concat(await Promise.all(received));
    const held = Buffer.from(await heldBy(page));
    expect(Math.min(bytes.length, held.length)).toBeGreaterThan(0);
    return scanForCanaries(world.canaries, [
      { name: 'what was received', bytes },
      { name: 'what is on the page', bytes: held },
    ]);
  }
});

/** Head and body. A stream of events has no end, and what leaves the page in between no body. */
async function bodyOf(response: Awaited<ReturnType<Page['waitForResponse']>>): Promise<Buffer> {
  const head = JSON.stringify(await response.headersArray().catch(() => []));
  const isStream = head.includes('text/event-stream');
  const body = isStream ? Buffer.alloc(0) : await response.body().catch(() => Buffer.alloc(0));
  return Buffer.concat([Buffer.from(head), body]);
}

/** Everything a script, an extension or somebody behind the reader could find: text, attributes, fields, storage, address. */
async function heldBy(page: Page): Promise<string> {
  return (await page.evaluate(`JSON.stringify([
    document.documentElement.outerHTML,
    [...document.querySelectorAll('input, textarea, select')].map(({ value }) => value),
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
  ])`)) as string;
}
