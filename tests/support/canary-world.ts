/**
 * A gateway that knows a secret of every kind, among providers and a receiver of webhooks that repeat what they are sent,
 * with something to show in every list: for scans of what it answers and of what its pages show.
 */
import { startSandbox, type Fault, type Sandbox } from '@arouter/sandbox';
import { CANARY_OWNER, hideSecrets } from './hidden-secrets.ts';
import { createManagementClient, type ManagementClient, type ShownProviderKey } from './management-client.ts';
import { keepBodies } from './keep-bodies.ts';
import { signIn, type SignedInAs } from './open-dashboard.ts';
import type { Canary } from './scan-for-canaries.ts';
import { addSandboxKey } from './stage.ts';
import { startGateway, type Gateway } from './start-gateway.ts';
import { ask, CHEAP_MODEL, versionOf } from './tenant.ts';
import { waitUntil } from './wait-until.ts';

export type CanaryWorld = {
  readonly gateway: Gateway;
  readonly client: ManagementClient;
  readonly canaries: readonly Canary[];
  /** The owner, signed in. */
  readonly session: SignedInAs;
  readonly ids: CanaryIds;
  /** Whose providers repeat what they are sent; the first fails. */
  readonly models: readonly string[];
  close(): Promise<void>;
};
/** Of what there is to show. */
export type CanaryIds = {
  /** They repeat their own secret when they are asked. */
  readonly providerKeys: readonly string[];
  readonly platformKey: string;
  readonly generations: readonly string[];
  /** Hash of the API key that asked. */
  readonly apiKey: string;
  readonly webhook: string;
};

const RECEIVER = '/receiver-of-webhooks';

export async function openCanaryWorld(): Promise<CanaryWorld> {
  const sandbox = await startSandbox();
  const gateway = await startGateway({
    egressAllow: [sandbox.url],
    environment: { AROUTER_KEEP_BODIES: 'true' },
  });
  const client = createManagementClient(gateway);
  sandbox.behave({ match: { path: RECEIVER }, fault: { kind: 'echo', where: 'error' } });
  const hidden = await hideSecrets(gateway, sandbox.url + RECEIVER);
  const session = await signIn(gateway, CANARY_OWNER);
  await keepBodies(gateway, session);
  const used = await addEchoingKeys(sandbox, client);
  const generations: string[] = [];
  for (const { model } of used) {
    const answer = await ask(gateway.url, gateway.keys.apiKey, { model });
    generations.push(answer.header('x-generation-id') ?? '');
  }
  const invitation = await invite(gateway, session);
  return {
    gateway,
    client,
    session,
    models: used.map(({ model }) => model),
    canaries: [
      ...hidden,
      ...used.map(({ key, secret }) => ({ name: `key "${key.label}"`, value: secret })),
      { name: 'invitation', value: invitation },
      ...session.cookies.map(({ value }) => ({ name: 'cookie', value: decodeURIComponent(value) })),
    ],
    ids: {
      generations,
      providerKeys: used.filter(({ key }) => key.source === 'byok').map(({ key }) => key.id),
      platformKey: used.find(({ key }) => key.source === 'platform')?.key.id ?? '',
      ...(await idsOf(client)),
    },
    async close() {
      await gateway.remove();
      await sandbox.close();
    },
  };
}

/** The token of an invitation that nobody has accepted. */
async function invite(gateway: Gateway, { cookies }: SignedInAs): Promise<string> {
  const answer = await fetch(`${gateway.url}/api/v1/invitations`, {
    method: 'POST',
    headers: {
      origin: gateway.url,
      'content-type': 'application/json',
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    },
    body: JSON.stringify({ email: 'grace@example.com', role: 'viewer' }),
  });
  const { url } = (await answer.json()) as { readonly url: string };
  return new URL(url).hash.replace('#token=', '');
}

type UsedKey = { readonly key: ShownProviderKey; readonly secret: string; readonly model: string };

const ECHOES = ['error', 'headers', 'body'] as const;
/** Nothing of it says that it is a secret. */
const SHAPELESS_SECRET = 'kAnaRienV0gelZ1ngt7Liedjes9Lang';

/** Each serves a model of its own, and its provider sends back the headers of the request, the key among them. */
async function addEchoingKeys(sandbox: Sandbox, client: ManagementClient): Promise<readonly UsedKey[]> {
  const used: UsedKey[] = [];
  const use = async (add: ManagementClient['addKey'], label: string, fault: Fault, secret?: string) => {
    const model = versionOf(CHEAP_MODEL);
    const key = await addSandboxKey({ sandbox }, add, {
      label,
      supported_models: [model],
      ...(secret === undefined ? {} : { credential: { api_key: secret } }),
    });
    const sent = secret ?? key.secret;
    sandbox.behave({ match: { key: sent }, fault });
    used.push({ key, secret: sent, model });
  };
  for (const where of ECHOES) await use(client.addKey, `Repeats in: ${where}`, { kind: 'echo', where });
  await use(client.addPlatformKey, 'Platform', { kind: 'echo', where: 'error' });
  const body = { error: { message: `What is ${SHAPELESS_SECRET}?`, code: SHAPELESS_SECRET } };
  await use(client.addKey, 'Shapeless', { kind: 'answer', status: 400, body }, SHAPELESS_SECRET);
  return used;
}

async function idsOf(client: ManagementClient): Promise<Pick<CanaryIds, 'apiKey' | 'webhook'>> {
  const first = async (path: string) =>
    await waitUntil(
      async () => ((await client.manage('GET', path)) as { readonly data: readonly Listed[] }).data[0],
      (found) => found !== undefined,
    );
  const delivered = await first('/api/webhooks/deliveries');
  return {
    apiKey: (await first('/api/v1/keys'))?.hash ?? '',
    webhook: delivered?.endpoint_id ?? '',
  };
}
type Listed = { readonly hash?: string; readonly endpoint_id?: string };
