/** The catalogue in a real browser: exact prices, who serves what, filters in the address, and the way to add a key. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { browserIsPresent, findAccessibilityFaults, openBrowser } from '../support/open-browser.ts';
import { claimInstance, openSignedIn, OWNER, type SignedInAs } from '../support/open-dashboard.ts';
import { addSandboxKey, openStage, type Stage } from '../support/stage.ts';
import { CHEAP_MODEL } from '../support/tenant.ts';

const DEAR_PRICE_USD = 2.123456789;

describe.skipIf(!browserIsPresent)('the catalogue', () => {
  let browser: Browser;
  let stage: Stage;
  let session: SignedInAs;

  beforeAll(async () => {
    [browser, stage] = await Promise.all([openBrowser(), openStage()]);
    session = await claimInstance(stage.gateway, OWNER);
    const client = createManagementClient(stage.gateway);
    await addSandboxKey(stage, client.addKey, {
      label: 'Steady',
      supported_models: ['gpt-4.1-nano', 'my-own-model'],
    });
    await client.operate('PUT', '/api/v1/prices', {
      provider: 'openai',
      model: 'gpt-4.1-nano',
      input_usd_per_million: DEAR_PRICE_USD,
      output_usd_per_million: 4,
    });
  });
  afterAll(async () => {
    await browser.close();
    await stage.close();
  });

  const open = (path: string, width = 1440, colorScheme: 'light' | 'dark' = 'light') =>
    openSignedIn({
      browser,
      gateway: stage.gateway,
      session,
      path,
      contextOptions: { viewport: { width, height: 900 }, colorScheme },
    });
  const rows = (page: Page) => page.getByRole('region', { name: 'Models', exact: true }).getByRole('row');

  async function expectSound(page: Page, complaints: readonly string[]): Promise<void> {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  }

  test.each([
    [390, 'light'],
    [1440, 'dark'],
    [2560, 'light'],
  ] as const)('at %i pixels, %s, draws the rows in view of more than a thousand', async (width, scheme) => {
    const { page, complaints, close } = await open('/models', width, scheme);
    await rows(page).nth(5).waitFor();
    const said =
      (await page
        .getByRole('heading', { name: /models$/ })
        .last()
        .textContent()) ?? '';
    expect(Number(said.replaceAll(/\D/g, ''))).toBeGreaterThan(1000);
    expect(await rows(page).count()).toBeLessThan(100);
    await expectSound(page, complaints);
    await close();
  });

  test('a search and a filter stand in the address, and what my key serves is found with its exact price', async () => {
    const { page, complaints, close } = await open('/models');
    await page.getByLabel('Search models').fill('nano');
    await page.getByLabel('Served by').selectOption('own');
    await expect.poll(() => rows(page).count()).toBe(2);
    expect(page.url()).toContain('q=nano');
    expect(page.url()).toContain('served=own');
    await rows(page).last().getByText('1 key of mine').waitFor();
    await rows(page).last().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`$${DEAR_PRICE_USD}`, { exact: true }).waitFor();
    await dialog.getByText('set by the operator').waitFor();
    await dialog.getByRole('link', { name: 'Steady' }).waitFor();
    await expectSound(page, complaints);
    await page.reload();
    await dialog.getByText(`$${DEAR_PRICE_USD}`, { exact: true }).waitFor();
    await close();
  });

  test('a model that only my key names is there, without a price and without a lie', async () => {
    const { page, close } = await open('/models?q=my-own-model');
    const row = rows(page).last();
    await row.getByText('openai/my-own-model').waitFor();
    await row.getByText('unknown').first().waitFor();
    await close();
  });

  test('where no key serves a model, one can be added; with the keyboard alone', async () => {
    const { page, close } = await open('/models?q=mistral-large&provider=mistral');
    await rows(page).last().press('Enter');
    await page.getByRole('dialog').getByRole('link', { name: 'Add key' }).first().press('Enter');
    await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
    expect(page.url()).toContain('add=mistral');
    await close();
  });

  test('a model leads to who would serve it now', async () => {
    const { page, close } = await open(`/models?model=${CHEAP_MODEL}`);
    await page.getByRole('link', { name: 'Who would serve it now?' }).click();
    await page.getByRole('region', { name: `Verdicts for ${CHEAP_MODEL}` }).waitFor();
    await close();
  });

  test('nothing found says so and leads back; a failure says why and can be tried again', async () => {
    const { page, close } = await open('/models?q=no-such-model-anywhere');
    await page.getByText('No model matches').waitFor();
    await page.getByRole('button', { name: 'Show all models' }).click();
    await rows(page).nth(5).waitFor();
    let refuses = true;
    await page.route('**/api/v1/catalogue*', (route) =>
      refuses ? route.fulfill({ status: 503, body: 'no' }) : route.continue(),
    );
    await page.reload();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    refuses = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await rows(page).nth(5).waitFor();
    await close();
  });
});
