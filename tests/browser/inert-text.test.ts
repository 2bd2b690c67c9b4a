/**
 * Twenty texts that would run, or change the page, if any page took them for HTML, an address or a template: typed into every
 * field, and come from a provider. Shown as they were written; nothing runs, nothing is added, the content policy has
 * nothing to refuse.
 */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const JOURNEY_MS_MAX = 240_000;
/** A page on a busy machine, its data included. */
const SHOWN_MS_MAX = 15_000;
/** Fields of the pages that are visited, those that are folded away included. */
const FILLED_MIN = 12;
const RUN = 'window.attacked=1';
const PAYLOADS: readonly string[] = [
  `<img src=x onerror=${RUN}>`,
  `<script>${RUN}</script>`,
  `"><svg onload=${RUN}>`,
  `'><script>${RUN}</script>`,
  `javascript:${RUN}`,
  `{{constructor.constructor("${RUN}")()}}`,
  `\${${RUN}}`,
  `<iframe srcdoc="<script>parent.attacked=1</script>">`,
  `<a href="javascript:${RUN}">click</a>`,
  `<details open ontoggle=${RUN}>`,
  `<video><source onerror=${RUN}></video>`,
  `<input autofocus onfocus=${RUN}>`,
  `<style>@import 'javascript:${RUN}'</style>`,
  `<base href="//127.0.0.1:1/">`,
  `<form action="javascript:${RUN}"><button>x</button></form>`,
  `<math><mtext></title><img src=x onerror=${RUN}></math>`,
  `</textarea><script>${RUN}</script>`,
  `--><script>${RUN}</script><!--`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `<xss-payload style="position:fixed;inset:0">covered</xss-payload>`,
];
/** What no page of ours has in its main part; the payloads would add it. */
const ADDED =
  'main :is(img, script, iframe, video, base, math, style, xss-payload), main a[href^="javascript"], main form[action^="javascript"]';

describe.skipIf(!browserIsPresent)('text that looks like code', () => {
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

  async function expectInert(page: Page, complaints: readonly string[], at: string): Promise<void> {
    expect([at, await page.evaluate('window.attacked')]).toEqual([at, undefined]);
    expect([at, await page.locator(ADDED).count()]).toEqual([at, 0]);
    expect([at, complaints]).toEqual([at, []]);
  }

  /** Shown as it was written: the texts of the page, or a value of a field, hold it. */
  async function expectShown(page: Page, payload: string, at: string): Promise<void> {
    const held = `[document.body.innerText, ...[...document.querySelectorAll('input, textarea')].map(({ value }) => value)]
      .some((text) => text.includes(${JSON.stringify(payload)}))`;
    await expect
      .poll(() => page.evaluate(held), { message: `${at} shows ${payload}`, timeout: SHOWN_MS_MAX })
      .toBe(true);
  }

  test(
    'stored by people is shown as they wrote it: keys, API keys, the workspace, their own name',
    async () => {
      const { client, gateway } = dashboard;
      for (const [index, payload] of PAYLOADS.entries()) {
        const credential = { api_key: `sk-sandbox-inert-${index}` };
        await client.addKey({ provider: 'openai', label: payload, credential, enabled: false });
        await client.manage('POST', '/api/v1/keys', { name: payload });
      }
      const { page, complaints, close } = await dashboard.open('/settings/account');
      for (const payload of PAYLOADS.slice(0, 4)) {
        for (const path of ['/settings/account', '/settings/members']) {
          await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
          const name = page.getByLabel('Name', { exact: true });
          await name.fill(payload);
          const saved = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
          await name.press('Enter');
          expect([path, payload, (await saved).status()]).toEqual([path, payload, 200]);
          await page.reload({ waitUntil: 'networkidle' });
          await expectShown(page, payload, path);
          await expectInert(page, complaints, path);
        }
      }
      for (const path of ['/settings/integrations', '/settings/api-keys', '/settings/audit', '/routing']) {
        await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
        if (path === '/settings/integrations')
          for (const payload of PAYLOADS) await expectShown(page, payload, path);
        await expectInert(page, complaints, path);
      }
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test(
    'said by a provider, or asked for by a caller, is shown in the log and at the key',
    async () => {
      const { client, gateway } = dashboard;
      const secret = 'sk-sandbox-hostile';
      const key = await client.addKey({
        provider: 'openai',
        label: 'Hostile',
        credential: { api_key: secret },
        base_url: `${sandbox.url}/openai/v1`,
      });
      const ids: string[] = [];
      for (const payload of PAYLOADS) {
        sandbox.clearBehaviours();
        const body = { error: { message: payload, type: payload, code: payload } };
        sandbox.behave({ match: { key: secret }, fault: { kind: 'answer', status: 400, body } });
        const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${gateway.keys.apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: payload }] }),
        });
        await answer.arrayBuffer();
        ids.push(answer.headers.get('x-generation-id') ?? '');
        await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${gateway.keys.apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: payload, messages: [{ role: 'user', content: 'Hello' }] }),
        }).then((refused) => refused.arrayBuffer());
      }
      const body = { error: { message: PAYLOADS.join(' '), type: 'invalid_request_error' } };
      sandbox.clearBehaviours();
      sandbox.behave({ match: { key: secret }, fault: { kind: 'answer', status: 401, body } });
      const { page, complaints, close } = await dashboard.open('/logs');
      await page.waitForLoadState('networkidle');
      await expectInert(page, complaints, '/logs');
      for (const [index, payload] of PAYLOADS.entries()) {
        await page.goto(`${gateway.url}/logs/${ids[index]}`, { waitUntil: 'networkidle' });
        await expectShown(page, payload, 'one generation');
        await expectInert(page, complaints, 'one generation');
      }
      await page.goto(`${gateway.url}/settings/integrations?key=${key.id}`);
      await page.getByRole('dialog').getByRole('button', { name: 'Test Key' }).click();
      await page.getByRole('dialog').getByText('The provider refused the key').waitFor();
      await expectInert(page, complaints, 'a tested key');
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test(
    'typed into a field of any page, or standing in its address, stays text',
    async () => {
      const { page, complaints, close } = await dashboard.open('/usage');
      let filled = 0;
      for (const path of [
        '/usage',
        '/logs',
        '/models',
        '/routing',
        '/settings/integrations',
        '/settings/api-keys',
      ]) {
        await page.goto(dashboard.gateway.url + path, { waitUntil: 'networkidle' });
        // What is folded away has fields too.
        await page.evaluate(
          "for (const folded of document.querySelectorAll('main details')) folded.open = true",
        );
        const fields = page.getByRole('main').locator('input:is([type=text], [type=search], :not([type]))');
        const count = await fields.count();
        for (let place = 0; place < count; place += 1) {
          const field = fields.nth(place);
          if (!(await field.isVisible())) continue;
          await field.fill(PAYLOADS.join(' '));
          filled += 1;
        }
        await expectInert(page, complaints, path);
      }
      expect(filled).toBeGreaterThan(FILLED_MIN);
      for (let first = 0; first < PAYLOADS.length; first += 3) {
        const [model = '', provider = '', status = ''] = PAYLOADS.slice(first);
        const search = new URLSearchParams({ model, provider, status });
        await page.goto(`${dashboard.gateway.url}/logs?${search}`);
        await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
        await expectInert(page, complaints, `/logs?${search}`);
      }
      await close();
    },
    JOURNEY_MS_MAX,
  );
});
