/**
 * Provider keys that cannot be: credentials of the wrong kind, private addresses, numbers out of range. Each gets its status,
 * its code and a sentence that names the field; nothing is called, nothing changes, no secret comes back.
 */
import { afterAll, beforeAll, test } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';
import { send } from '../support/send.ts';
import { CANARY, expectRefusal, expectUnchanged, type Expected } from './bad-input-checks.ts';

const SECRET = `sk-${CANARY}-0123456789`;
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'somebody',
  private_key_id: CANARY,
  private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
  client_email: 'robot@somebody.iam.gserviceaccount.com',
};
const AWS = { access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: CANARY, region: 'us-east-1' };
const AZURE = {
  api_key: CANARY,
  endpoint_url: 'https://x.openai.azure.com/openai/deployments/d/chat/completions',
  deployment_name: 'd',
};

let stage: Stage;
let tenant: Tenant;
let keyId = '';

beforeAll(async () => {
  stage = await openStage();
  tenant = await openTenant(stage.gateway, 'Bad input');
  const fields = { provider: 'openai', credential: { api_key: SECRET } };
  keyId = (await tenant.addKey({ ...fields, base_url: `${stage.sandbox.url}/openai/v1` })).id;
});
afterAll(() => stage.close());

const bad = (says: RegExp): Expected => ({ status: 400, code: 'invalid_request', says });
const denied = (says: RegExp): Expected => ({ status: 422, code: 'egress_denied', says });

const expectNothingDone = async (act: () => Promise<void>): Promise<void> =>
  await expectUnchanged(stage, tenant.workspaceId, act);

type Row = [name: string, fields: object, expected: Expected];

const CREDENTIALS: readonly Row[] = [
  ['no credential', { credential: undefined }, bad(/`credential` is required/)],
  ['an unknown provider', { provider: 'nosuch' }, bad(/`provider` must name a known provider: anthropic, /)],
  ['no provider', { provider: undefined }, bad(/`provider` is required/)],
  ['an empty key', { credential: { api_key: '' } }, bad(/`credential\.api_key` is required/)],
  ['a key with white space', { credential: { api_key: `sk-${CANARY} 0123` } }, bad(/white space/)],
  ['a key that is a number', { credential: { api_key: 12_345 } }, bad(/`?api_key`? must be text/)],
  [
    'a key with Bearer before it',
    { credential: { api_key: `Bearer ${SECRET}` } },
    bad(/begins with "Bearer"/),
  ],
  [
    'a whole line of an environment file',
    { credential: { api_key: `OPENAI_API_KEY=${SECRET}` } },
    bad(/only what follows the equals sign/),
  ],
  ['a key with its middle hidden', { credential: { api_key: `sk-…${CANARY}` } }, bad(/copy the whole key/)],
  [
    'a key of another provider',
    { credential: { api_key: `sk-ant-api03-${CANARY}` } },
    bad(/key of Anthropic; choose Anthropic/),
  ],
  [
    'an ARouter key',
    { credential: { api_key: `lr_live_${CANARY}` } },
    bad(/ARouter key.*enter the API key that OpenAI gave/),
  ],
  [
    'a service-account file in the field',
    { credential: { api_key: SERVICE_ACCOUNT } },
    bad(/service-account file; choose Vertex AI/),
  ],
  [
    'a service-account file as text in the field',
    { credential: { api_key: JSON.stringify(SERVICE_ACCOUNT) } },
    bad(/service-account file; choose Vertex AI/),
  ],
  [
    'a service-account file instead of the fields',
    { credential: SERVICE_ACCOUNT },
    bad(/service-account file; choose Vertex AI/),
  ],
  [
    'a service-account file as text instead of the fields',
    { credential: JSON.stringify(SERVICE_ACCOUNT) },
    bad(/service-account file; choose Vertex AI/),
  ],
  [
    'half a service-account file',
    { credential: `{"type": "service_account", "private_key": "${CANARY}` },
    bad(/not valid JSON.*whole file/),
  ],
  ['AWS credentials', { credential: AWS }, bad(/AWS credentials|not a field/)],
  ['an Azure configuration', { credential: AZURE }, bad(/Azure|not a field/)],
  [
    'a field that there is not',
    { credential: { api_key: SECRET, [CANARY]: 'x' } },
    bad(/not a field of OpenAI/),
  ],
  ['a list', { credential: [SECRET] }, bad(/`credential` must be an object/)],
  [
    'a type that the provider does not have',
    { credential_type: 'vertex' },
    bad(/`credential_type` must be one that OpenAI has: api_key/),
  ],
  ['both names of the credential', { key: SECRET }, bad(/`credential` and `key` are two names/)],
];

