/**
 * `npm run screenshots`: starts a gateway over the sandbox, lets things go well and badly, and writes pictures of every page,
 * light and dark, wide and narrow, with a page that shows them all, to docs/screenshots/. With names behind it
 * (`npm run screenshots -- models logs`) it takes those pictures alone.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { openDashboard, type Dashboard } from '../tests/support/open-dashboard.ts';
import { openPage } from '../tests/support/open-browser.ts';
import { ensureDashboard } from './build.mjs';

type Shot = {
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  /** What is done on the page before its picture is taken. */
  readonly arrange?: (page: Page) => Promise<void>;
};

const FOLDER = join(import.meta.dirname, '../docs/screenshots');
const HEIGHT = 900;
const SETTLE_MS = 700;

const openFirstKey = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Research', exact: true }).click();
  await page.getByRole('dialog').waitFor();
};

const askInPlayground = async (page: Page): Promise<void> => {
  await page.getByLabel('Question').fill('Which river runs through Vienna?');
  await page.getByLabel('Question').press('Enter');
  await page.getByText(/\d tr(?:y|ies)/).waitFor();
};

const createApiKey = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Create API key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Checkout service');
  await page.getByLabel('Spending limit').fill('25');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByText('Checkout service').first().waitFor();
};

const SHOTS: readonly Shot[] = [
  {
    name: 'integrations',
    title: 'Settings → Integrations',
    path: '/settings/integrations',
    width: 1440,
    scheme: 'light',
  },
  {
    name: 'integrations-dark',
    title: 'The same, dark',
    path: '/settings/integrations',
    width: 1440,
    scheme: 'dark',
  },
  {
    name: 'integrations-narrow',
    title: 'The same on a phone',
    path: '/settings/integrations',
    width: 390,
    scheme: 'light',
  },
  {
    name: 'key-details',
    title: 'A key that was refused, explained',
    path: '/settings/integrations',
    width: 1440,
    scheme: 'light',
    arrange: openFirstKey,
  },
  {
    name: 'add-key',
    title: 'Add Provider Key',
    path: '/settings/integrations?add=openai',
    width: 1440,
    scheme: 'dark',
    arrange: (page) => page.locator('summary').click(),
  },
  { name: 'usage', title: 'Usage', path: '/usage', width: 1440, scheme: 'light' },
  { name: 'logs', title: 'Logs', path: '/logs', width: 1440, scheme: 'dark' },
  { name: 'models', title: 'Models', path: '/models?served=any', width: 1440, scheme: 'light' },
  {
    name: 'model-details',
    title: 'What every provider asks for one model',
    path: '/models?q=claude-sonnet&model=anthropic/claude-sonnet-4-5',
    width: 1440,
    scheme: 'dark',
  },
  {
    name: 'models-narrow',
    title: 'Models on a phone',
    path: '/models?can=reasoning',
    width: 390,
    scheme: 'light',
  },
  {
    name: 'playground',
    title: 'Playground',
    path: '/playground?model=openai/gpt-4o-mini',
    width: 1440,
    scheme: 'light',
    arrange: askInPlayground,
  },
  {
    name: 'playground-narrow',
    title: 'Playground on a phone',
    path: '/playground?model=openai/gpt-4o-mini',
    width: 390,
    scheme: 'dark',
    arrange: askInPlayground,
  },
  {
    name: 'routing',
    title: 'Routing preview',
    path: '/routing?model=openai/gpt-4o-mini',
    width: 1440,
    scheme: 'light',
  },
  {
    name: 'api-keys',
    title: 'API keys',
    path: '/settings/api-keys',
    width: 1440,
    scheme: 'light',
    arrange: createApiKey,
  },
  {
    name: 'api-key-deleted-narrow',
    title: 'A deleted API key on a phone, with a way back',
    path: '/settings/api-keys',
    width: 390,
    scheme: 'dark',
    arrange: async (page) => {
      await createApiKey(page);
      const name = 'Actions for Checkout service';
      await page.getByRole('button', { name }).first().click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByText('is deleted').waitFor();
    },
  },
  { name: 'webhooks', title: 'Webhooks', path: '/settings/webhooks', width: 1440, scheme: 'light' },
  {
    name: 'webhook-narrow',
    title: 'Adding a destination on a phone',
    path: '/settings/webhooks',
    width: 390,
    scheme: 'dark',
    arrange: (page) => page.getByRole('button', { name: 'Add destination' }).first().click(),
  },
  { name: 'credits', title: 'Credits', path: '/credits', width: 1440, scheme: 'light' },
  { name: 'members', title: 'Members', path: '/settings/members', width: 1440, scheme: 'light' },
  { name: 'account', title: 'Account', path: '/settings/account', width: 1440, scheme: 'light' },
  {
    name: 'platform-keys',
    title: 'Platform keys',
    path: '/operator/platform-keys',
    width: 1440,
    scheme: 'dark',
  },
];

