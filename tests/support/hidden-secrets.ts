/** One secret of every kind that a gateway keeps, put in through the doors that people use: canaries for a scan. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createManagementClient } from './management-client.ts';
import type { Canary } from './scan-for-canaries.ts';
import type { Gateway } from './start-gateway.ts';

const PASSWORD = 'Pw-canary 4b7e1c9d2f60';
/** Who owns the instance afterwards. */
export const CANARY_OWNER = { name: 'Ada', email: 'ada@example.com', password: PASSWORD } as const;
const AWS_SECRET = 'awsCanary7Qm2Zx9Lk4Vb8Nt6Rp1Ws3Yd5Hf0JgAe';
const OPENAI_SECRET = 'sk-canary-5f3a9c1e7b2d4860a9f1c3e5';
const AZURE_SECRET = 'azure-canary-0d9b7f5e3c1a2846b0d2f4a6';
const HEADER_SECRET = 'header-canary-7c5a3e1f9b8d6420';

/** `webhookUrl` gets every event of the workspace. */
export async function hideSecrets(gateway: Gateway, webhookUrl: string): Promise<readonly Canary[]> {
  const { manage, addKey } = createManagementClient(gateway);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await addKey({
    provider: 'openai',
    label: 'canary',
    credential: { api_key: OPENAI_SECRET },
    enabled: false,
  });
  await addKey({
    provider: 'bedrock',
    label: 'canary',
    credential_type: 'bedrock',
    credential: { access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: AWS_SECRET, region: 'us-east-1' },
    enabled: false,
  });
  await addKey({
    provider: 'vertex',
    label: 'canary',
    credential_type: 'vertex',
    credential: serviceAccount(pem),
    region: 'us-central1',
    enabled: false,
  });
  await addKey({
    provider: 'azure',
    label: 'canary',
    credential_type: 'azure',
    credential: {
      api_key: AZURE_SECRET,
      endpoint_url: 'https://canary.openai.azure.com',
      deployment_name: 'canary',
    },
    enabled: false,
  });
  const webhook = (await manage('POST', '/api/webhooks/endpoints', {
    name: 'canary',
    url: webhookUrl,
    headers: { 'x-token': HEADER_SECRET },
  })) as { readonly secret: string };
  const person = await signIn(gateway);
  return [
    { name: 'root key', value: readFileSync(join(gateway.dataDir, 'root.key'), 'utf8').trim() },
    { name: 'provider key', value: OPENAI_SECRET },
    { name: 'Azure key', value: AZURE_SECRET },
    { name: 'AWS secret', value: AWS_SECRET },
    { name: 'private key of a service account', value: pem.split('\n').slice(5, 8).join('') },
    { name: 'API key', value: gateway.keys.apiKey },
    { name: 'management key', value: gateway.keys.managementKey },
    { name: 'operator key', value: gateway.keys.operatorKey },
    { name: 'webhook secret', value: webhook.secret },
    { name: 'webhook header', value: HEADER_SECRET },
    { name: 'password', value: PASSWORD },
    ...person,
  ];
}

function serviceAccount(privateKey: string) {
  return {
    type: 'service_account',
    project_id: 'canary-project',
    private_key_id: '0123456789abcdef',
    private_key: privateKey,
    client_email: 'canary@canary-project.iam.gserviceaccount.com',
    client_id: '1',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
  };
}

/** The first owner, with a session and a second factor. */
async function signIn(gateway: Gateway): Promise<readonly Canary[]> {
  const token = /#token=(\S+)/.exec(gateway.stdout())?.[1];
  const post = async (path: string, body: unknown, cookie = '') => {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: gateway.url, cookie },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
    return { cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '', text };
  };
  const { cookie } = await post('/api/v1/first-run', { token, ...CANARY_OWNER });
  const made = JSON.parse((await post('/api/v1/user/two-factor', { password: PASSWORD }, cookie)).text) as {
    readonly data: { readonly secret: string; readonly recovery_codes: readonly string[] };
  };
  const session = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)).split('.')[0] ?? '';
  return [
    { name: 'session', value: session },
    { name: 'secret of the second factor', value: made.data.secret },
    { name: 'recovery code', value: made.data.recovery_codes[0] ?? '' },
  ];
}
