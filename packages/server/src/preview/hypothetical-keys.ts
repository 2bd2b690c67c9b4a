/** The workspace's keys as they would be after changes that nobody has made yet. Nothing is stored. */
import {
  DEFAULT_KEY_OPTIONS,
  usdToNano,
  type ConfigSnapshot,
  type Instant,
  type NanoUsd,
  type ProviderId,
  type ProviderKeyId,
  type ProviderKeyRecord,
  type WorkspaceId,
} from '@arouter/core';

export const DRAFT_ID = 'draft' as ProviderKeyId;

type Options = {
  readonly weight?: number | undefined;
  readonly always_use?: boolean | undefined;
  readonly supported_models?: readonly string[] | null | undefined;
  readonly region?: string | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly daily_budget_usd?: number | null | undefined;
  readonly monthly_budget_usd?: number | null | undefined;
};
export type KeyChange = Options & {
  readonly provider_key_id: string;
  readonly enabled?: boolean | undefined;
};
export type KeyDraft = Options & { readonly provider: ProviderId; readonly label?: string | undefined };
export type Hypothesis = { readonly changes: readonly KeyChange[]; readonly draft: KeyDraft | null };

/** The same configuration with other own keys; platform keys are the operator's and stay as they are. */
export function hypotheticalConfig(
  config: ConfigSnapshot,
  workspace: WorkspaceId,
  { changes, draft }: Hypothesis,
): ConfigSnapshot {
  if (changes.length === 0 && draft === null) return config;
  const byKey = new Map(changes.map((change) => [change.provider_key_id, change]));
  const changed = config.providerKeys(workspace).map((key) => {
    const change = key.source === 'byok' ? byKey.get(key.id) : undefined;
    return change === undefined
      ? key
      : { ...withOptions(key, change), enabled: change.enabled ?? key.enabled };
  });
  const keys = draft === null ? changed : [draftKey(workspace, draft), ...changed];
  return {
    ...config,
    providerKeys: (wanted) => (wanted === workspace ? keys : config.providerKeys(wanted)),
  };
}

function withOptions(key: ProviderKeyRecord, options: Options): ProviderKeyRecord {
  return {
    ...key,
    weight: options.weight ?? key.weight,
    alwaysUse: options.always_use ?? key.alwaysUse,
    supportedModels: options.supported_models === undefined ? key.supportedModels : options.supported_models,
    region: options.region === undefined ? key.region : options.region,
    rpmLimit: options.rpm_limit === undefined ? key.rpmLimit : options.rpm_limit,
    dailyBudgetNano: budget(options.daily_budget_usd, key.dailyBudgetNano),
    monthlyBudgetNano: budget(options.monthly_budget_usd, key.monthlyBudgetNano),
  };
}

function budget(usd: number | null | undefined, kept: NanoUsd | null): NanoUsd | null {
  if (usd === undefined) return kept;
  return usd === null ? null : usdToNano(usd);
}

function draftKey(workspaceId: WorkspaceId, draft: KeyDraft): ProviderKeyRecord {
  const key: ProviderKeyRecord = {
    id: DRAFT_ID,
    workspaceId,
    source: 'byok',
    provider: draft.provider,
    credentialType: 'api_key',
    label: draft.label ?? '',
    hint: '',
    ...DEFAULT_KEY_OPTIONS,
    destination: '',
    sealed: new Uint8Array(),
    secretVersion: 1,
    version: 1,
    createdAt: 0 as Instant,
    updatedAt: 0 as Instant,
  };
  return withOptions(key, draft);
}
