import type { Instant, KeySource, NanoUsd, ProviderId, ProviderKeyId, WorkspaceId } from '../values.ts';

export type CredentialTypeId = 'api_key' | 'azure' | 'bedrock' | 'vertex';

/** The secret fields in clear, by field name. Lives only between the vault and the auth scheme. */
export type Credential = Readonly<Record<string, string>>;

/** Settings of one provider that are not secret (an API version, a map of deployments to models). Shown to people. */
export type ProviderOptions = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** A stored credential for one provider, with its options. The secret is sealed; see the Vault port. */
export type ProviderKeyRecord = {
  readonly id: ProviderKeyId;
  /** PLATFORM_WORKSPACE for the operator's keys. */
  readonly workspaceId: WorkspaceId;
  readonly source: KeySource;
  readonly provider: ProviderId;
  readonly credentialType: CredentialTypeId;
  readonly label: string;
  /** What may be shown of the secret: its kind and last four characters. */
  readonly hint: string;
  /** True: fallback policy `deny`. */
  readonly alwaysUse: boolean;
  readonly weight: number;
  readonly rpmLimit: number | null;
  readonly baseUrl: string | null;
  readonly region: string | null;
  /** Exact ids or `*` globs, bare or prefixed; null = all. */
  readonly supportedModels: readonly string[] | null;
  readonly dailyBudgetNano: NanoUsd | null;
  readonly monthlyBudgetNano: NanoUsd | null;
  readonly hardBudget: boolean;
  readonly maxConcurrency: number | null;
  readonly enabled: boolean;
  /** What the provider's manifest needs to know besides, e.g. a deployment name. */
  readonly options: ProviderOptions;
  /** The origin (`https://host:port`) the secret is bound to. */
  readonly destination: string;
  readonly sealed: Uint8Array;
  /** Grows with each new secret; part of every cache key. */
  readonly secretVersion: number;
  /** Grows with each change; for optimistic updates. */
  readonly version: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};

/** What a provider key does unless it is told otherwise. */
export const DEFAULT_KEY_OPTIONS = {
  alwaysUse: false,
  weight: 1,
  rpmLimit: null,
  baseUrl: null,
  region: null,
  supportedModels: null,
  dailyBudgetNano: null,
  monthlyBudgetNano: null,
  hardBudget: false,
  maxConcurrency: null,
  enabled: true,
  options: {},
} as const satisfies Partial<ProviderKeyRecord>;

export const WEIGHT_MAX = 1000;
