/**
 * Two hundred texts that would run, or change the page, if any page took them for HTML, an address or a template: in every field
 * that is stored, typed into every field of the pages, standing in addresses, and come from a provider. Shown as they were written;
 * nothing runs, nothing is added, the content policy has nothing to refuse.
 */
import { ROUTES, type Route } from '@arouter/contract';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOSTILE_TEXTS, joinedTexts } from '../support/hostile-texts.ts';
import { invitePerson } from '../support/invite-person.ts';
import { browserIsPresent } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const JOURNEY_MS_MAX = 240_000;
/** A page on a busy machine, its data included. */
const SHOWN_MS_MAX = 15_000;
/** Fields of the pages that are visited, those that are folded away included. */
const FILLED_MIN = 12;
/** So many a workspace may have. */
const DESTINATIONS = 20;
/** As long as a name may be. */
const NAMES = joinedTexts(255);
/** What a provider says at once, in one answer. */
const SAID_CHARACTERS = 1500;
/** What the address of the log may say; a longer one than this is cut. */
const NAMED_IN_ADDRESS =
  'model provider status key apiKey asked format error finish fallback request upstream'.split(' ');
/** What no page of ours has in its main part; the texts would add it. */
const ADDED =
  'main :is(img, script, iframe, video, audio, embed, object, base, math, style, marquee, template, form[action], xss, xss-payload), main a:is([href^="javascript"], [href^="data"], [ping])';

/** Bodies' fields that take such a text, and where a person sees it afterwards; null: nobody does. */
const SHOWN_AT: Readonly<Record<string, readonly string[] | null>> = {
  'completeFirstRun.name': ['/settings/account'],
  'completeFirstRun.workspace_name': ['/settings/members'],
  'updateUser.name': ['/settings/account'],
  'renameWorkspace.name': ['/settings/members'],
  'createWorkspace.name': ['/settings/members'],
  'updateWorkspace.name': ['/settings/members'],
  'acceptInvitation.name': ['/settings/members'],
  'createApiKey.name': ['/settings/api-keys', '/settings/audit'],
  'updateApiKey.name': ['/settings/api-keys', '/settings/audit'],
  'createByok.label': ['/settings/integrations', '/settings/audit'],
  'createByok.name': ['/settings/integrations', '/settings/audit'],
  'updateByok.label': ['/settings/integrations', '/settings/audit'],
  'updateByok.name': ['/settings/integrations', '/settings/audit'],
  'createPlatformKey.label': ['/operator/platform-keys'],
  'createPlatformKey.name': ['/operator/platform-keys'],
  'updatePlatformKey.label': ['/operator/platform-keys'],
  'updatePlatformKey.name': ['/operator/platform-keys'],
  'grantCredits.description': ['/credits'],
  'createWebhook.name': ['/settings/webhooks'],
  'updateWebhook.name': ['/settings/webhooks'],
  'setPrice.model': ['/models'],
};
/** Proofs, ids, addresses and what is only looked up: compared, sealed or sent, and shown to nobody. */
const NEVER_SHOWN =
  /\.(?:password|current_password|new_password|code|token|credential|key|base_url|url|provider|workspace_id|endpoint_id|provider_key_id|idempotency_key)$|^(?:test|preview|share)\w+\./;

