/** The tables as Kysely sees them. Column meanings: migrations/0001-init.ts. */
import type { Generated } from 'kysely';

export type WorkspaceTable = {
  id: string;
  name: string;
  unmetered: number;
  created_at: number;
  bodies_kept_since: number | null;
};

export type ApiKeyTable = {
  id: string;
  hash: string;
  workspace_id: string;
  kind: string;
  name: string;
  hint: string;
  disabled: number;
  expires_at: number | null;
  limit_nano: number | null;
  limit_reset: string | null;
  include_byok_in_limit: number;
  allowed_providers: string | null;
  allowed_models: string | null;
  rpm_limit: number | null;
  created_at: number;
  updated_at: number | null;
  mac: Uint8Array;
  created_by: string | null;
  deleted_at: number | null;
};

export type ProviderKeyTable = {
  id: string;
  workspace_id: string;
  source: string;
  provider: string;
  credential_type: string;
  label: string;
  hint: string;
  always_use: number;
  weight: number;
  rpm_limit: number | null;
  base_url: string | null;
  region: string | null;
  supported_models: string | null;
  daily_budget_nano: number | null;
  monthly_budget_nano: number | null;
  hard_budget: number;
  max_concurrency: number | null;
  enabled: number;
  options: string;
  destination: string;
  sealed: Uint8Array;
  secret_version: number;
  version: number;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
};

type HeaderColumns = {
  workspace_id: string;
  created_at: number;
  generation_id: string;
  request_id: string;
  api_key_id: string;
  dialect: string;
  model_requested: string;
  streamed: number;
};

export type AttemptTable = HeaderColumns & {
  sequence: number;
  attempt_no: number;
  opened_at: number;
  provider_key_id: string;
  provider: string;
  source: string;
  model: string;
  upstream_model: string;
  reserved_nano: number;
  input_tokens_estimate: number;
  input_cost_estimate_nano: number | null;
  credits: string;
  plans: string;
};

export type SettlementTable = {
  sequence: number;
  settled_at: number;
  outcome: string;
  failure: string | null;
  upstream_status: number | null;
  upstream_id: string | null;
  finish_reason: string | null;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_5m_tokens: number | null;
  cache_write_1h_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  audio_input_tokens: number | null;
  audio_output_tokens: number | null;
  usage_origin: string | null;
  cost_nano: number | null;
  cost_lines: string | null;
  charged_nano: number;
  latency_ms: number;
  first_byte_ms: number | null;
  final: number;
  caller_status: number | null;
  error_code: string | null;
  refusals: string | null;
  fallback_reason: string | null;
  upstream_key: number | null;
};

export type RefusalTable = HeaderColumns & {
  plans: string;
  refusals: string | null;
  caller_status: number;
  error_code: string;
};

export type RollupTable = {
  workspace_id: string;
  hour: number;
  api_key_id: string;
  provider_key_id: string;
  provider: string;
  model: string;
  source: string;
  requests: number;
  errors: number;
  attempts: number;
  failed_attempts: number;
  input_tokens: number;
  output_tokens: number;
  cost_nano: number;
  unpriced_requests: number;
  last_used_at: number;
};

/** The hourly rollups by UTC day, without the API key. */
export type DailyRollupTable = Omit<RollupTable, 'hour' | 'api_key_id' | 'last_used_at'> & { day: number };
/** By UTC day and API key. */
export type ApiKeyDailyRollupTable = Omit<RollupTable, 'hour' | 'last_used_at'> & { day: number };

/** By UTC day, API key and source alone. */
export type ApiKeyDaySumTable = Omit<ApiKeyDailyRollupTable, 'provider_key_id' | 'provider' | 'model'>;

export type ErrorRollupTable = {
  workspace_id: string;
  hour: number;
  provider_key_id: string;
  api_key_id: string;
  provider: string;
  model: string;
  source: string;
  class: string;
  count: number;
};

export type CreditEntryTable = {
  id: string;
  workspace_id: string;
  kind: string;
  amount_nano: number;
  description: string;
  created_at: number;
};

export type UserTable = {
  id: string;
  name: string;
  email: string;
  email_verified: number;
  image: string | null;
  is_operator: number;
  two_factor_enabled: number;
  created_at: number;
  updated_at: number;
};

export type SessionTable = {
  id: string;
  user_id: string;
  token: string;
  expires_at: number;
  ip_address: string | null;
  user_agent: string | null;
  active_workspace_id: string | null;
  created_at: number;
  updated_at: number;
};

export type InvitationTable = {
  id: string;
  workspace_id: string;
  email: string;
  role: string;
  digest: string;
  invited_by: string | null;
  created_at: number;
  expires_at: number;
};

export type AuditEntryTable = {
  sequence: number;
  at: number;
  workspace_id: string;
  actor_type: string;
  actor_id: string;
  actor_name: string;
  action: string;
  target_type: string;
  target_id: string;
  target_name: string;
  changes: string;
  ip: string | null;
  request_id: string;
  hash: string;
};

export type WebhookTable = {
  id: string;
  workspace_id: string;
  name: string;
  url: string;
  method: string;
  privacy_mode: number;
  sampling_rate: number;
  api_key_ids: string | null;
  event_types: string | null;
  disabled: number;
  header_names: string;
  destination: string;
  sealed: Uint8Array;
  created_at: number;
  updated_at: number;
};

export type DeliveryTable = {
  sequence: Generated<number>;
  id: string;
  webhook_id: string;
  workspace_id: string;
  event_type: string;
  event_id: string;
  payload: string;
  state: string;
  attempts: number;
  status_code: number | null;
  error: string | null;
  created_at: number;
  next_attempt_at: number | null;
  delivered_at: number | null;
};

export type Tables = {
  audit_entries: AuditEntryTable;
  audit_notes: { request_id: string; entry: string };
  webhooks: WebhookTable;
  webhook_deliveries: DeliveryTable;
  users: UserTable;
  sessions: SessionTable;
  members: { workspace_id: string; user_id: string; role: string; joined_at: number };
  invitations: InvitationTable;
  instance: { name: string; value: number };
  workspaces: WorkspaceTable;
  api_keys: ApiKeyTable;
  provider_keys: ProviderKeyTable;
  price_overrides: { provider: string; upstream_model: string; price: string; set_at: number };
  deks: { workspace_id: string; version: number; kek_id: string; wrapped: Uint8Array };
  vault_meta: { name: string; value: Uint8Array };
  health: { scope: string; health: string };
  attempts: AttemptTable;
  settlements: SettlementTable;
  refusals: RefusalTable;
  rollups: RollupTable;
  daily_rollups: DailyRollupTable;
  api_key_daily_rollups: ApiKeyDailyRollupTable;
  api_key_day_sums: ApiKeyDaySumTable;
  error_rollups: ErrorRollupTable;
  credit_balances: { workspace_id: string; granted_nano: number; used_nano: number };
  credit_entries: CreditEntryTable;
};
