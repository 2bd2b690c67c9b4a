/** Settings → Integrations in a real browser, against the real server and a sandbox that answers like the providers. */
import type { Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ManagementClient } from '../support/management-client.ts';
import { browserIsPresent, findAccessibilityFaults, type OpenedPage } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';
import type { Gateway } from '../support/start-gateway.ts';

const GOOD = 'sk-sandbox-good';

describe.skipIf(!browserIsPresent)('Settings → Integrations', () => {
  let sandbox: Sandbox;
  let dashboard: Dashboard;
  let gateway: Gateway;
  let client: ManagementClient;
  let opened: OpenedPage;
  let page: Page;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    ({ gateway, client } = dashboard);
    opened = await dashboard.open('/settings/integrations');
    page = opened.page;
    await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
  });
  afterAll(async () => {
    expect(opened.complaints).toEqual([]);
    await dashboard.close();
    await sandbox.close();
  });

  const dialog = () => page.getByRole('dialog');
  const openAdvanced = () => dialog().locator('summary').click();

  test('a key is added: found by search, tested, explained when it is wrong, saved when it is right', async () => {
    await page.getByRole('button', { name: 'Add Provider Key' }).first().click();
    await dialog().getByLabel('Search providers').fill('openai');
    await dialog()
      .getByRole('button', { name: /^OpenAI\b/ })
      .click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByText('API key is needed.').waitFor();

    await dialog().getByLabel('API key').fill('sk-wrong-key');
    await dialog().getByLabel('Label').fill('Production');
    await openAdvanced();
    await dialog().getByLabel('Base URL').fill(`${sandbox.url}/openai/v1`);
    await dialog().getByRole('button', { name: 'Test Key' }).click();
    await dialog().getByText('The provider refused the key').waitFor();
    await dialog()
      .getByText(/OpenAI refused this key \(HTTP 401\)/)
      .waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);

    await dialog().getByLabel('API key').fill(GOOD);
    await dialog().getByRole('button', { name: 'Test Key' }).click();
    await dialog().getByText('The key works').waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('“Production” is saved').waitFor();
    await page.getByRole('button', { name: 'Production', exact: true }).waitFor();
    expect(await page.content()).not.toContain(GOOD);
  });

  test('a second key shows the share it will get, and what is out of range is said at its field', async () => {
    await page.goto(`${gateway.url}/settings/integrations?add=openai`);
    await openAdvanced();
    await dialog().getByLabel('Weight').fill('3');
    await dialog().getByText('75 %').waitFor();
    await dialog().getByLabel('Weight').fill('0');
    await dialog().getByLabel('API key').fill(GOOD);
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByText('Enter a whole number from 1 to 1,000.').waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  test('a changed destination asks for the secret again and says why', async () => {
    const key = await client.addKey({
      provider: 'groq',
      label: 'Mover',
      credential: { api_key: `gsk_${'a'.repeat(52)}` },
    });
    await page.goto(`${gateway.url}/settings/integrations?edit=${key.id}`);
    await openAdvanced();
    await dialog().getByLabel('Base URL').fill('https://elsewhere.example/v1');
    await dialog().getByText('Enter the secret again').waitFor();
    await dialog()
      .getByText(/sealed together with the place it was saved for/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByText('Enter the credential again.').waitFor();
    await page.keyboard.press('Escape');
  });

  test('a refused key is shown unhealthy with the provider’s words, what to do, and the common issue', async () => {
    const key = await client.addKey({
      provider: 'anthropic',
      label: 'Revoked',
      credential: { api_key: 'sk-ant-not-known-there' },
      base_url: `${sandbox.url}/anthropic`,
    });
    await page.goto(`${gateway.url}/settings/integrations?key=${key.id}`);
    await dialog().getByRole('button', { name: 'Test Key' }).click();
    await dialog().getByText('The provider refused the key').waitFor();
    await dialog().getByText('invalid x-api-key', { exact: true }).first().waitFor();
    await dialog().getByText('The key is expired or revoked.').waitFor();
    await dialog().getByText('What to do:').waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Re-enable' }).click();
    await page.getByText('“Revoked” is enabled again').waitFor();
    await page.keyboard.press('Escape');
  });

  test('disabling can be undone from the notice', async () => {
    const key = await client.addKey({
      provider: 'mistral',
      label: 'Switched',
      credential: { api_key: 'm'.repeat(32) },
    });
    await page.goto(`${gateway.url}/settings/integrations?key=${key.id}`);
    await dialog().getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await client.readKey(key.id)).enabled).toBe(true);
    await page.keyboard.press('Escape');
  });

  test('models are chosen by name and by pattern, and what a pattern matches is shown', async () => {
    await page.goto(`${gateway.url}/settings/integrations?add=anthropic`);
    await openAdvanced();
    await dialog().getByLabel('Restrict this key to specific models').check();
    await dialog().getByLabel('Supported models').fill('claude-sonnet-*');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await dialog()
      .getByText(/Serves \d+ of \d+ listed models: claude-sonnet-/)
      .waitFor();
    await dialog().getByLabel('Supported models').fill('no-such-*');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await dialog().getByRole('button', { name: 'Remove claude-sonnet-*' }).click();
    await dialog()
      .getByText(/Matches none of the listed models/)
      .waitFor();
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  test('the JSON of the documentation is pasted whole into the first field, and fills the form', async () => {
    await page.goto(`${gateway.url}/settings/integrations?add=bedrock`);
    const json = {
      access_key: 'AKIAIOSFODNN7EXAMPLE',
      secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      region: 'us-east-1',
    };
    await dialog().getByRole('button', { name: 'Paste JSON instead' }).click();
    await dialog().getByLabel('Credential as JSON').fill('{"access_key": ');
    await dialog().getByText('This is not valid JSON').waitFor();
    await dialog().getByLabel('Credential as JSON').fill(JSON.stringify(json));
    await dialog().getByText('3 fields were filled from what you pasted.').waitFor();
    await dialog().getByLabel('Label').fill('Pasted');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('“Pasted” is saved').waitFor();
    expect(await page.content()).not.toContain(json.secret_key);
  });
});