const URLS: readonly Row[] = [
  [
    'a private address',
    { base_url: 'https://10.0.0.7/v1' },
    denied(/`base_url` is refused.*AROUTER_EGRESS_ALLOW/),
  ],
  ['another port of this machine', { base_url: 'http://127.0.0.1:9/v1' }, denied(/AROUTER_EGRESS_ALLOW/)],
  ['this machine by name', { base_url: 'https://localhost/v1' }, denied(/AROUTER_EGRESS_ALLOW/)],
  ['this machine in hexadecimal', { base_url: 'https://0x7f000001/v1' }, denied(/AROUTER_EGRESS_ALLOW/)],
  ['this machine as one number', { base_url: 'https://2130706433/' }, denied(/AROUTER_EGRESS_ALLOW/)],
  ['this machine in IPv6', { base_url: 'https://[::1]/v1' }, denied(/AROUTER_EGRESS_ALLOW/)],
  [
    'this machine as IPv4 in IPv6',
    { base_url: 'https://[::ffff:127.0.0.1]/v1' },
    denied(/AROUTER_EGRESS_ALLOW/),
  ],
  ['cloud metadata', { base_url: 'https://169.254.169.254/latest' }, denied(/AROUTER_EGRESS_ALLOW/)],
  [
    'cloud metadata by name',
    { base_url: 'https://metadata.google.internal/' },
    denied(/AROUTER_EGRESS_ALLOW/),
  ],
  ['plain http', { base_url: 'http://api.example.com/v1' }, denied(/must use https/)],
  ['another scheme', { base_url: 'file:///etc/passwd' }, denied(/must start with https/)],
  [
    'a password in it',
    { base_url: `https://user:${CANARY}@api.example.com/v1` },
    denied(/user name or password/),
  ],
  ['a query', { base_url: `https://api.example.com/v1?key=${CANARY}` }, denied(/query or fragment/)],
  ['dots in its path', { base_url: 'https://api.example.com/v1/../admin' }, denied(/dots/)],
  ['an odd port', { base_url: 'https://api.example.com:22/v1' }, denied(/port must be 443 or 8443/)],
  ['no URL', { base_url: CANARY }, denied(/must start with https/)],
  ['an empty URL', { base_url: '' }, bad(/`base_url` must be a URL/)],
  ['a number for a URL', { base_url: 7 }, bad(/`base_url` must be a URL/)],
  [
    'a provider without an address of its own',
    { provider: 'custom', base_url: undefined },
    bad(/`base_url` is required/),
  ],
];

const whole = (name: string, most: number): RegExp =>
  new RegExp(`\`${name}\` must be a whole number from 1 to ${most}`);