test('there are two hundred, each once, and every field that stores one is tried', () => {
  expect(new Set(HOSTILE_TEXTS).size).toBeGreaterThanOrEqual(200);
  expect(new Set(HOSTILE_TEXTS).size).toBe(HOSTILE_TEXTS.length);
  const taking = Object.entries<Route>(ROUTES).flatMap(([name, { body }]) =>
    Object.entries(body === null || !('shape' in body) ? {} : (body.shape as Record<string, Field>))
      .filter(([, field]) => HOSTILE_TEXTS.some((text) => field.safeParse(text).success))
      .map(([field]) => `${name}.${field}`),
  );
  expect(taking.filter((each) => !NEVER_SHOWN.test(each)).toSorted()).toEqual(
    Object.keys(SHOWN_AT).toSorted(),
  );
});
type Field = { safeParse(value: unknown): { readonly success: boolean } };

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

  /**
   * Shown as they were written: the texts of the page, or a value of a field, hold each. A long list is shown in parts, by its button
   * or as it is scrolled.
   */
  async function expectShown(page: Page, texts: readonly string[], at: string): Promise<void> {
    const missing = `(() => {
      const fields = [...document.querySelectorAll('input, textarea')].map(({ value }) => value);
      window.held = [window.held ?? '', document.body.innerText, ...fields].join('\\n');
      for (const each of document.querySelectorAll('main button')) if (/^Show .* more$/.test(each.innerText)) each.click();
      for (const each of [document.scrollingElement, ...document.querySelectorAll('main, main *')])
        if (each.scrollHeight > each.clientHeight + 8) each.scrollTop += each.clientHeight / 2;
      return ${JSON.stringify(texts)}.filter((text) => !window.held.includes(text));
    })()`;
    await expect
      .poll(() => page.evaluate(missing), { message: `${at} shows each`, timeout: SHOWN_MS_MAX })
      .toEqual([]);
  }

  test(
    'stored by people is shown as they wrote it, wherever it is shown',
    async () => {
      const { client, gateway } = dashboard;
      const workspace = `/api/v1/workspaces/${gateway.keys.workspaceId}`;
      await Promise.all(
        HOSTILE_TEXTS.map(async (text, index) => {
          const credential = { api_key: `sk-sandbox-inert-${index}` };
          await client.addKey({ provider: 'openai', label: text, credential, enabled: false });
          await client.manage('POST', '/api/v1/keys', { name: text });
        }),
      );
      for (const [index, name] of NAMES.entries()) {
        const credential = { api_key: `sk-sandbox-platform-${index}` };
        await client.addPlatformKey({ provider: 'openai', label: name, credential, enabled: false });
        await client.operate('POST', `${workspace}/credits`, { amount_usd: 1, description: name });
        if (index >= DESTINATIONS) continue;
        const url = 'https://hooks.example.com/';
        await client.manage('POST', '/api/webhooks/endpoints', { name, url });
      }
      const { page, complaints, close } = await dashboard.open('/settings/account');
      const person = {
        email: 'guest@example.com',
        password: 'correct horse battery',
        role: 'viewer',
      } as const;
      await invitePerson(gateway, page, { ...person, name: NAMES[0] ?? '' });
      const headers = { origin: gateway.url };
      for (const name of NAMES.slice(1, 4)) {
        await page.request.patch(`${gateway.url}/api/v1/user`, { headers, data: { name } });
        await page.request.patch(`${gateway.url}/api/v1/workspace`, { headers, data: { name } });
        for (const path of ['/settings/account', '/settings/members']) {
          await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
          await expectShown(page, [name], path);
          await expectInert(page, complaints, path);
        }
      }
      await expectShown(page, NAMES.slice(0, 1), '/settings/members');
      for (const [path, texts] of [
        ['/settings/integrations', HOSTILE_TEXTS],
        ['/settings/api-keys', HOSTILE_TEXTS],
        ['/operator/platform-keys', NAMES],
        ['/settings/webhooks', NAMES.slice(0, DESTINATIONS)],
        ['/credits', NAMES.slice(-10)],
        ['/settings/audit', NAMES.slice(1, 4)],
        ['/routing', []],
        ['/models', []],
      ] as const) {
        await page.goto(gateway.url + path, { waitUntil: 'networkidle' });
        await expectShown(page, texts, path);
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
      const ask = async (model: string, content: string): Promise<string> => {
        const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${gateway.keys.apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
        });
        await answer.arrayBuffer();
        return answer.headers.get('x-generation-id') ?? '';
      };
      const said = joinedTexts(SAID_CHARACTERS);
      const ids: string[] = [];
      for (const message of said) {
        sandbox.clearBehaviours();
        const body = { error: { message, type: message, code: message } };
        sandbox.behave({ match: { key: secret }, fault: { kind: 'answer', status: 400, body } });
        ids.push(await ask('openai/gpt-4o', message));
      }
      await Promise.all(HOSTILE_TEXTS.map((text) => ask(text, 'Hello')));
      const body = { error: { message: said[0], type: 'invalid_request_error' } };
      sandbox.clearBehaviours();
      sandbox.behave({ match: { key: secret }, fault: { kind: 'answer', status: 401, body } });
      const { page, complaints, close } = await dashboard.open('/logs');
      await page.waitForLoadState('networkidle');
      await expectInert(page, complaints, '/logs');
      for (const [index, message] of said.entries()) {
        await page.goto(`${gateway.url}/logs/${ids[index]}`);
        await expectShown(page, [message], 'one generation');
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
          await field.fill(HOSTILE_TEXTS.join(' '));
          filled += 1;
        }
        await expectInert(page, complaints, path);
      }
      expect(filled).toBeGreaterThan(FILLED_MIN);
      const { length } = NAMED_IN_ADDRESS;
      for (let first = 0; first < NAMES.length; first += length) {
        const parts = NAMED_IN_ADDRESS.map((name, index) => [name, NAMES[first + index] ?? ''] as const);
        const search = new URLSearchParams(Object.fromEntries(parts));
        await page.goto(`${dashboard.gateway.url}/logs?${search}`);
        await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
        await expectInert(page, complaints, `/logs?${search}`);
      }
      await close();
    },
    JOURNEY_MS_MAX,
  );
});
