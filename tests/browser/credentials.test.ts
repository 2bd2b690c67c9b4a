/** Every kind of credential, filled in by hand and pasted as JSON, as a person does it; what is wrong is said at its field. */
import { generateKeyPairSync } from 'node:crypto';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsPresent, findAccessibilityFaults, type OpenedPage } from '../support/open-browser.ts';
import { openDashboard, type Dashboard } from '../support/open-dashboard.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const SERVICE_ACCOUNT = JSON.stringify({
  type: 'service_account',
  project_id: 'example-project',
  private_key_id: 'a1b2c3',
  private_key: privateKey,
  client_email: 'gateway@example-project.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
});
const AZURE_URL =
  'https://your-resource.openai.azure.com/openai/deployments/your-deployment/chat/completions?api-version=2024-08-01-preview';
const AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

type Filling = {
  readonly provider: string;
  readonly label: string;
  /** By the words beside the field. */
  readonly fields: Readonly<Record<string, string>>;
  readonly json: object;
  /** None of it may be on the page once it is saved. */
  readonly secret: string;
  readonly type: string;
  /** What is filled in wrongly, and the words that say so at the field. */
  readonly mistake: { readonly fields: Readonly<Record<string, string>>; readonly words: readonly RegExp[] };
};

const FILLINGS: readonly Filling[] = [
  {
    provider: 'anthropic',
    label: 'Simple',
    fields: { 'API key': 'sk-ant-api03-0123456789-example' },
    json: { api_key: 'sk-ant-api03-0123456789-example' },
    secret: 'sk-ant-api03-0123456789-example',
    type: 'api_key',
    mistake: { fields: { 'API key': 'two words' }, words: [/white space|blank|space/i] },
  },
  {
    provider: 'azure',
    label: 'Azure',
    fields: {
      'API key': '0123456789abcdef0123456789abcdef',
      'Endpoint URL': 'https://your-resource.openai.azure.com',
      'Deployment name': 'your-deployment',
      'Model of the deployment': 'gpt-4o',
    },
    json: {
      api_key: '0123456789abcdef0123456789abcdef',
      endpoint_url: AZURE_URL,
      deployment_name: 'your-deployment',
    },
    secret: '0123456789abcdef0123456789abcdef',
    type: 'azure',
    mistake: {
      fields: {
        'API key': AZURE_URL,
        'Endpoint URL': 'https://your-resource.openai.azure.com',
        'Deployment name': 'a b',
      },
      words: [/This is a URL; enter the API key/, /This is not a deployment name/],
    },
  },
  {
    provider: 'bedrock',
    label: 'Bedrock',
    fields: {
      'Access key ID': 'AKIAIOSFODNN7EXAMPLE',
      'Secret access key': AWS_SECRET,
      Region: 'us-east-1',
    },
    json: { access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: AWS_SECRET, region: 'us-east-1' },
    secret: AWS_SECRET,
    type: 'bedrock',
    mistake: {
      fields: { 'Access key ID': 'short', 'Secret access key': 'AKIAIOSFODNN7EXAMPLE', Region: 'the moon' },
      words: [
        /This is not an access key ID/,
        /enter the secret access key that belongs to it/,
        /not an AWS region/,
      ],
    },
  },
  {
    provider: 'vertex',
    label: 'Vertex',
    fields: { 'Service account JSON': SERVICE_ACCOUNT, Region: 'us-central1' },
    json: { service_account_json: SERVICE_ACCOUNT, region: 'us-central1' },
    secret: privateKey.split('\n')[1] ?? '',
    type: 'vertex',
    mistake: {
      fields: { 'Service account JSON': '{"type":"authorized_user"}', Region: 'us-east1' },
      words: [/a person's own credentials/],
    },
  },
];

describe.skipIf(!browserIsPresent)('credentials', () => {
  let sandbox: Sandbox;
  let dashboard: Dashboard;
  let opened: OpenedPage;
  let page: Page;
  beforeAll(async () => {
    sandbox = await startSandbox();
    dashboard = await openDashboard({ egressAllow: [sandbox.url] });
    opened = await dashboard.open('/settings/account');
    page = opened.page;
  });
  afterAll(async () => {
    expect(opened.complaints).toEqual([]);
    await dashboard.close();
    await sandbox.close();
  });

  const dialog = () => page.getByRole('dialog');
  const fill = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    // Regions are asked for among the credential's fields and, elsewhere, among the options: the first is meant.
    for (const [label, value] of Object.entries(fields)) {
      const field = dialog()
        .getByRole('textbox', { name: label })
        .or(dialog().getByRole('combobox', { name: label }));
      const hidden = dialog().getByLabel(label);
      await ((await field.count()) > 0 ? field.first() : hidden.first()).fill(value);
    }
  };
  const start = (provider: string) =>
    page.goto(`${dashboard.gateway.url}/settings/integrations?add=${provider}`);
  const save = () => dialog().getByRole('button', { name: 'Save' }).click();

  async function expectSaved(label: string, { type, secret, provider }: Filling): Promise<void> {
    await page.getByText(`“${label}” is saved`).waitFor();
    await page.getByRole('button', { name: label, exact: true }).waitFor();
    expect(await page.content()).not.toContain(secret);
    const { data } = (await dashboard.client.manage('GET', '/api/v1/byok')) as {
      data: readonly Readonly<Record<string, unknown>>[];
    };
    const stored = data.find((key) => key['label'] === label);
    expect(stored).toMatchObject({ provider, credential_type: type });
    expect(JSON.stringify(stored)).not.toContain(secret);
  }

  test.each(FILLINGS)(
    'of $provider are filled in field by field, and mistakes are said there',
    async (filling) => {
      await start(filling.provider);
      await fill(filling.mistake.fields);
      await save();
      for (const words of filling.mistake.words) await dialog().getByText(words).first().waitFor();
      expect(await dialog().locator('[aria-invalid="true"]').count()).toBe(filling.mistake.words.length);
      expect(await findAccessibilityFaults(page)).toEqual([]);
      await fill({ ...filling.fields, Label: `${filling.label} by hand` });
      await save();
      await expectSaved(`${filling.label} by hand`, filling);
    },
  );

  test.each(FILLINGS)('of $provider are pasted as the JSON of the documentation', async (filling) => {
    await start(filling.provider);
    await dialog().getByRole('button', { name: 'Paste JSON instead' }).click();
    await dialog()
      .getByLabel('Credential as JSON')
      .fill(JSON.stringify(filling.json, null, 2));
    await dialog()
      .getByText(/filled from what you pasted/)
      .waitFor();
    await fill({ Label: `${filling.label} pasted` });
    await save();
    await expectSaved(`${filling.label} pasted`, filling);
  });

  test('a service account’s file is dropped on the form; a file that is too large is not taken', async () => {
    await start('vertex');
    const field = dialog().getByLabel('Service account JSON');
    const drop = async (text: string): Promise<void> => {
      const dataTransfer = await page.evaluateHandle(`(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(text)}], 'account.json', { type: 'application/json' }));
        return transfer;
      })()`);
      await field.dispatchEvent('drop', { dataTransfer });
    };
    await drop('x'.repeat(100_000));
    await dialog().getByText('This file is too large to be a credential.').waitFor();
    await drop(SERVICE_ACCOUNT);
    await expect.poll(() => field.inputValue()).toContain('example-project');
    await fill({ Region: 'europe-west4', Label: 'Dropped' });
    await save();
    const [, , , vertex] = FILLINGS;
    if (vertex !== undefined) await expectSaved('Dropped', vertex);
  });

  test('the whole way is gone with the keyboard alone', async () => {
    await page.goto(`${dashboard.gateway.url}/settings/integrations`);
    await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
    await tabTo(page, 'Add Provider Key');
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    await tabTo(page, 'Search providers');
    await page.keyboard.type('openai');
    await tabTo(page, /^(?:OA|O)?OpenAI/);
    await page.keyboard.press('Enter');
    await tabTo(page, 'API key');
    await page.keyboard.type('sk-sandbox-keyboard');
    await tabTo(page, 'Label');
    await page.keyboard.type('By keyboard');
    await tabTo(page, /Advanced options/);
    await page.keyboard.press('Enter');
    await tabTo(page, 'Base URL');
    await page.keyboard.type(`${sandbox.url}/openai/v1`);
    await tabTo(page, 'Test Key');
    await page.keyboard.press('Enter');
    await dialog().getByText('The key works').waitFor();
    await tabTo(page, 'Save');
    await page.keyboard.press('Enter');
    await page.getByText('“By keyboard” is saved').waitFor();
    await dialog().waitFor({ state: 'detached' });
  });
});

/** What has the focus: its name, and whether a ring shows that it has. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const label = element.labels?.[0];
  const style = getComputedStyle(element);
  const called = element.getAttribute('aria-label') ?? label?.textContent ?? element.textContent;
  return { called: called.trim(), outlined: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
})()`;

/** More than any dialog or page has. */
const TABS_MAX = 150;

/** Goes on with Tab until what has the focus is called so; fails when the focus never comes there or is not to be seen. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let count = 0; count < TABS_MAX; count += 1) {
    await page.keyboard.press('Tab');
    const { called, outlined } = (await page.evaluate(FOCUSED)) as { called: string; outlined: boolean };
    const found = typeof name === 'string' ? called.startsWith(name) : name.test(called);
    if (!found) continue;
    expect([called, outlined]).toEqual([called, true]);
    return;
  }
  throw new Error(`the focus never came to ${String(name)}`);
}