const OPTIONS: readonly Row[] = [
  ...[0, -1, 1.5, 1e9, '1', null, true].map((weight): Row => [
    `weight ${JSON.stringify(weight)}`,
    { weight },
    bad(whole('weight', 1000)),
  ]),
  ...[0, -1, 0.5, 1e9, '60'].map((limit): Row => [
    `rpm_limit ${JSON.stringify(limit)}`,
    { rpm_limit: limit },
    bad(whole('rpm_limit', 10_000)),
  ]),
  ...[0, -1, 1e9].map((most): Row => [
    `max_concurrency ${most}`,
    { max_concurrency: most },
    bad(whole('max_concurrency', 10_000)),
  ]),
  ...['daily_budget_usd', 'monthly_budget_usd'].flatMap((name) =>
    [-1, 0, 1e-12, 1e9, '5'].map((usd): Row => [
      `${name} ${JSON.stringify(usd)}`,
      { [name]: usd },
      bad(new RegExp(`\`${name}\` must be more than 0 and at most 1000000 \\(USD\\)`)),
    ]),
  ),
  [
    'a day that may spend more than its month',
    { daily_budget_usd: 5, monthly_budget_usd: 4 },
    bad(/`daily_budget_usd` must not be more than `monthly_budget_usd`/),
  ],
  ['hard_budget as text', { hard_budget: 'yes' }, bad(/`hard_budget` must be true or false/)],
  ['always_use as a number', { always_use: 1 }, bad(/`always_use` must be true or false/)],
  [
    'always_use against fallback_policy',
    { always_use: true, fallback_policy: 'allow' },
    bad(/contradict each other/),
  ],
  [
    'an unknown fallback_policy',
    { fallback_policy: 'sometimes' },
    bad(/`fallback_policy` must be one of allow, deny/),
  ],
  ['no supported model at all', { supported_models: [] }, bad(/`supported_models` must be a list of 1 to/)],
  ['supported models as text', { supported_models: CANARY }, bad(/`supported_models` must be a list/)],
  ['a region that is none', { region: `${CANARY}!` }, bad(/`region` must be a region such as/)],
  ['a label that reverses what is read', { label: `\u202e${CANARY}` }, bad(/`label` must be text/)],
  ['a label of 300 characters', { label: 'x'.repeat(300) }, bad(/`label` must be text of at most 255/)],
  ['enabled against disabled', { enabled: true, disabled: true }, bad(/two names of one field/)],
  ['an option that there is not', { wieght: 3 }, bad(/`wieght` is not a field/)],
  ['an option that looks like a secret', { [SECRET]: 3 }, bad(/A field is not a field|not a field/)],
];

test.each([...CREDENTIALS, ...URLS, ...OPTIONS])('%s', async (_name, fields, expected) => {
  const body = {
    provider: 'openai',
    credential: { api_key: SECRET },
    base_url: `${stage.sandbox.url}/openai/v1`,
    ...fields,
  };
  await expectNothingDone(async () => {
    for (const path of ['/api/v1/byok', '/api/v1/byok/test'])
      expectRefusal(await tenant.call('POST', path, body), expected);
  });
});

test.each(OPTIONS)('a change to: %s', async (_name, fields, expected) => {
  await expectNothingDone(async () => {
    expectRefusal(await tenant.call('PATCH', `/api/v1/byok/${keyId}`, fields), expected);
  });
});

test.each(
  URLS.filter(
    ([, { base_url: url }]: readonly [string, { base_url?: unknown }, Expected]) => url !== undefined,
  ),
)('a change of its URL to: %s', async (_name, fields, expected) => {
  await expectNothingDone(async () => {
    expectRefusal(
      await tenant.call('PATCH', `/api/v1/byok/${keyId}`, { ...fields, credential: { api_key: SECRET } }),
      expected,
    );
  });
});

test('another destination without the secret', async () => {
  const expected = {
    status: 422,
    code: 'invalid_request',
    says: /`base_url` needs the credential.*bound to where it was saved/,
  };
  await expectNothingDone(async () => {
    expectRefusal(
      await tenant.call('PATCH', `/api/v1/byok/${keyId}`, { base_url: 'https://api.example.com/v1' }),
      expected,
    );
  });
});

test.each([
  ['weight', 'NaN'],
  ['weight', 'Infinity'],
  ['daily_budget_usd', 'NaN'],
  ['daily_budget_usd', '-Infinity'],
])('%s %s', async (name, value) => {
  const body = `{"provider": "openai", "credential": "${SECRET}", "${name}": ${value}}`;
  await expectNothingDone(async () =>
    expectRefusal(await postRaw(body), bad(/not valid JSON.*NaN and Infinity/)),
  );
});

test('a number that JSON reads as infinite', async () => {
  const body = `{"provider": "openai", "credential": "${SECRET}", "daily_budget_usd": 1e400}`;
  await expectNothingDone(async () =>
    expectRefusal(await postRaw(body), bad(/`daily_budget_usd` must be more than 0/)),
  );
});

async function postRaw(body: string) {
  const headers = { authorization: `Bearer ${tenant.managementKey}`, 'content-type': 'application/json' };
  return await send(`${stage.gateway.url}/api/v1/byok`, { method: 'POST', headers, body });
}
