/**
 * The Store port: configuration, ledger and what is read from them. SQLite today, PostgreSQL later; both pass
 * `describeStore`. Every write resolves when it survives `kill -9`. Reads see every write that resolved before them.
 * When the store cannot be reached every method rejects with StoreUnavailable: callers answer 503, never 401 or 404.
 */
import type {
  ApiKeyId,
  ApiKeyRecord,
  FailureClass,
  Health,
  HealthScope,
  Instant,
  KeySource,
  Ledger,
  LimitReset,
  ModelId,
  NanoUsd,
  ProviderId,
  ProviderKeyId,
  ProviderKeyRecord,
  TokenPrice,
  WorkspaceId,
  WorkspaceRecord,
} from '@arouter/core';

import type { AuditStore } from './audit-ports.ts';
import type { GenerationStore } from './generation-ports.ts';
import type { VaultRowStore } from './vault-ports.ts';
import type { WebhookStore } from './webhook-ports.ts';
import type { IdentityStore, InvitationStore, MemberStore } from './people-ports.ts';

export interface Store {
  readonly ledger: Ledger;
  readonly workspaces: WorkspaceStore;
  readonly apiKeys: ApiKeyStore;
  readonly providerKeys: ProviderKeyStore;
  readonly prices: PriceStore;
  readonly vaultRows: VaultRowStore;
  readonly credits: CreditStore;
  readonly generations: GenerationStore;
  readonly usage: UsageStore;
  readonly health: HealthStore;
  readonly recovery: RecoveryStore;
  readonly identity: IdentityStore;
  readonly members: MemberStore;
  readonly invitations: InvitationStore;
  readonly audit: AuditStore;
  readonly webhooks: WebhookStore;
  /** Everything the data plane's snapshot is made of, as of one moment. */
  loadConfig(): Promise<ConfigRows>;
  /** Called after each configuration change is durable, whoever made it in this process. */
  onConfigChange(listener: () => void): void;
  /** True while the store answers; for /readyz. */
  ping(): Promise<boolean>;
  /** `PRAGMA quick_check` and the sums that must agree (INV-2, INV-4, INV-12); an empty list is good. */
  verify(): Promise<readonly string[]>;
  /** Waits for queued writes, then closes. */
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** A row with this identity exists already, or a rule of the schema forbids it. Nothing was written. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}

export type ConfigRows = {
  readonly version: number;
  readonly workspaces: readonly WorkspaceRecord[];
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly providerKeys: readonly ProviderKeyRecord[];
  readonly prices: readonly PriceOverride[];
};

export interface WorkspaceStore {
  create(record: WorkspaceRecord): Promise<void>;
  get(id: WorkspaceId): Promise<WorkspaceRecord | undefined>;
  list(): Promise<readonly WorkspaceRecord[]>;
  update(
    id: WorkspaceId,
    patch: Partial<Pick<WorkspaceRecord, 'name' | 'unmetered' | 'bodiesKeptSince'>>,
  ): Promise<WorkspaceRecord | undefined>;
}

export type Page = { readonly offset: number; readonly limit: number };

export type ApiKeyPatch = {
  /** A new secret for the same key. */
  readonly hint?: string;
  readonly mac?: Uint8Array;
  readonly name?: string;
  readonly disabled?: boolean;
  readonly limitNano?: NanoUsd | null;
  readonly limitReset?: LimitReset | null;
  readonly includeByokInLimit?: boolean;
  readonly allowedProviders?: readonly string[] | null;
  readonly allowedModels?: readonly string[] | null;
  readonly rpmLimit?: number | null;
  readonly expiresAt?: Instant | null;
};

/** Configuration whose deletion can be undone for a while. */
export interface DeletableRows<Id> {
  /** No longer seen by anything but `restore`; ledger rows that name it stay. */
  delete(workspace: WorkspaceId, id: Id, at: Instant): Promise<boolean>;
  /** False when it was never deleted, or not after the moment. */
  restore(workspace: WorkspaceId, id: Id, deletedAfter: Instant): Promise<boolean>;
  /** Rows, with their sealed secrets, of what was deleted until the moment are gone. Returns how many. */
  purge(deletedUntil: Instant): Promise<number>;
}

/** `Id` is the hash. */
export interface ApiKeyStore extends DeletableRows<string> {
  /** Takes the place of a deleted key of the same id. */
  create(record: ApiKeyRecord): Promise<void>;
  list(
    workspace: WorkspaceId,
    page: Page & {
      readonly includeDisabled: boolean;
      /** Only what this person made. */
      readonly createdBy?: string;
    },
  ): Promise<{ readonly rows: readonly ApiKeyRecord[]; readonly total: number }>;
  getByHash(workspace: WorkspaceId, hash: string): Promise<ApiKeyRecord | undefined>;
  update(
    workspace: WorkspaceId,
    hash: string,
    patch: ApiKeyPatch,
    at: Instant,
  ): Promise<ApiKeyRecord | undefined>;
  /** What `restore` would bring back. */
  getDeleted(workspace: WorkspaceId, hash: string, deletedAfter: Instant): Promise<ApiKeyRecord | undefined>;
}

