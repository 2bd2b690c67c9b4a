/** What a key goes through is seen on its line: it cools down and recovers, its budget is reached; its label is only text. */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const JOURNEY_MS_MAX = 90_000;
const COOLDOWN_SECONDS = 12;
const RECOVERY_MS_MAX = 40_000;
/** Each would run if the page took it for HTML. */
const PAYLOADS = [
  '<img src=x onerror=window.attacked=1>',
  '<script>window.attacked=1</script>',
  '"><svg onload=window.attacked=1>',
  'javascript:window.attacked=1',
  '{{constructor.constructor("window.attacked=1")()}}',
];

describe.skipIf(!browserIsPresent)('the states of a key', () => {
  let dashboard: Dashboard;
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });

  const addKey = (label: string, secret: string, over: object = {}) =>
    dashboard.client.addKey({
      provider: 'openai',
      label,
      credential: { api_key: secret },
      base_url: `${sandbox.url}/openai/v1`,
      ...over,
    });

  async function ask(model: string): Promise<number> {
    const { url, keys } = dashboard.gateway;
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  test(
    'a key that is rate-limited cools down with a countdown, is explained, and recovers on screen',
    async () => {
      const secret = 'sk-sandbox-limited';
      const key = await addKey('Limited', secret, { supported_models: ['gpt-4o'] });
      sandbox.behave({
        match: { key: secret },
        fault: { kind: 'error', preset: 'rate_limited', retryAfter: String(COOLDOWN_SECONDS) },
      });
      expect(await ask('openai/gpt-4o')).toBe(429);
      const { page, complaints, close } = await dashboard.open(`/settings/integrations?key=${key.id}`);
      await page
        .getByRole('dialog')
        .getByText(/Cooling down\s*0:\d\d/)
        .waitFor();
      await page.getByRole('dialog').getByText('Fallback to platform', { exact: true }).waitFor();
      expect(await findAccessibilityFaults(page)).toEqual([]);
      sandbox.clearBehaviours();
      await page
        .getByRole('dialog')
        .getByText('Healthy', { exact: true })
        .waitFor({ timeout: RECOVERY_MS_MAX });
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test('a budget that is used up is said on the line, with an amount that is not rounded to nothing', async () => {
    await addKey('Frugal', 'sk-sandbox-frugal', {
      supported_models: ['gpt-4.1'],
      daily_budget_usd: 0.000001,
    });
    expect(await ask('openai/gpt-4.1')).toBe(200);
    const { page, close } = await dashboard.open('/settings/integrations');
    const line = page.getByRole('listitem').filter({ hasText: 'Frugal' });
    await line.getByText('Budget reached').waitFor();
    await line.getByText('$0.000001', { exact: true }).waitFor();
    expect(await line.textContent()).not.toContain('Spent today$0.00 ');
    await close();
  });

  test(
    'a key that is deleted is back when it is undone, and its share is what the server says',
    async () => {
      const kept = await addKey('Kept', 'sk-sandbox-kept', { provider: 'groq', weight: 3 });
      await addKey('Beside', 'sk-sandbox-beside', { provider: 'groq' });
      const { page, complaints, close } = await dashboard.open(`/settings/integrations?key=${kept.id}`);
      const dialog = page.getByRole('dialog');
      await dialog.getByText('75 %').waitFor();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      const line = page.getByRole('listitem').filter({ hasText: 'Kept' });
      await line.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).click();
      await line.waitFor();
      expect((await dashboard.client.readKey(kept.id)).label).toBe('Kept');
      await page.goto(`${dashboard.gateway.url}/settings/integrations?edit=${kept.id}`);
      await dialog.locator('summary').click();
      await dialog.getByLabel('Weight').fill('1');
      await dialog.getByText('50 %').first().waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test('what looks like code in a label stays text, wherever it is shown', async () => {
    for (const [index, payload] of PAYLOADS.entries())
      await addKey(payload, `sk-sandbox-label-${index}`, { enabled: false });
    const { page, complaints, close } = await dashboard.open('/settings/integrations');
    for (const payload of PAYLOADS) {
      await page.getByRole('button', { name: payload, exact: true }).click();
      await page.getByRole('dialog').getByRole('heading', { name: payload, exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
