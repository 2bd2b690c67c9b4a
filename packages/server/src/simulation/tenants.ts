/** Who lives in a simulated world: two workspaces, their API keys and provider keys, and the providers' models. */
import {
  DEFAULT_KEY_OPTIONS,
  PLATFORM_WORKSPACE,
  usdToNano,
  type ApiKeyRecord,
  type Dialect,
  type Instant,
  type ModelFacts,
  type NanoUsd,
  type ProviderId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type WorkspaceId,
  type WorkspaceRecord,
} from '@arouter/core';
import { anthropicMessages, manifests, openaiChat } from '@arouter/providers';
import type { Store } from '../store/store.ts';
import type { Scheduler } from './scheduler.ts';

/** The longest output that any simulated model gives, asked or unasked. */
export const OUTPUT_TOKENS_MAX = 400;
/** 1 and 4 USD per thousand tokens: a request costs cents, so that budgets of a dollar are soon at their end. */
export const PRICE = { input: 1_000_000_000_000, output: 4_000_000_000_000 };

export const SHARED_MODEL = 'shared-1';
export const PRIVATE_MODEL = 'alpha/private-1';
export const UNPRICED_MODEL = 'alpha/unpriced-1';

/** What secrets of drawn platform keys begin with. */
export const PLATFORM_SECRETS = 'canary.pk.2';

export type Tenants = {
  readonly workspaces: readonly WorkspaceRecord[];
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly providerKeys: readonly ProviderKeyRecord[];
};

/** `alpha` and `beta` speak one format, `gamma` another; `beta` and `gamma` serve the shared model. */
export const simulatedProviders: ReadonlyMap<ProviderId, ProviderManifest> = new Map(
  [
    simulated('alpha', openaiChat, [model('private-1', true), model('unpriced-1', false)]),
    simulated('beta', openaiChat, [model(SHARED_MODEL, true)]),
    simulated('gamma', anthropicMessages, [model(SHARED_MODEL, true)]),
  ].map((manifest) => [manifest.id, manifest]),
);

function simulated(id: string, dialect: Dialect, models: readonly ModelFacts[]): ProviderManifest {
  const like = [...manifests.values()].find(({ bareNamesOf }) => bareNamesOf === dialect.id);
  if (like === undefined) throw new Error(`no provider speaks ${dialect.id}`);
  return {
    ...like,
    id: id as ProviderId,
    name: id,
    aliases: [],
    baseUrl: `https://${id}.example/v1`,
    regions: {},
    failureRules: [],
    models,
    acceptsModel: /^$/,
    dialects: [{ ...like.dialects[0], quirks: {} }],
  };
}

function model(id: string, priced: boolean): ModelFacts {
  return {
    id,
    name: id,
    price: priced ? PRICE : null,
    priceSource: null,
    contextTokens: null,
    outputTokensMax: OUTPUT_TOKENS_MAX,
    inputModalities: ['text'],
    outputModalities: ['text'],
    tools: true,
    reasoning: false,
    released: null,
  };
}

export function settleTenants(scheduler: Scheduler): Tenants {
  const now = scheduler.wall();
  const workspaces = ['ws_one', 'ws_two'].map((id, index) => ({
    id: id as WorkspaceId,
    name: id,
    unmetered: index === 1 && scheduler.chance(0.5),
    bodiesKeptSince: null,
    createdAt: now,
  }));
  const apiKeys = workspaces.flatMap(({ id }, index) =>
    Array.from({ length: 2 - index }, (_, nth) => apiKey(scheduler, id, `AbCdEfGhIj${index}${nth}`)),
  );
  // The third owner's secrets begin with PLATFORM_SECRETS.
  const owners = [...workspaces.map(({ id }) => id), PLATFORM_WORKSPACE];
  const providerKeys = owners.flatMap((owner, index) =>
    Array.from({ length: scheduler.between(1, 4) }, (_, nth) =>
      providerKey(scheduler, owner, `pk_${index}${nth}`),
    ),
  );
  return { workspaces, apiKeys, providerKeys };
}

