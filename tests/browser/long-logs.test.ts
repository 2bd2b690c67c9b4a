/** Logs over more requests than one question looks at: a search goes on by itself, says how far it is, and can be stopped. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillLedger } from '../../bench/harness/fill-ledger.ts';
import { browserIsPresent, findAccessibilityFaults, openBrowser } from '../support/open-browser.ts';
import { claimInstance, openSignedIn, OWNER, type SignedInAs } from '../support/open-dashboard.ts';
import { initGateway, serveGateway, type ServingGateway } from '../support/start-gateway.ts';

const GENERATIONS = 250_000;
const OLDEST = 'req_0000000000000001';

describe.skipIf(!browserIsPresent)('a search of long logs', () => {
  let folder: string;
  let gateway: ServingGateway;
  let browser: Browser;
  let session: SignedInAs;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arouter-e2e-'));
    const keys = await initGateway(folder);
    const database = new DatabaseSync(join(folder, 'arouter.db'));
    fillLedger(database, {
      workspaceId: keys.workspaceId,
      generations: GENERATIONS,
      days: 30,
      now: Date.now(),
      progress: () => {},
    });
    database.close();
    [browser, gateway] = await Promise.all([openBrowser(), serveGateway({ dataDir: folder })]);
    session = await claimInstance(gateway, OWNER);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  test('the page searches to the end, and finds the oldest', async () => {
    const { page, complaints, close } = await openSignedIn({
      browser,
      gateway,
      session,
      path: `/logs?request=${OLDEST}`,
    });
    await page.getByText('maker-', { exact: false }).first().waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByText('Searching, back to').waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: /older|further/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test('a search that is stopped says how far it came, and goes on when told', async () => {
    const { page, complaints, close } = await openSignedIn({ browser, gateway, session, path: '/logs' });
    await page.getByRole('row').nth(5).waitFor();
    await page.route('**/api/v1/generations?*', async (route) => {
      await sleep(500);
      await route.continue();
    });
    await page.getByText('More filters').click();
    await page.getByLabel('Request id').fill('nobody');
    await page.getByText('Searching, back to').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Searched back to').waitFor();
    await page.getByText('No match among the newer requests').waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Search further' }).click();
    await page.getByText('No request matches').waitFor();
    expect(await page.getByRole('button', { name: 'Search further' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
