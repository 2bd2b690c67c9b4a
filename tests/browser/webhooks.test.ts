/** Webhooks in a real browser, to a real receiver: made, tested, told of a request, failed, retried, changed, taken out. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';
import { ask, CHEAP_MODEL } from '../support/tenant.ts';

/** What a destination says when it refuses: of an answer, nothing but its status is for any page. */
const HOSTILE = '<img src=x onerror=window.attacked=1><script>window.attacked=1</script>';
const TOKEN = 'Bearer a-token-of-theirs';

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };

describe.skipIf(!browserIsPresent)('webhooks', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  let receiver: Server;
  let url: string;
  let status = 204;
  const received: Received[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        if (status < 300) response.writeHead(status).end();
        else response.writeHead(status, HOSTILE, { 'x-said': HOSTILE }).end(HOSTILE);
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    url = `${origin}/hook`;
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url, origin] });
    await dashboard.client.addKey({
      provider: 'openai',
      label: 'Own',
      credential: { api_key: 'sk-sandbox-webhooks' },
      base_url: `${sandbox.url}/openai/v1`,
    });
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const open = (width = 1440, colorScheme: 'light' | 'dark' = 'light') =>
    dashboard.open('/settings/webhooks', { viewport: { width, height: 900 }, colorScheme });
  async function expectSound(page: Page, complaints: readonly string[]): Promise<void> {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  }
  const menu = async (page: Page, item: string): Promise<void> => {
    await page.getByRole('button', { name: 'More for Billing' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };

  test('a destination is checked, made, and its secret shown once; the form says what is missing', async () => {
    const { page, complaints, close } = await open(390);
    await page.getByText('Nobody is told yet').waitFor();
    await expectSound(page, complaints);
    await page.getByRole('button', { name: 'Add destination' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('Give it a name.').waitFor();
    await dialog.getByLabel('Name', { exact: true }).fill('Billing');
    await dialog.getByLabel('URL').fill(url);
    await dialog.getByRole('button', { name: 'Check connection' }).click();
    await dialog.getByText('The host answers (status 204).').waitFor();
    await dialog.getByRole('button', { name: 'Add header' }).click();
    await dialog.getByLabel('Header name').fill('Authorization');
    await dialog.getByLabel('Value').fill(TOKEN);
    await dialog.getByRole('switch', { name: 'All events' }).click();
    await dialog.getByLabel(/^generation\.completed/).check();
    await expectSound(page, complaints);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    const secret = await page.getByRole('region', { name: 'signing secret' }).textContent();
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByText('generation.completed · with Authorization').waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(await page.content()).not.toContain(TOKEN);
    await close();
  });

  test.each([
    [1440, 'dark'],
    [2560, 'light'],
  ] as const)(
    'at %i pixels, %s, a sample and a request arrive, signed and with the header',
    async (width, scheme) => {
      const { page, complaints, close } = await open(width, scheme);
      await page.getByRole('button', { name: 'Send test' }).click();
      await page.getByText('The sample arrived').waitFor();
      expect(received.at(-1)?.headers).toMatchObject({
        authorization: TOKEN,
        'webhook-signature': expect.stringMatching(/^v1,/),
      });
      await ask(dashboard.gateway.url, dashboard.gateway.keys.apiKey, { model: CHEAP_MODEL });
      const list = page.getByRole('list', { name: 'Deliveries' });
      await list.getByText('generation.completed').first().waitFor({ timeout: 15_000 });
      await list.getByText('Delivered', { exact: true }).first().waitFor();
      await expectSound(page, complaints);
      await close();
    },
  );

  test('what does not arrive says why, is found by its state, and can be tried again', async () => {
    status = 500;
    const { page, complaints, close } = await open();
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('The sample did not arrive').first().waitFor();
    await page.getByLabel('State').selectOption('pending');
    const line = page.getByRole('list', { name: 'Deliveries' }).getByRole('listitem');
    await line.getByText('status 500').waitFor();
    expect(page.url()).toContain('state=pending');
    expect(await page.content()).not.toContain('attacked');
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    status = 204;
    await line.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('None', { exact: true }).waitFor();
    await expectSound(page, complaints);
    await close();
  });

  test('it is edited without its header, warned of another host, disabled with a way back, given a new secret', async () => {
    const { page, close } = await open();
    await menu(page, 'Edit');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Authorization (as stored)').waitFor();
    await dialog.getByLabel('URL').fill('https://elsewhere.example.com/in');
    await dialog.getByText('This is another host').waitFor();
    await dialog.getByLabel('URL').fill(`${url}?tenant=1`);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('The sample arrived').waitFor();
    expect(received.at(-1)?.headers.authorization).toBe(TOKEN);
    await menu(page, 'Disable');
    await page.getByText('Disabled', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Active', { exact: true }).waitFor();
    await menu(page, 'New secret');
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    expect(await page.getByRole('region', { name: 'signing secret' }).textContent()).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await close();
  });

  test('it is deleted by name', async () => {
    const { page, complaints, close } = await open();
    await menu(page, 'Delete');
    await page.getByLabel(/to confirm/).fill('Billing');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('Nobody is told yet').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test('a failure says why and can be tried again', async () => {
    const { page, close } = await dashboard.open('/settings/account');
    let refuses = true;
    await page.route('**/api/webhooks/endpoints*', (route) =>
      refuses ? route.fulfill({ status: 400, body: 'no' }) : route.continue(),
    );
    await page.goto(`${dashboard.gateway.url}/settings/webhooks`);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    refuses = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nobody is told yet').waitFor();
    await close();
  });
});