function apiKey(scheduler: Scheduler, workspaceId: WorkspaceId, id: string): ApiKeyRecord {
  const limited = scheduler.chance(0.4);
  return {
    ...plainApiKey(workspaceId, id, now(scheduler)),
    limitNano: limited ? usdToNano(scheduler.between(1, 10)) : null,
    limitReset: limited ? scheduler.pick(['daily', 'weekly', 'monthly', null] as const) : null,
    includeByokInLimit: scheduler.chance(0.5),
    rpmLimit: scheduler.chance(0.3) ? scheduler.between(1, 8) : null,
  };
}

/** Without any limit. */
export function plainApiKey(workspaceId: WorkspaceId, id: string, createdAt: Instant): ApiKeyRecord {
  return {
    id: id as ApiKeyRecord['id'],
    hash: id.padEnd(64, '0'),
    workspaceId,
    kind: 'inference',
    name: id,
    hint: '…',
    disabled: false,
    expiresAt: null,
    limitNano: null,
    limitReset: null,
    includeByokInLimit: false,
    allowedProviders: null,
    allowedModels: null,
    rpmLimit: null,
    createdAt,
    createdBy: null,
    updatedAt: null,
    mac: new Uint8Array(32),
  };
}

function providerKey(scheduler: Scheduler, owner: WorkspaceId, id: string): ProviderKeyRecord {
  const provider = scheduler.pick([...simulatedProviders.keys()]);
  const platform = owner === PLATFORM_WORKSPACE;
  const budget = (): NanoUsd | null => (scheduler.chance(0.35) ? usdToNano(scheduler.between(1, 8)) : null);
  return {
    ...plainProviderKey(owner, id, { provider, createdAt: now(scheduler) }),
    alwaysUse: !platform && scheduler.chance(0.2),
    weight: scheduler.pick([1, 1, 3, 1000]),
    rpmLimit: scheduler.chance(0.4) ? scheduler.between(1, 6) : null,
    supportedModels: scheduler.chance(0.2) ? [provider === 'alpha' ? 'private-1' : SHARED_MODEL] : null,
    dailyBudgetNano: budget(),
    monthlyBudgetNano: budget(),
    hardBudget: scheduler.chance(0.5),
    maxConcurrency: scheduler.chance(0.3) ? scheduler.between(1, 3) : null,
  };
}

/** Without any limit. */
export function plainProviderKey(
  owner: WorkspaceId,
  id: string,
  { provider, createdAt }: { readonly provider: ProviderId; readonly createdAt: Instant },
): ProviderKeyRecord {
  return {
    id: id as ProviderKeyRecord['id'],
    workspaceId: owner,
    source: owner === PLATFORM_WORKSPACE ? 'platform' : 'byok',
    provider,
    credentialType: 'api_key',
    label: id,
    hint: '…',
    ...DEFAULT_KEY_OPTIONS,
    destination: simulatedProviders.get(provider)?.baseUrl?.replace('/v1', '') ?? '',
    sealed: new Uint8Array([0x4c, 0x52, 1]),
    secretVersion: 1,
    version: 1,
    createdAt,
    updatedAt: createdAt,
  };
}

function now(scheduler: Scheduler): Instant {
  return scheduler.wall();
}

export async function storeTenants(
  store: Store,
  tenants: Tenants,
  { creditsUsd, now }: { readonly creditsUsd: number; readonly now: Instant },
): Promise<void> {
  for (const workspace of tenants.workspaces) {
    await store.workspaces.create(workspace);
    await store.credits.grant({
      id: `grant_${workspace.id}`,
      workspaceId: workspace.id,
      kind: 'grant',
      amountNano: usdToNano(creditsUsd),
      description: 'grant',
      createdAt: now,
    });
  }
  for (const record of tenants.apiKeys) await store.apiKeys.create(record);
  for (const record of tenants.providerKeys) await store.providerKeys.create(record);
}

/** What opens a key's destination; must never be seen anywhere but there. Of no shape by which it could be told. */
export function secretOf(key: Pick<ProviderKeyRecord, 'id'>): string {
  return `canary.${key.id.replace('_', '.')}.Zm9vYmFy`;
}

export function dialectOfKey(
  keys: ReadonlyMap<string, { readonly key: ProviderKeyRecord }>,
  secret: string,
): Dialect | undefined {
  const owner = [...keys.values()].find(({ key }) => secretOf(key) === secret);
  return owner === undefined ? undefined : simulatedProviders.get(owner.key.provider)?.dialects[0].dialect;
}
