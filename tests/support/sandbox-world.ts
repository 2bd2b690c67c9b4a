/** A gateway with one key of OpenAI and one of Anthropic, both at a sandbox that answers by itself, and both libraries. */
import Anthropic from '@anthropic-ai/sdk';
import { startSandbox } from '@arouter/sandbox';
import type { JournalEntry, Sandbox } from '@arouter/sandbox';
import OpenAI from 'openai';
import { createManagementClient } from './management-client.ts';
import type { ManagementClient, ShownProviderKey } from './management-client.ts';
import { startGateway } from './start-gateway.ts';
import type { Gateway } from './start-gateway.ts';

export type SandboxWorld = {
  readonly sandbox: Sandbox;
  readonly gateway: Gateway;
  readonly client: ManagementClient;
  readonly openaiKey: ShownProviderKey;
  readonly anthropicKey: ShownProviderKey;
  /** The libraries with their own defaults but for what is given; `calls` counts what they send over HTTP. */
  openai(options?: ClientOptions): Counted<OpenAI>;
  anthropic(options?: ClientOptions): Counted<Anthropic>;
  /** What the sandbox was asked last. */
  lastAsked(): JournalEntry & { readonly json: Record<string, unknown> };
  close(): Promise<void>;
};
export type ClientOptions = { readonly apiKey?: string; readonly maxRetries?: number };
export type Counted<Client> = { readonly client: Client; calls(): number };

export const OPENAI_SECRET = 'sk-sandbox-openai';
export const ANTHROPIC_SECRET = 'sk-sandbox-anthropic';

export async function startSandboxWorld(): Promise<SandboxWorld> {
  const sandbox = await startSandbox({ journalBodies: true });
  const gateway = await startGateway({ egressAllow: [sandbox.url] });
  const client = createManagementClient(gateway);
  const add = (provider: string, path: string, secret: string) =>
    client.addKey({
      provider,
      label: `My ${provider}`,
      credential: { api_key: secret },
      base_url: sandbox.url + path,
    });
  const openaiKey = await add('openai', '/openai/v1', OPENAI_SECRET);
  const anthropicKey = await add('anthropic', '/anthropic', ANTHROPIC_SECRET);
  const apiKey = gateway.keys.apiKey;
  return {
    sandbox,
    gateway,
    client,
    openaiKey,
    anthropicKey,
    openai: (options) =>
      counted((fetch) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, ...options, fetch })),
    anthropic: (options) =>
      counted((fetch) => new Anthropic({ apiKey, baseURL: gateway.url, ...options, fetch })),
    lastAsked() {
      const entry = sandbox.journal.entries().at(-1);
      if (entry === undefined) throw new Error('the sandbox was not asked anything');
      return { ...entry, json: JSON.parse(entry.body ?? '{}') as Record<string, unknown> };
    },
    async close() {
      await gateway.remove();
      await sandbox.close();
    },
  };
}

function counted<Client>(make: (fetch: typeof globalThis.fetch) => Client): Counted<Client> {
  let calls = 0;
  const client = make(async (input, init) => {
    calls += 1;
    return await fetch(input, init);
  });
  return { client, calls: () => calls };
}
