/** Logs, one request, API keys and credits in a real browser, over a gateway that has served and refused requests. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, openBrowser } from '../support/open-browser.ts';
import { createManagementClient } from '../support/management-client.ts';
import { claimInstance, openSignedIn, OWNER, type SignedInAs } from '../support/open-dashboard.ts';
import { addSandboxKey, openStage, type Stage, type StagedKey } from '../support/stage.ts';
import { ask, CHEAP_MODEL } from '../support/tenant.ts';

describe.skipIf(!browserIsPresent)('records of what was asked', () => {
  let browser: Browser;
  let stage: Stage;
  let failing: StagedKey;
  let session: SignedInAs;

  beforeAll(async () => {
    [browser, stage] = await Promise.all([openBrowser(), openStage()]);
    session = await claimInstance(stage.gateway, OWNER);
    const client = createManagementClient(stage.gateway);
    failing = await addSandboxKey(stage, client.addKey, { label: 'Failing', weight: 1000 });
    await addSandboxKey(stage, client.addKey, { label: 'Steady <img src=x>', weight: 1 });
    stage.sandbox.behave({
      match: { key: failing.secret },
      fault: { kind: 'error', preset: 'rate_limited' },
    });
    const { apiKey } = stage.gateway.keys;
    for (let count = 0; count < 3; count += 1)
      await ask(stage.gateway.url, apiKey, { model: CHEAP_MODEL, stream: count === 1 });
    await ask(stage.gateway.url, apiKey, { model: `${CHEAP_MODEL}:free` });
  });
  afterAll(async () => {
    await browser.close();
    await stage.close();
  });

  async function open(path: string, width = 1440) {
    const contextOptions = { viewport: { width, height: 900 } };
    return openSignedIn({ browser, gateway: stage.gateway, session, path, contextOptions });
  }

  async function expectSound(page: Page, complaints: readonly string[]): Promise<void> {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  }

  test.each([390, 1440])('the log at %i pixels lists what was served and what was refused', async (width) => {
    const { page, complaints, close } = await open('/logs', width);
    await page.getByRole('cell', { name: /Refused/ }).waitFor();
    expect(await page.getByRole('row').count()).toBe(5);
    await expectSound(page, complaints);
    await close();
  });

  test('a filter narrows the log, stands in the address, and can be cleared', async () => {
    const { page, close } = await open('/logs');
    await page.getByLabel('Status').selectOption('refused');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(page.url()).toContain('status=refused');
    await page.getByLabel('Model').fill('no/such-model');
    await page.getByText('No request matches').waitFor();
    await page.getByRole('button', { name: 'Show all requests' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(5);
    await close();
  });

  test('filters by any column stand behind More filters and in the address', async () => {
    const { page, complaints, close } = await open('/logs');
    await page.getByText('More filters').click();
    await page.getByLabel('Streamed').selectOption('true');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.getByLabel('Took at least').fill('86400000');
    await page.getByText('No request matches').waitFor();
    expect(page.url()).toContain('streamed=');
    expect(page.url()).toContain('took=86400000');
    await page.reload();
    await page.getByLabel('Took at least').waitFor();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByLabel('Attempts at least').fill('2');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.getByLabel('Tokens at least').fill('1000000');
    await page.getByText('No request matches').waitFor();
    expect(page.url()).toContain('attempts=2');
    expect(page.url()).toContain('tokens=1000000');
    await page.reload();
    expect(await page.getByLabel('Tokens at least').inputValue()).toBe('1000000');
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(5);
    await expectSound(page, complaints);
    await close();
  });

  test('one request tells why that key, each attempt, and the arithmetic of its cost', async () => {
    const { page, complaints, close } = await open('/logs?status=succeeded');
    await page.getByRole('row').last().click();
    await page.getByText('Attempt 1: Failing').waitFor();
    await page.getByText('the next key was tried').waitFor();
    await page.getByText('Attempt 2: Steady <img src=x>').waitFor();
    await page.getByText('Estimated, at list price; paid to your provider').waitFor();
    const verdicts = page.getByRole('region', { name: /Verdicts for/ });
    expect(await verdicts.getByRole('row').count()).toBe(3);
    expect(await page.locator('img').count()).toBe(0);
    await expectSound(page, complaints);
    await close();
  });

  test('a request that reached no provider says so, and why', async () => {
    const { page, close } = await open('/logs?status=refused');
    await page.getByRole('row').last().click();
    await page.getByText('No provider was asked').waitFor();
    await page.getByText('asks for a free model').first().waitFor();
    await close();
  });

  test('live, requests appear as they end; paused, they are counted; and the server is asked once', async () => {
    const { page, complaints, close } = await open('/logs');
    let listed = 0;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/v1/generations') listed += 1;
    });
    await page.getByRole('cell', { name: /Refused/ }).waitFor();
    const streaming = page.waitForResponse('**/api/v1/generations/stream*');
    await page.getByLabel('Live').click();
    await streaming;
    await expect.poll(() => listed).toBeGreaterThan(0);
    const { apiKey } = stage.gateway.keys;
    const askRefused = () => ask(stage.gateway.url, apiKey, { model: `${CHEAP_MODEL}:free` });
    await askRefused();
    await expect.poll(() => page.getByRole('row').count()).toBe(6);
    await page.getByRole('button', { name: 'Pause' }).click();
    await askRefused();
    await askRefused();
    await page.getByRole('button', { name: '2 new' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(6);
    const before = listed;
    await expectSound(page, complaints);
    await page.getByRole('button', { name: '2 new' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(8);
    expect(listed).toBe(before);
    await close();
  });

  test('an API key is made, shown once, disabled and deleted, each with a way back', async () => {
    const { page, complaints, close } = await open('/settings/api-keys');
    await page.getByRole('button', { name: 'Create API key' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('Checkout');
    await page.getByLabel('Spending limit').fill('-5');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('limit').and(page.getByRole('alert').locator('*')).first().waitFor();
    await page.getByLabel('Spending limit').fill('2.5');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const shown = page.getByRole('region', { name: 'API key', exact: true });
    expect(await shown.textContent()).toMatch(/^lr_live_/);
    await page.getByRole('button', { name: 'I have copied it' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Checkout' });
    await row.getByText('$2.50').waitFor();
    await row.getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await row.getByText('Disabled').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await row.getByText('Active').waitFor();
    await row.getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByRole('heading', { name: 'The new secret of “Checkout”' }).waitFor();
    expect(await shown.textContent()).toMatch(/^lr_live_/);
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await row.getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByText('“Checkout” is deleted').waitFor();
    await expectSound(page, complaints);
    await page.getByRole('button', { name: 'Undo' }).click();
    await row.getByText('$2.50').waitFor();
    await row.getByText(`by ${OWNER.name}`).waitFor();
    await row.getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await row.waitFor({ state: 'detached' });
    await expectSound(page, complaints);
    await close();
  });

  test('credits show that the first workspace is not metered', async () => {
    const { page, complaints, close } = await open('/credits', 390);
    await page.getByText('This workspace is not metered').waitFor();
    await page.getByText('No transaction yet').waitFor();
    await expectSound(page, complaints);
    await close();
  });

  test.each([390, 1440])(
    'usage at %i pixels tells sources apart, and which key failed how',
    async (width) => {
      const { page, complaints, close } = await open('/usage?range=24h', width);
      const models = page.getByRole('region', { name: 'Usage by model' });
      await models.getByRole('cell', { name: 'BYOK', exact: true }).waitFor();
      await page.getByRole('region', { name: 'Errors by key' }).getByText('rate limited: 1').waitFor();
      await page.getByRole('img', { name: 'Requests over time' }).waitFor();
      await page.getByLabel('Show').selectOption('spend');
      await page.getByRole('img', { name: 'Spend over time' }).waitFor();
      expect(page.url()).toContain('measure=spend');
      await expectSound(page, complaints);
      await close();
    },
  );

  test('a preview shows the place in line of every key, and says what is wrong with a name', async () => {
    const { page, complaints, close } = await open('/routing');
    await page.getByRole('combobox', { name: 'Model' }).fill(CHEAP_MODEL);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Preview' }).click();
    const verdicts = page.getByRole('region', { name: /Verdicts for/ });
    await verdicts.waitFor();
    expect(await verdicts.getByRole('row').count()).toBe(3);
    await page.getByRole('combobox', { name: 'Model' }).fill('nobody/nothing');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('No provider serves "nobody/nothing"').waitFor();
    await expectSound(page, complaints);
    await close();
  });

  test('what would be is seen beside what is, saved with a button, and only then true', async () => {
    const { page, complaints, close } = await open(`/routing?model=${CHEAP_MODEL}`, 2560);
    const then = page.getByRole('region', { name: 'Now and then' });
    const weight = page.getByLabel('Failing: Weight');
    await weight.fill('0');
    await page.getByText(/`?changes.*weight.*1 to 1000/).waitFor();
    await weight.fill('3');
    await then.getByRole('cell', { name: '75 %' }).waitFor();
    await page.getByLabel('Failing: on').click();
    await then.getByText('key disabled').waitFor();
    await then.getByRole('cell', { name: '100 %' }).waitFor();
    await expectSound(page, complaints);
    const client = createManagementClient(stage.gateway);
    expect((await client.readKey(failing.id)).enabled).toBe(true);
    await page.getByRole('button', { name: 'Save these changes' }).click();
    await page.getByText('The key is changed').first().waitFor();
    await then.waitFor({ state: 'detached' });
    expect((await client.readKey(failing.id)).enabled).toBe(false);
    await client.editKey(failing.id, { enabled: true, weight: 1000 });
    await close();
  });

  test('the audit log names who added which key, without its secret', async () => {
    const { page, complaints, close } = await open('/settings/audit');
    await page.getByText('provider_key.create').first().waitFor();
    await page.getByText('Steady <img src=x>').first().waitFor();
    await page.locator('summary').first().click();
    expect(await page.content()).not.toContain(failing.secret);
    await expectSound(page, complaints);
    await close();
  });
});
