/** A workspace with more keys than a page of the management API holds: each is found, chosen and reached, and lists stay where they are. */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const JOURNEY_MS_MAX = 120_000;
const SEEN_MS_MAX = { timeout: 20_000 };
/** A page of the API is at most a hundred. */
const API_KEYS = 104;
const PROVIDER_KEYS = 104;
const LONG_NAME = 'of the checkout service in the north-western region, made for the second floor';
/** Rounding of the browser. */
const PIXELS_OFF_MAX = 2;

describe.skipIf(!browserIsPresent)('many keys', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    const { client } = dashboard;
    for (let key = 0; key < API_KEYS; key += 1)
      await client.manage('POST', '/api/v1/keys', {
        name: `Number ${key} ${key % 3 === 0 ? LONG_NAME : ''}`,
      });
    for (let key = 0; key < PROVIDER_KEYS; key += 1)
      await client.addKey({
        provider: 'openai',
        label: `Team ${key}`,
        credential: { api_key: `sk-sandbox-of-team-${key}` },
        base_url: `${sandbox.url}/openai/v1`,
      });
    const refused = await client.addKey({
      provider: 'openai',
      label: 'Refused',
      credential: { api_key: 'sk-no-longer-known' },
      base_url: `${sandbox.url}/openai/v1`,
    });
    await client.manage('POST', `/api/v1/byok/${refused.id}/test`, {});
  }, JOURNEY_MS_MAX);
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });

  test('the first API key of all, older than a hundred others, is found and can be deleted', async () => {
    const { page, complaints, close } = await dashboard.open('/settings/api-keys');
    await page.getByRole('searchbox', { name: 'Search API keys' }).fill('Number 0 ');
    await page.getByRole('button', { name: /^Actions for Number 0 / }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test('wherever a key is chosen, every one is there to choose', async () => {
    const { page, close } = await dashboard.open('/logs');
    const optionsOf = (label: string) => page.getByLabel(label, { exact: true }).getByRole('option');
    await expect.poll(() => optionsOf('Provider key').count(), SEEN_MS_MAX).toBeGreaterThan(PROVIDER_KEYS);
    await expect.poll(() => optionsOf('API key').count(), SEEN_MS_MAX).toBeGreaterThan(API_KEYS);
    await page.goto(`${dashboard.gateway.url}/routing?model=openai/gpt-4o-mini`);
    await expect.poll(() => optionsOf('As which API key').count(), SEEN_MS_MAX).toBeGreaterThan(API_KEYS);
    const trial = page.locator('section').filter({ has: page.getByRole('heading', { name: 'What if?' }) });
    await expect.poll(() => trial.getByRole('row').count(), SEEN_MS_MAX).toBeGreaterThan(PROVIDER_KEYS);
    await page.goto(`${dashboard.gateway.url}/settings/webhooks`);
    await page.getByRole('button', { name: 'Add destination' }).first().click();
    await page.getByLabel('Requests of all API keys').click();
    await expect
      .poll(() => page.getByRole('dialog').getByRole('checkbox').count(), SEEN_MS_MAX)
      .toBeGreaterThan(API_KEYS);
    await close();
  });

  test('provider keys are searched, narrowed to those that cannot serve, and drawn some at a time', async () => {
    const { page, complaints, close } = await dashboard.open('/settings/integrations');
    const lines = page.getByRole('listitem').filter({ has: page.getByText('Last used') });
    await expect.poll(() => lines.count(), SEEN_MS_MAX).toBe(25);
    await page.getByRole('button', { name: 'Show 80 more' }).click();
    await expect.poll(() => lines.count(), SEEN_MS_MAX).toBe(PROVIDER_KEYS + 1);
    await page.getByLabel('Show', { exact: true }).selectOption('Not serving (1)');
    await expect.poll(() => lines.count(), SEEN_MS_MAX).toBe(1);
    await lines.getByText('Refused', { exact: true }).waitFor();
    await page.getByLabel('Show', { exact: true }).selectOption('All 105 keys');
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('team 77');
    await expect.poll(() => lines.count(), SEEN_MS_MAX).toBe(1);
    await lines.getByRole('button', { name: 'Team 77', exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('nobody');
    await page.getByText('No key has “nobody”').waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  test('a long table whose names wrap moves exactly as far as it is scrolled, and ends with its last row', async () => {
    const { page, close } = await dashboard.open('/settings/api-keys', {
      viewport: { width: 390, height: 844 },
    });
    const frame = page.getByRole('region', { name: 'API keys' });
    await frame.getByRole('row').nth(20).waitFor();
    // Not every browser holds what is read in its place by itself.
    await page.evaluate(`${FRAME}.style.overflowAnchor = 'none'`);
    for (let step = 0; step < 12; step += 1) {
      const before = await middleRow(page);
      await page.evaluate(`${FRAME}.scrollBy(0, 150)`);
      await page.waitForTimeout(60);
      const after = await topOf(page, before.name);
      expect([step, Math.abs(before.top - after - 150) <= PIXELS_OFF_MAX, before.top, after]).toEqual([
        step,
        true,
        before.top,
        after,
      ]);
    }
    await expect
      .poll(async () => {
        await page.evaluate(`${FRAME}.scrollTo(0, ${FRAME}.scrollHeight)`);
        const [name, below] = (await page.evaluate(`(() => {
          const last = ${ROWS}.at(-1);
          const end = last.getBoundingClientRect().bottom - ${FRAME}.getBoundingClientRect().bottom;
          return [last.cells[0].textContent, Math.abs(end)];
        })()`)) as readonly [string, number];
        return [/^(First|Number 0 )/.test(name), below <= PIXELS_OFF_MAX];
      }, SEEN_MS_MAX)
      .toEqual([true, true]);
    await close();
  });
});

const FRAME = `document.querySelector('[role=region][aria-label="API keys"]')`;
const ROWS = `[...${FRAME}.querySelectorAll('tbody tr')].filter((row) => row.ariaHidden !== 'true')`;

async function middleRow(page: Page): Promise<{ readonly name: string; readonly top: number }> {
  return (await page.evaluate(`(() => {
    const frame = ${FRAME}.getBoundingClientRect();
    const row = ${ROWS}.find((each) => each.getBoundingClientRect().top > frame.top + 250);
    return { name: row.cells[0].textContent, top: row.getBoundingClientRect().top };
  })()`)) as { readonly name: string; readonly top: number };
}

async function topOf(page: Page, name: string): Promise<number> {
  return Number(
    await page.evaluate(
      `${ROWS}.find((row) => row.cells[0].textContent === ${JSON.stringify(name)}).getBoundingClientRect().top`,
    ),
  );
}
