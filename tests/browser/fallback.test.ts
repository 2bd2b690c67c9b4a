/** "Always use this key" on screen: what fails stays failed, or the platform serves; and usage tells the sources apart. */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';
import { ask, CHEAP_MODEL } from '../support/tenant.ts';

const JOURNEY_MS_MAX = 180_000;
const OWN_SECRET = 'sk-sandbox-own';

describe.skipIf(!browserIsPresent)('a key that fails', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  let ownKey: string;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    const { client } = dashboard;
    const base = { provider: 'openai', base_url: `${sandbox.url}/openai/v1` };
    const credential = { api_key: OWN_SECRET };
    ownKey = (await client.addKey({ ...base, label: 'Own', credential, always_use: true })).id;
    await client.addPlatformKey({ ...base, label: 'House', credential: { api_key: 'sk-sandbox-house' } });
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });

  /** Asks with the own key failing, or not; opens what came of it. */
  async function askAndShow(page: Page, fails: boolean): Promise<number> {
    sandbox.clearBehaviours();
    if (fails) {
      const body = { error: { message: 'out of order', type: 'server_error' } };
      sandbox.behave({ match: { key: OWN_SECRET }, fault: { kind: 'answer', status: 503, body } });
    }
    await dashboard.client.reenableKey(ownKey);
    const { url, keys } = dashboard.gateway;
    const answer = await ask(url, keys.apiKey, { model: CHEAP_MODEL });
    await page.goto(`${url}/logs/${answer.header('x-generation-id')}`, { waitUntil: 'networkidle' });
    await page.getByText('Why this key').waitFor();
    return answer.status;
  }

  async function setAlwaysUse(page: Page, on: boolean): Promise<void> {
    await page.goto(`${dashboard.gateway.url}/settings/integrations?edit=${ownKey}`);
    const dialog = page.getByRole('dialog');
    await dialog.locator('summary').click();
    await dialog.getByLabel('Always use this key').setChecked(on);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('“Own” is saved').waitFor();
  }

  const attempts = (page: Page) => page.getByRole('heading', { name: /^Attempt \d/ }).allTextContents();

  test(
    'and is always used is not replaced by the platform; one that may fall back is, and the table of models says Mix',
    async () => {
      const { page, complaints, close } = await dashboard.open();
      expect(await askAndShow(page, true)).toBeGreaterThanOrEqual(500);
      for (const title of await attempts(page)) expect(title).toContain('OwnBYOK');
      expect(await page.getByText('A platform key served this request').count()).toBe(0);
      await page
        .getByRole('row')
        .filter({ has: page.getByText('Platform', { exact: true }) })
        .getByText('so no platform key may serve this model')
        .waitFor();
      await page.goto(`${dashboard.gateway.url}/usage?range=24h`, { waitUntil: 'networkidle' });
      const models = page.getByRole('region', { name: 'Usage by model' });
      const source = models.getByRole('row').nth(1).getByRole('cell').nth(1);
      expect(await source.textContent()).toBe('BYOK');

      await setAlwaysUse(page, false);
      expect(await askAndShow(page, true)).toBe(200);
      const titles = await attempts(page);
      expect(titles.at(0)).toContain('OwnBYOK');
      expect(titles.at(-1)).toMatch(/Platformsucceeded$/);
      await page.getByText('A platform key served this request').waitFor();

      expect(await askAndShow(page, false)).toBe(200);
      expect(await attempts(page)).toEqual([expect.stringContaining('OwnBYOKsucceeded')]);
      await page.goto(`${dashboard.gateway.url}/usage?range=24h`, { waitUntil: 'networkidle' });
      await models.getByRole('cell', { name: 'Mix', exact: true }).waitFor();
      expect(await source.textContent()).toBe('Mix');
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test('a platform key asks for its secret again where its base URL changes, and works there with it', async () => {
    const added = await dashboard.client.addPlatformKey({
      provider: 'groq',
      label: 'Mover',
      credential: { api_key: `gsk_${'a'.repeat(52)}` },
    });
    const { page, complaints, close } = await dashboard.open(`/operator/platform-keys?edit=${added.id}`);
    const dialog = page.getByRole('dialog');
    await dialog.locator('summary').click();
    await dialog.getByLabel('Base URL').fill(`${sandbox.url}/groq/openai/v1`);
    await dialog.getByText('Enter the secret again').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Enter the credential again.').waitFor();
    await dialog.getByLabel('API key').fill('sk-sandbox-moved');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('“Mover” is saved').waitFor();
    await page.goto(`${dashboard.gateway.url}/operator/platform-keys?key=${added.id}`);
    await dialog.getByRole('button', { name: 'Test Key' }).click();
    await dialog.getByText('The key works').waitFor();
    expect(await page.content()).not.toContain('sk-sandbox-moved');
    expect(complaints).toEqual([]);
    await close();
  });
});
