/** Kept bodies as people meet them: turned on by an owner, read on the page of one request, as text and nothing else, and deleted. */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invitePerson } from '../support/invite-person.ts';
import { browserIsPresent, findAccessibilityFaults } from '../support/open-browser.ts';
import { openDashboard, openSignedIn, type Dashboard } from '../support/open-dashboard.ts';
import { ask } from '../support/tenant.ts';

const JOURNEY_MS_MAX = 180_000;
const HOSTILE = `<img src=x onerror=window.attacked=1></pre><script>window.attacked=1</script><xss-payload>`;
const SHOW = 'Show request and answer';

describe.skipIf(!browserIsPresent)('kept bodies', () => {
  let sandbox: Sandbox;
  let dashboard: Dashboard;
  beforeAll(async () => {
    sandbox = await startSandbox();
    await open({ AROUTER_KEEP_BODIES: 'true', AROUTER_KEPT_BODY_BYTES_MAX: '4096' });
  });
  afterAll(async () => {
    await dashboard.close();
    await sandbox.close();
  });

  async function open(environment: Readonly<Record<string, string>>): Promise<void> {
    dashboard = await openDashboard({ egressAllow: [sandbox.url], environment });
    await dashboard.client.addKey({
      provider: 'openai',
      credential: { api_key: 'sk-sandbox-kept-0123456789' },
      base_url: `${sandbox.url}/openai/v1`,
    });
  }

  /** The id of the generation. */
  async function say(text: string, stream = false): Promise<string> {
    const { gateway } = dashboard;
    const { status, header } = await ask(gateway.url, gateway.keys.apiKey, { text, stream });
    expect(status).toBe(200);
    return header('x-generation-id') ?? '';
  }

  async function visit(page: Page, id: string): Promise<void> {
    await page.goto(`${dashboard.gateway.url}/logs/${id}`, { waitUntil: 'networkidle' });
    await page.getByRole('heading', { name: 'Request and answer' }).waitFor();
  }

  test(
    'an owner turns it on, reads what was said as text, and deletes it; a viewer is told why not',
    async () => {
      const early = await say('before');
      const { page, complaints, close } = await dashboard.open('/logs');
      await page.getByText('Prompts and answers are not kept.').waitFor();
      await page.goto(`${dashboard.gateway.url}/settings/members`);
      await page.getByText('Nothing is kept now.').waitFor();
      await page.getByLabel('Keep the bodies of requests and answers').click();
      await page.getByText(/^On since/).waitFor();
      await visit(page, early);
      await page.getByRole('button', { name: SHOW }).click();
      await page.getByText('came before keeping bodies was turned on').waitFor();

      sandbox.behave({
        times: 1,
        fault: { kind: 'answer', status: 200, body: { ...ANSWER, choices: [choiceOf(HOSTILE)] } },
      });
      const hostile = await say(`${HOSTILE} asked`);
      await visit(page, hostile);
      await page.getByRole('button', { name: SHOW }).click();
      const request = page.getByRole('region', { name: 'request', exact: true });
      const answer = page.getByRole('region', { name: 'answer', exact: true });
      // Readable has lines; as it was has none. Both are what was sent.
      expect(await request.textContent()).toContain('{\n  "model"');
      expect(JSON.parse((await request.textContent()) ?? '').messages[0].content).toBe(`${HOSTILE} asked`);
      expect(JSON.parse((await answer.textContent()) ?? '').choices[0].message.content).toBe(HOSTILE);
      await page.getByRole('tab', { name: 'As it was' }).first().click();
      expect(await request.textContent()).toMatch(/^\{"model"/);
      expect(await page.evaluate('window.attacked')).toBeUndefined();
      expect(await page.locator('main :is(img, script, xss-payload)').count()).toBe(0);
      expect(await findAccessibilityFaults(page)).toEqual([]);

      const long = await say('word '.repeat(2000), true);
      await visit(page, long);
      await page.getByRole('button', { name: SHOW }).click();
      await page.getByText('cut: the first 4 KiB').first().waitFor();
      expect(await answer.textContent()).toContain('"object": "chat.completion.chunk"');
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      await page.setViewportSize({ width: 1440, height: 900 });

      const viewer = { name: 'Vera', email: 'vera@example.com', password: 'another horse battery' };
      const session = await invitePerson(dashboard.gateway, page, { ...viewer, role: 'viewer' });
      const { browser, gateway } = dashboard;
      const other = await openSignedIn({ browser, gateway, session, path: `/logs/${hostile}` });
      await other.page.getByText('Your role does not see what was said.').waitFor();
      expect(await other.page.getByRole('button', { name: SHOW }).count()).toBe(0);
      expect(other.complaints).toEqual([]);
      await other.close();

      await page.goto(`${gateway.url}/settings/audit`);
      await page.getByText('bodies.read').first().waitFor();
      await page.goto(`${gateway.url}/settings/members`);
      await page.getByLabel('Keep the bodies of requests and answers').click();
      const dialog = page.getByRole('dialog');
      const { name } = await workspaceOf(page);
      await dialog.getByLabel(/to confirm/).fill(name);
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('Nothing is kept now.').waitFor();
      await visit(page, hostile);
      await page.getByRole('button', { name: SHOW }).click();
      await page.getByText('it is off in this workspace').waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test(
    'where the operator has not allowed it, the pages say so and the switch does not move',
    async () => {
      await dashboard.close();
      await open({});
      const id = await say('unkept');
      const { page, complaints, close } = await dashboard.open('/settings/members');
      await page.getByText('The operator of this gateway has not allowed it.').waitFor();
      expect(await page.getByLabel('Keep the bodies of requests and answers').isDisabled()).toBe(true);
      await visit(page, id);
      await page.getByText('Not kept: the operator of this gateway has not allowed it').waitFor();
      expect(await page.getByRole('button', { name: SHOW }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );
});

const ANSWER = {
  id: 'chatcmpl-hostile',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4.1-nano',
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

function choiceOf(content: string) {
  return { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
}

async function workspaceOf(page: Page): Promise<{ readonly name: string }> {
  const answer = await page.request.get(`${new URL(page.url()).origin}/api/v1/session`);
  return ((await answer.json()) as { readonly data: { readonly workspace: { readonly name: string } } }).data
    .workspace;
}
