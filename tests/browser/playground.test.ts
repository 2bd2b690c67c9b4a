/** The playground in a real browser, over the real pipeline: streams, stops, says what failed, and shows who answered. */
import type { Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';
import type { ShownProviderKey } from '../support/management-client.ts';
import { CHEAP_MODEL } from '../support/tenant.ts';

const LIMITED = 'sk-sandbox-play-limited';
const STEADY = 'sk-sandbox-play-steady';
const MARKUP = '<img src=x onerror=window.attacked=1><script>window.attacked=1</script>**bold**';

describe.skipIf(!browserIsPresent)('the playground', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  let limited: ShownProviderKey;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    const at = { provider: 'openai', base_url: `${sandbox.url}/openai/v1` };
    limited = await dashboard.client.addKey({
      ...at,
      label: 'Limited',
      weight: 1000,
      credential: { api_key: LIMITED },
    });
    await dashboard.client.addKey({ ...at, label: 'Steady', credential: { api_key: STEADY } });
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });
  afterEach(() => {
    sandbox.clearBehaviours();
  });

  const open = (width = 1440, colorScheme: 'light' | 'dark' = 'light') =>
    dashboard.open(`/playground?model=${CHEAP_MODEL}`, { viewport: { width, height: 900 }, colorScheme });
  async function ask(page: Page, question: string): Promise<void> {
    await page.getByLabel('Question').fill(question);
    await page.getByLabel('Question').press('Enter');
  }
  async function expectSound(page: Page, complaints: readonly string[]): Promise<void> {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  }

  test('an answer tells who gave it after whom, in how many tries and for how much; the log has the rest', async () => {
    sandbox.behave({ match: { key: LIMITED }, fault: { kind: 'error', preset: 'rate_limited' } });
    const { page, complaints, close } = await open();
    await page.getByLabel('System prompt').fill('Be brief.');
    const sent = page.waitForRequest('**/playground/chat/completions');
    await ask(page, 'Hello');
    expect((await sent).postDataJSON()).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    });
    const answer = page.getByRole('article');
    await answer.getByText('2 tries').waitFor();
    await answer.getByText('Steady', { exact: true }).first().waitFor();
    await answer.getByText(/^\$0\.0000\d+$/).waitFor();
    await answer.locator('summary').last().click();
    await answer.getByText('1. Limited').waitFor();
    await expectSound(page, complaints);
    await answer.getByRole('link', { name: 'This request in the logs' }).click();
    await page.getByText('Attempt 2: Steady').waitFor();
    // From here on the steady one is alone, whatever the other's bench says.
    await dashboard.client.editKey(limited.id, { enabled: false });
    await close();
  });

  test.each([
    [390, 'light'],
    [2560, 'dark'],
  ] as const)('at %i pixels, %s, is sound before and after an answer', async (width, scheme) => {
    const { page, complaints, close } = await open(width, scheme);
    await page.getByRole('heading', { name: 'Ask something' }).waitFor();
    await expectSound(page, complaints);
    await ask(page, 'Hello');
    await page.getByRole('article').getByText('1 try').waitFor();
    await expectSound(page, complaints);
    await close();
  });

  test('an answer comes piece by piece and stops when it is told to; the gateway has settled it', async () => {
    sandbox.behave({ match: { key: STEADY }, fault: { kind: 'pace', frameDelayMs: 150 } });
    const { page, complaints, close } = await open();
    await ask(page, 'Tell me a long story');
    const answer = page.getByRole('article').locator('p.leading-6');
    await answer.waitFor();
    const begun = (await answer.textContent()) ?? '';
    await expect.poll(async () => ((await answer.textContent()) ?? '').length).toBeGreaterThan(begun.length);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor();
    const stopped = await answer.textContent();
    const summary = page.getByRole('article').locator('summary').last();
    await summary.getByText('1 try').waitFor();
    expect(await answer.textContent()).toBe(stopped);
    await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test('what a model writes is text', async () => {
    const frame = { choices: [{ index: 0, delta: { content: MARKUP }, finish_reason: 'stop' }] };
    sandbox.behave({
      match: { key: STEADY },
      fault: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: `data: ${JSON.stringify(frame)}\n\ndata: [DONE]\n\n`,
      },
    });
    const { page, complaints, close } = await open();
    await ask(page, MARKUP);
    await expect.poll(() => page.getByText(MARKUP, { exact: true }).count()).toBe(2);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(complaints).toEqual([]);
    await close();
  });

  test('a refusal is told in the gateway’s own words, and can be asked again', async () => {
    const { page, complaints, close } = await open();
    const model = page.getByRole('combobox', { name: 'Model' });
    await model.fill('nobody/nothing');
    await page.keyboard.press('Escape');
    await ask(page, 'Hello');
    const failed = page.getByRole('alert');
    await failed.getByText('No provider serves "nobody/nothing"').waitFor();
    await expectSound(page, complaints);
    await model.fill('nano 4.1');
    await page.getByRole('option').getByText(CHEAP_MODEL, { exact: true }).click();
    expect(decodeURIComponent(page.url())).toContain(`model=${CHEAP_MODEL}`);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('article').getByText('1 try').waitFor();
    expect(await page.getByRole('article').count()).toBe(1);
    await close();
  });

  test('a setting out of its bounds says so and nothing is asked', async () => {
    const { page, close } = await open();
    await page.getByLabel('Temperature').fill('3');
    await page.getByText('From 0 to 2.').waitFor();
    await page.getByLabel('Question').fill('Hello');
    expect(await page.getByRole('button', { name: 'Ask', exact: true }).isDisabled()).toBe(true);
    await close();
  });

  test('the requests stand under a key of the person’s own, which can be limited like any', async () => {
    const { page, close } = await dashboard.open('/settings/api-keys');
    const row = page.getByRole('row').filter({ hasText: `Playground of ${dashboard.owner.name}` });
    await row.getByText('Active').waitFor();
    await close();
  });
});