export interface ProviderKeyStore extends DeletableRows<ProviderKeyId> {
  create(record: ProviderKeyRecord): Promise<void>;
  list(workspace: WorkspaceId): Promise<readonly ProviderKeyRecord[]>;
  get(workspace: WorkspaceId, id: ProviderKeyId): Promise<ProviderKeyRecord | undefined>;
  /** Optimistic: stored only over `expectedVersion`. */
  update(
    record: ProviderKeyRecord,
    expectedVersion: number,
  ): Promise<'stored' | 'version_conflict' | 'missing'>;
}

/** The operator's own price for a model of a provider; wins over the shipped catalogue. */
export type PriceOverride = {
  readonly provider: ProviderId;
  readonly upstreamModel: string;
  readonly price: TokenPrice;
  readonly setAt: Instant;
};
export interface PriceStore {
  set(row: PriceOverride): Promise<void>;
  remove(provider: ProviderId, upstreamModel: string): Promise<boolean>;
  list(): Promise<readonly PriceOverride[]>;
}

export type CreditEntry = {
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly kind: 'grant' | 'usage';
  /** Negative for usage. */
  readonly amountNano: NanoUsd;
  readonly description: string;
  readonly createdAt: Instant;
};
export interface CreditStore {
  /** Idempotent by `id`; never leaves the balance below zero. */
  grant(entry: CreditEntry): Promise<void>;
  balance(workspace: WorkspaceId): Promise<{ readonly grantedNano: number; readonly usedNano: number }>;
  list(workspace: WorkspaceId, page: Page): Promise<readonly CreditEntry[]>;
}

/** Sums over rollups (hour × workspace × API key × provider key × model × source); never over the ledger itself. */
export type UsageFilter = {
  readonly from: Instant;
  readonly to: Instant;
  readonly provider?: ProviderId;
  readonly model?: string;
  readonly apiKeyId?: ApiKeyId;
  readonly providerKeyId?: ProviderKeyId;
  readonly source?: KeySource;
};
export type UsageSums = {
  /** Generations, by the key, model and source of their final attempt. */
  readonly requests: number;
  /** Of those, the ones that ended failed or interrupted; a caller who left is not an error. */
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNano: number;
  /** Succeeded requests whose model had no price. */
  readonly unpricedRequests: number;
  /** Settled attempts, failovers included: `requests` counts each generation once, at its final attempt. */
  readonly attempts: number;
  /** Of those, the failed and interrupted ones. A key's error rate is failedAttempts / attempts. */
  readonly failedAttempts: number;
};
export type UsageRow = UsageSums & {
  readonly provider: ProviderId;
  readonly model: ModelId;
  readonly providerKeyId: ProviderKeyId;
  readonly apiKeyId: ApiKeyId;
  readonly source: KeySource;
  /** Start of the hour. */
  readonly hour: Instant;
};
export type UsageDimension =
  | 'provider'
  | 'model'
  | 'provider_key'
  | 'api_key'
  | 'source'
  | 'hour'
  | 'day'
  | 'month';
export interface UsageStore {
  /** Sums grouped by the given dimensions; fields of other dimensions are absent. */
  sums(
    workspace: WorkspaceId,
    filter: UsageFilter,
    by: readonly UsageDimension[],
  ): Promise<readonly (UsageSums & Partial<UsageRow> & { readonly bucket?: Instant })[]>;
  /** Failed attempts by provider key and class of failure. */
  failures(
    workspace: WorkspaceId,
    filter: UsageFilter,
  ): Promise<
    readonly {
      readonly providerKeyId: ProviderKeyId;
      readonly class: FailureClass;
      readonly count: number;
    }[]
  >;
  /** Attempts per hour of some keys, whatever the workspace: platform keys serve many. */
  attemptsByHour(
    keys: readonly ProviderKeyId[],
    from: Instant,
    to: Instant,
  ): Promise<
    readonly {
      readonly providerKeyId: ProviderKeyId;
      readonly hour: Instant;
      readonly attempts: number;
      readonly failedAttempts: number;
    }[]
  >;
  /** Succeeded cost by API key in a window, own keys and platform apart. */
  apiKeySpend(
    workspace: WorkspaceId,
    apiKey: ApiKeyId,
    from: Instant,
    to: Instant,
  ): Promise<{ readonly byokNano: number; readonly platformNano: number }>;
  /** Cost by provider key in a window. */
  providerKeySpend(
    keys: readonly ProviderKeyId[],
    from: Instant,
    to: Instant,
  ): Promise<ReadonlyMap<ProviderKeyId, number>>;
  lastUsed(keys: readonly ProviderKeyId[]): Promise<ReadonlyMap<ProviderKeyId, Instant>>;
}

export interface HealthStore {
  load(): Promise<readonly { readonly scope: HealthScope; readonly health: Health }[]>;
  save(rows: readonly { readonly scope: HealthScope; readonly health: Health }[]): Promise<void>;
}

/** What the counters are rebuilt from at start, and the settlement of attempts that a crash left open. */
export interface RecoveryStore {
  /**
   * Settles every attempt opened before this process started and never settled: outcome `interrupted`, usage null;
   * budgets are booked the input estimate's cost (at most the reserved amount), credits nothing. Returns how many.
   */
  settleOrphans(at: Instant): Promise<number>;
  /** Dispatch times of the last window, oldest first. */
  dispatchesSince(
    from: Instant,
  ): Promise<
    readonly { readonly at: Instant; readonly providerKeyId: ProviderKeyId; readonly apiKeyId: ApiKeyId }[]
  >;
  balances(): Promise<ReadonlyMap<WorkspaceId, number>>;
}
