/** A real Chromium for tests of the pages: Debian's, without a network but loopback. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WAIT_MS_MAX = 15_000;

/** False: the machine has no Chromium, and the tests that need one are skipped and say so. */
export const browserIsPresent = existsSync(CHROMIUM);

export type OpenedPage = {
  readonly page: Page;
  /** What the console said that a person should not have to see: errors, refused policies, uncaught exceptions. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** A window of its own: no cookies, nothing stored. Requests to other hosts are refused and complained about. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  const complaints: string[] = [];
  await context.route(
    (url) => url.hostname !== '127.0.0.1',
    async (route) => {
      complaints.push(`asked for ${route.request().url()}`);
      await route.abort();
    },
  );
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // A refused request is part of many tests; the page itself says what it means.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  return { page, complaints, close: () => context.close() };
}

export type AccessibilityFault = {
  readonly id: string;
  readonly impact: string;
  readonly places: readonly string[];
};

/** What axe finds on the page as it is now, `serious` and `critical` only. */
export async function findAccessibilityFaults(page: Page): Promise<readonly AccessibilityFault[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Through the debugger, not a script element: the content policy stays as strict as it is.
  return (await page.evaluate(`(async () => {
    ${source};
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, places: nodes.slice(0, 5).map(({ html, failureSummary }) => html.slice(0, 200) + ' | ' + failureSummary) }));
  })()`)) as readonly AccessibilityFault[];
}
