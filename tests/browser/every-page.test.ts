/** What holds on every page, light and dark, with things to show: axe finds nothing serious, the console is silent; and how fast and how large the first page is. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLivedInDashboard, PAGE_PATHS, type LivedInDashboard } from '../support/lived-in-dashboard.ts';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';

const JOURNEY_MS_MAX = 120_000;
/** Gzipped, everything that the first page fetches. */
const FIRST_PAGE_BYTES_MAX = 250 * 1024;
/** From loopback, until its heading is painted: the best of a few. */
const LOAD_MS_MAX = 1_000;
/** Other browsers and servers of the same test run share the cores. */
const BUSY_FACTOR = 4;
const LOADS = 5;

/** A button that opens a dialog. */
const DIALOGS: readonly (readonly [path: string, button: string])[] = [
  ['/settings/integrations', 'Add Provider Key'],
  ['/settings/integrations', 'Working'],
  ['/settings/api-keys', 'Create API key'],
  ['/settings/webhooks', 'Add destination'],
  ['/settings/members', 'Invite'],
  ['/settings/account', 'Turn on'],
  ['/credits', 'Grant credits'],
];

describe.skipIf(!browserIsPresent)('every page', () => {
  let dashboard: LivedInDashboard;
  beforeAll(async () => {
    dashboard = await openLivedInDashboard();
  });
  afterAll(() => dashboard.close());

  async function visit(page: Page, path: string): Promise<void> {
    await page.goto(dashboard.gateway.url + path, { waitUntil: 'networkidle' });
    await page.getByRole('heading', { level: 1 }).first().waitFor();
  }

  test.each(['light', 'dark'] as const)(
    'in %s has no fault that axe calls serious, its dialogs included',
    async (colorScheme) => {
      const { page, complaints, close } = await dashboard.open('/usage', { colorScheme });
      for (const path of PAGE_PATHS) {
        await visit(page, path);
        expect([path, await findAccessibilityFaults(page)]).toEqual([path, []]);
      }
      for (const [path, button] of DIALOGS) {
        await visit(page, path);
        await page.getByRole('main').getByRole('button', { name: button, exact: true }).first().click();
        await page.getByRole('dialog').waitFor();
        expect([path, button, await findAccessibilityFaults(page)]).toEqual([path, button, []]);
      }
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test('shows times in the reader’s zone, with UTC on hover, and amounts below a cent as they are', async () => {
    const { page, close } = await dashboard.open('/logs', { timezoneId: 'Asia/Tokyo' });
    const time = page.getByRole('main').locator('time').first();
    await time.waitFor();
    const [at = '', title = ''] = await Promise.all([
      time.getAttribute('datetime'),
      time.getAttribute('title'),
    ]).then((found) => found.map((each) => each ?? ''));
    expect(title).toContain(`${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`);
    await page
      .getByRole('row')
      .last()
      .getByText(/\$0\.0{2,}[1-9]/)
      .waitFor();
    await close();
  });

  test('is there within a second from loopback, and the first is at most 250 KB', async () => {
    const times: number[] = [];
    let bytes = 0;
    for (let load = 0; load < LOADS; load += 1) {
      const { page, close } = await dashboard.open('/settings/integrations');
      await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
      times.push(Number(await page.evaluate('performance.now()')));
      await page.waitForLoadState('networkidle');
      // What came over the wire, compressed, heads included.
      bytes = Number(
        await page.evaluate(`[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          .reduce((sum, { transferSize }) => sum + transferSize, 0)`),
      );
      await close();
    }
    expect(bytes).toBeGreaterThan(10 * 1024);
    expect(bytes).toBeLessThanOrEqual(FIRST_PAGE_BYTES_MAX);
    expect(Math.min(...times), `loads took ${times.map(Math.round).join(', ')} ms`).toBeLessThanOrEqual(
      LOAD_MS_MAX * BUSY_FACTOR,
    );
  });
});
