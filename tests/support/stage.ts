/** A gateway and a sandbox that stands for its providers: what most end-to-end tests play on. */
import { startSandbox, type JournalEntry, type Sandbox, type SandboxOptions } from '@arouter/sandbox';
import type { ProviderKeyFields, ShownProviderKey } from './management-client.ts';
import { startGateway, type Environment, type Gateway } from './start-gateway.ts';
import type { Tenant } from './tenant.ts';

export type Stage = {
  readonly sandbox: Sandbox;
  /** Replaced by `restart`. */
  gateway: Gateway;
  close(): Promise<void>;
};
export type SandboxKeyFields = ProviderKeyFields & { readonly provider?: 'openai' | 'anthropic' };
export type StagedKey = ShownProviderKey & { readonly secret: string };

export async function openStage(
  options: { readonly sandbox?: SandboxOptions; readonly environment?: Environment } = {},
): Promise<Stage> {
  const sandbox = await startSandbox(options.sandbox);
  const stage: Stage = {
    sandbox,
    gateway: await startGateway({
      egressAllow: [sandbox.url],
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    }),
    async close() {
      await stage.gateway.remove();
      await sandbox.close();
    },
  };
  return stage;
}

let secrets = 0;

/** Adds a key with a secret of its own, by which the sandbox's journal and behaviours know it. */
export async function addSandboxKey(
  { sandbox }: Pick<Stage, 'sandbox'>,
  add: Tenant['addKey'],
  { provider = 'openai', ...fields }: SandboxKeyFields = {},
): Promise<StagedKey> {
  secrets += 1;
  const secret = `sk-sandbox-${process.pid}-${secrets}-0123456789`;
  const base = provider === 'openai' ? '/openai/v1' : '/anthropic';
  const key = await add({
    provider,
    credential: { api_key: secret },
    base_url: sandbox.url + base,
    ...fields,
  });
  return { ...key, secret };
}

/** What the sandbox saw of one key. */
export function callsOf(
  { sandbox }: Pick<Stage, 'sandbox'>,
  { secret }: Pick<StagedKey, 'secret'>,
): readonly JournalEntry[] {
  return sandbox.journal.entries().filter((entry) => entry.key === secret && entry.method === 'POST');
}
