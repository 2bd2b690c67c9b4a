/** From the printed link to a request that is served by one's own key, as a person does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@arouter/sandbox';
import { describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, openBrowser, openPage } from '../support/open-browser.ts';
import { serveGateway } from '../support/start-gateway.ts';

/** A whole journey with a server and a browser of its own, on two busy cores. */
const JOURNEY_MS_MAX = 120_000;

describe.skipIf(!browserIsPresent)('the first run', () => {
  test(
    'leads from the link over owner and key to the first request, and shows it when it arrives',
    async () => {
      const sandbox = await startSandbox();
      const dataDir = await mkdtemp(join(tmpdir(), 'arouter-first-run-'));
      const gateway = await serveGateway({ dataDir, egressAllow: [sandbox.url] });
      const browser = await openBrowser();
      const { page, complaints } = await openPage(browser);
      await page.goto(/https?:\S+#token=\S+/.exec(gateway.stdout())?.[0] ?? '');

      await page.getByLabel('Your name').fill('Ada');
      expect(page.url()).not.toContain('token');
      await page.getByLabel('E-mail').fill('ada@example.com');
      await page.getByLabel('Password').fill('correct horse battery');
      expect(await findAccessibilityFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Create workspace' }).click();

      await page.getByRole('link', { name: 'Add Provider Key' }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^OpenAI\b/ })
        .click();
      await page.getByRole('dialog').getByLabel('API key').fill('sk-sandbox-first');
      await page.getByRole('dialog').locator('summary').click();
      await page.getByRole('dialog').getByLabel('Base URL').fill(`${sandbox.url}/openai/v1`);
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();

      await page.getByText('Waiting for your first request…').waitFor();
      expect(await findAccessibilityFaults(page)).toEqual([]);
      const command = await page.getByRole('region', { name: 'Request with curl' }).textContent();
      const [, authorization = '', body = ''] =
        /-H "Authorization: ([^"]+)"[\s\S]*-d '(.*)'$/.exec(command ?? '') ?? [];
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body,
      });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('choices')]);
      await page.getByText('Your first request has arrived').waitFor();
      await page.getByText(/was served by openai with your own key/).waitFor();
      await page.getByRole('heading', { name: 'Send your first request (done)' }).waitFor();
      expect(complaints).toEqual([]);

      await browser.close();
      await gateway.stop();
      await rm(dataDir, { recursive: true, force: true });
      await sandbox.close();
    },
    JOURNEY_MS_MAX,
  );
});
