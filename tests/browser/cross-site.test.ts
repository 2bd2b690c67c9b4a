/**
 * A page of a second origin in the browser of somebody who is signed in. Another port of the same host is the hardest case:
 * the browser takes it for the same site and sends the cookie along.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, type OpenedPage } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const KEY = { name: 'Planted' };

describe.skipIf(!browserIsPresent)('a page of a second origin', () => {
  let dashboard: Dashboard;
  let server: Server;
  let elsewhere: string;
  let victim: OpenedPage;
  beforeAll(async () => {
    dashboard = await openDashboard();
    server = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(pageOf(request.url ?? '/', dashboard.gateway.url));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    victim = await dashboard.open('/settings/account');
    await victim.page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
  });
  afterAll(async () => {
    await victim.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await dashboard.close();
  });

  async function plantedKeys(): Promise<number> {
    const { data } = (await dashboard.client.manage('GET', '/api/v1/keys')) as {
      data: readonly { readonly name: string }[];
    };
    return data.filter(({ name }) => name === KEY.name).length;
  }

  test('its own page may make the change that the others try', async () => {
    const status = await victim.page.evaluate(
      async (body) => {
        const answer = await fetch('/api/v1/keys', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return answer.status;
      },
      { name: 'Made here' },
    );
    expect(status).toBe(201);
  });

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])(
    'a form that posts %s is refused, though the cookie comes with it',
    async (encoding) => {
      const page = await victim.page.context().newPage();
      await page.goto(`${elsewhere}/form?${encodeURIComponent(encoding)}`);
      const answered = page.waitForResponse((answer) => answer.url().startsWith(dashboard.gateway.url));
      await page.getByRole('button', { name: 'Win a prize' }).click();
      const answer = await answered;
      const headers = await answer.request().allHeaders();
      expect(headers['cookie']).toContain('arouter_session=');
      expect([answer.status(), await answer.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'cross_site_request' }),
      ]);
      expect(await plantedKeys()).toBe(0);
      await page.close();
    },
  );

  test('a script can neither change anything nor read an answer', async () => {
    const page = await victim.page.context().newPage();
    await page.goto(elsewhere);
    const outcomes = await page.evaluate(
      async ({ gateway, body }) => {
        const attempt = async (path: string, init: RequestInit): Promise<string> => {
          try {
            const answer = await fetch(gateway + path, { credentials: 'include', ...init });
            return `answered ${answer.status}`;
          } catch {
            return 'refused by the browser';
          }
        };
        const json = { 'content-type': 'application/json' };
        return Promise.all([
          attempt('/api/v1/keys', { method: 'POST', headers: json, body }),
          attempt('/api/v1/keys', { method: 'POST', mode: 'no-cors', body }),
          attempt('/api/v1/keys', { method: 'DELETE' }),
          attempt('/api/v1/keys', {}),
          attempt('/api/v1/session', {}),
        ]);
      },
      { gateway: dashboard.gateway.url, body: JSON.stringify(KEY) },
    );
    expect(new Set(outcomes)).toEqual(new Set(['refused by the browser']));
    expect(await plantedKeys()).toBe(0);
    await page.close();
  });

  test('a frame shows nothing of the dashboard', async () => {
    const page = await victim.page.context().newPage();
    await page.goto(`${elsewhere}/frame`);
    await page.locator('iframe').waitFor();
    await page.waitForLoadState('networkidle');
    const frame = page.frames().find((each) => each !== page.mainFrame());
    const text = await frame?.evaluate('document.body?.innerText ?? ""').catch(() => '');
    expect(text ?? '').not.toContain('Account');
    await page.close();
  });
});

function pageOf(address: string, gateway: string): string {
  if (address === '/frame') return `<iframe src="${gateway}/settings/account"></iframe>`;
  if (!address.startsWith('/form')) return '<h1>Elsewhere</h1>';
  const encoding = decodeURIComponent(address.split('?', 2)[1] ?? '');
  const name = encoding === 'text/plain' ? '{"name":"Planted","x":"' : 'name';
  const value = encoding === 'text/plain' ? '"}' : KEY.name;
  return `<form method="post" action="${gateway}/api/v1/keys" enctype="${encoding}">
    <input type="hidden" name='${name}' value='${value}'><button>Win a prize</button></form>`;
}
