/**
 * A gateway with provider keys for everyone who was recorded, all pointing at one sandbox that replays the recordings:
 * two keys of OpenAI with weights 3 and 1, one of each other provider, and the operator's own for three of them.
 */
import { startSandbox } from '@arouter/sandbox';
import type { Sandbox } from '@arouter/sandbox';
import { createManagementClient } from './management-client.ts';
import type { ManagementClient, ShownProviderKey } from './management-client.ts';
import { TRAFFIC_DIR } from './recorded-chats.ts';
import type { RecordedChat } from './recorded-chats.ts';
import { startGateway } from './start-gateway.ts';
import type { Gateway } from './start-gateway.ts';

export type RecordedWorld = {
  readonly sandbox: Sandbox;
  readonly gateway: Gateway;
  readonly client: ManagementClient;
  readonly keys: readonly ShownProviderKey[];
  /** Ends every cooldown, so that a recorded error does not stand in the way of the next exchange. */
  reenableAll(provider: string): Promise<void>;
  /** The path of the gateway where this is asked. */
  faceOf(chat: Pick<RecordedChat, 'dialect'>): string;
  close(): Promise<void>;
};

/** Served by the operator's keys: the workspace brings none of its own. */
export const PLATFORM_PROVIDERS: ReadonlySet<string> = new Set(['groq', 'mistral', 'zai']);
export const OPENAI_WEIGHTS = { production: 3, backup: 1 } as const;
export const FACES = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
  'openai-responses': '/v1/responses',
} as const;

export async function startRecordedWorld(
  chats: readonly RecordedChat[],
  moreOrigins: readonly string[] = [],
): Promise<RecordedWorld> {
  const sandbox = await startSandbox({ replay: { dir: TRAFFIC_DIR }, journalBodies: true });
  const gateway = await startGateway({ egressAllow: [sandbox.url, ...moreOrigins] });
  const client = createManagementClient(gateway);
  const keys = await addKeys(client, sandbox.url, chats);
  let reenabling: Promise<void> = Promise.resolve();
  const reenable = async (provider: string): Promise<void> => {
    for (const key of keys.filter((each) => each.provider === provider))
      await (key.source === 'platform' ? client.reenablePlatformKey(key.id) : client.reenableKey(key.id));
  };
  return {
    sandbox,
    gateway,
    client,
    keys,
    async reenableAll(provider) {
      // One after the other: two changes of a key at the same moment are a conflict.
      reenabling = reenabling.then(() => reenable(provider));
      await reenabling;
    },
    faceOf: ({ dialect }) => gateway.url + FACES[dialect],
    async close() {
      await gateway.remove();
      await sandbox.close();
    },
  };
}

async function addKeys(
  client: ManagementClient,
  url: string,
  chats: readonly RecordedChat[],
): Promise<ShownProviderKey[]> {
  const keys: ShownProviderKey[] = [];
  const places = Map.groupBy(chats, ({ provider, basePath }) => `${provider} ${basePath}`);
  for (const [first] of places.values()) {
    if (first === undefined) continue;
    const { provider, basePath } = first;
    const fields = {
      provider,
      credential_type: 'api_key',
      base_url: url + basePath,
      // Several endpoints share the provider `custom`: each of its keys serves what was recorded there.
      ...(provider === 'custom' && {
        supported_models: [
          ...new Set(chats.filter((chat) => chat.basePath === basePath).map(({ request }) => request.model)),
        ],
      }),
    };
    const named = (label: string) => ({ ...fields, label, credential: { api_key: secretOf(label) } });
    if (provider === 'openai') {
      keys.push(await client.addKey({ ...named('Production'), weight: OPENAI_WEIGHTS.production }));
      keys.push(await client.addKey({ ...named('Backup'), weight: OPENAI_WEIGHTS.backup }));
    } else if (PLATFORM_PROVIDERS.has(provider)) {
      keys.push(await client.addPlatformKey(named(`platform${basePath}`)));
    } else {
      keys.push(await client.addKey(named(`own${basePath}`)));
    }
  }
  return keys;
}

/** Accepted by the sandbox and worth nothing anywhere. */
export function secretOf(label: string): string {
  return `sk-sandbox-${label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}