ensureDashboard(process.execPath);
mkdirSync(FOLDER, { recursive: true });
const sandbox = await startSandbox();
const dashboard = await openDashboard({ egressAllow: [sandbox.url] });
await arrange(dashboard, sandbox);
const wanted = process.argv.slice(2);
const taken: Shot[] = [];
for (const shot of SHOTS)
  if ((wanted.length === 0 || wanted.includes(shot.name)) && (await take(shot))) taken.push(shot);
if (wanted.length === 0) {
  await takeSignedOut();
  writeFileSync(join(FOLDER, 'README.md'), contactSheet(taken));
}
await dashboard.close();
await sandbox.close();
process.stdout.write(`pictures in docs/screenshots: ${taken.map(({ name }) => name).join(', ')}\n`);

/** False: there is no such page. */
async function take({ name, path, width, scheme, arrange: act }: Shot): Promise<boolean> {
  const { page, close } = await dashboard.open(path, {
    viewport: { width, height: HEIGHT },
    colorScheme: scheme,
  });
  await page.getByRole('heading', { level: 1 }).or(page.getByText('There is no such page')).first().waitFor();
  const exists = (await page.getByText('There is no such page').count()) === 0;
  if (exists) {
    await act?.(page);
    // What is still grey has not come yet.
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  }
  await close();
  return exists;
}

async function takeSignedOut(): Promise<void> {
  const { page, close } = await openPage(dashboard.browser, { viewport: { width: 1440, height: HEIGHT } });
  await page.goto(dashboard.gateway.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.screenshot({ path: join(FOLDER, 'sign-in.png') });
  await close();
}

/** Keys that work, that are refused, that cool down, that are off; and requests through them. */
async function arrange({ client, gateway }: Dashboard, provider: Sandbox): Promise<void> {
  const openai = `${provider.url}/openai/v1`;
  await client.addKey({
    provider: 'openai',
    label: 'Production',
    credential: { api_key: 'sk-sandbox-production' },
    base_url: openai,
    weight: 3,
    monthly_budget_usd: 0.01,
  });
  await client.addKey({
    provider: 'openai',
    label: 'Batch',
    credential: { api_key: 'sk-sandbox-batch' },
    base_url: openai,
    always_use: true,
    supported_models: ['gpt-5*'],
  });
  await client.addKey({
    provider: 'anthropic',
    label: 'Research',
    credential: { api_key: 'sk-ant-no-longer-known' },
    base_url: `${provider.url}/anthropic`,
  });
  await client.addKey({
    provider: 'groq',
    label: 'Spare',
    credential: { api_key: 'sk-sandbox-spare' },
    base_url: `${provider.url}/groq/openai/v1`,
    enabled: false,
  });
  await client.addPlatformKey({
    provider: 'openai',
    label: 'House',
    credential: { api_key: 'sk-sandbox-house' },
    base_url: openai,
  });
  for (const [name, path] of [
    ['Billing', '/v1/chat/completions'],
    ['Operations', '/nowhere'],
  ])
    await client.manage('POST', '/api/webhooks/endpoints', {
      name,
      url: provider.url + path,
      event_types: ['generation.completed', 'provider_key.unhealthy', 'budget.reached'],
      sampling_rate: 0.2,
    });
  for (let asked = 0; asked < 24; asked += 1)
    await ask(gateway.url, gateway.keys.apiKey, asked % 4 === 0 ? 'openai/gpt-4o' : 'openai/gpt-4o-mini');
  provider.behave({
    match: { key: 'sk-sandbox-batch' },
    fault: { kind: 'error', preset: 'rate_limited', retryAfter: '240' },
  });
  for (let asked = 0; asked < 12; asked += 1)
    await ask(gateway.url, gateway.keys.apiKey, 'openai/gpt-5-mini');
  await ask(gateway.url, gateway.keys.apiKey, 'anthropic/claude-sonnet-4-5');
}

async function ask(url: string, apiKey: string, model: string): Promise<void> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'What is the weather like?' }] }),
  });
  await answer.arrayBuffer();
}

function contactSheet(shots: readonly Shot[]): string {
  const pictures = shots.map(({ name, title }) => `## ${title}\n\n![${title}](${name}.png)\n`);
  return `# The dashboard in pictures\n\nWritten by \`npm run screenshots\` over the sandbox provider.\n\n${pictures.join('\n')}\n## Sign in\n\n![Sign in](sign-in.png)\n`;
}
