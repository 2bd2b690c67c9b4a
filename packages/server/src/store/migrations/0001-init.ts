/**
 * The first schema. Portable column types only (TEXT, INTEGER, BLOB): flags are 0/1, lists and records are JSON text,
 * instants are milliseconds since 1970 UTC, money is nano-USD. Migrations are append-only: a change is a new file.
 *
 * The ledger is `attempts`, `settlements`, `refusals` and `credit_entries`: rows are inserted, never changed; triggers
 * refuse anything else. `sequence` is the order of opening and does not depend on a clock. A settlement has the
 * sequence of its attempt, so that "settled once" is a primary key and costs no second index.
 *
 * Rollups, per hour of the attempt's opening (the moment its budget was reserved):
 *   attempts         settled attempts, whatever came of them
 *   failed_attempts  of those, outcome `failed` or `interrupted`: BYOK error rate = failed_attempts / attempts
 *   requests         generations, counted at their final attempt and therefore with its key, model and source
 *   errors           of those, final outcome `failed` or `interrupted`; a caller who left is not an error
 *   unpriced_requests  of those, succeeded with an unknown price (cost NULL, never 0)
 *   tokens, cost_nano  sums over all attempts; unknown cost adds nothing
 */
export const init = {
  number: 1,
  name: 'init',
  statements: [
    `CREATE TABLE instance (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID`,
    `INSERT INTO instance (name, value) VALUES ('config_version', 1), ('orphans_settled_to', 0)`,

    `CREATE TABLE workspaces (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      unmetered INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID`,

    `CREATE TABLE api_keys (
      id TEXT PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      workspace_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('inference', 'management', 'operator')),
      name TEXT NOT NULL,
      hint TEXT NOT NULL,
      disabled INTEGER NOT NULL,
      expires_at INTEGER,
      limit_nano INTEGER,
      limit_reset TEXT,
      include_byok_in_limit INTEGER NOT NULL,
      allowed_providers TEXT,
      allowed_models TEXT,
      rpm_limit INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER,
      mac BLOB NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, created_at, id)`,

    `CREATE TABLE provider_keys (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      source TEXT NOT NULL CHECK (source IN ('byok', 'platform')),
      provider TEXT NOT NULL,
      credential_type TEXT NOT NULL,
      label TEXT NOT NULL,
      hint TEXT NOT NULL,
      always_use INTEGER NOT NULL,
      weight INTEGER NOT NULL CHECK (weight >= 1),
      rpm_limit INTEGER,
      base_url TEXT,
      region TEXT,
      supported_models TEXT,
      daily_budget_nano INTEGER,
      monthly_budget_nano INTEGER,
      hard_budget INTEGER NOT NULL,
      max_concurrency INTEGER,
      enabled INTEGER NOT NULL,
      settings TEXT NOT NULL,
      destination TEXT NOT NULL,
      sealed BLOB NOT NULL CHECK (substr(hex(sealed), 1, 4) = '4C52'),
      secret_version INTEGER NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      CHECK ((source = 'platform') = (workspace_id = 'ws_platform'))
    ) WITHOUT ROWID`,
    `CREATE INDEX provider_keys_by_workspace ON provider_keys (workspace_id, created_at, id)`,

    `CREATE TABLE price_overrides (
      provider TEXT NOT NULL,
      upstream_model TEXT NOT NULL,
      price TEXT NOT NULL,
      set_at INTEGER NOT NULL,
      PRIMARY KEY (provider, upstream_model)
    ) WITHOUT ROWID`,

    `CREATE TABLE deks (
      workspace_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      kek_id TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      PRIMARY KEY (workspace_id, version)
    ) WITHOUT ROWID`,
    `CREATE TABLE vault_meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`,

    `CREATE TABLE health (
      scope TEXT PRIMARY KEY,
      health TEXT NOT NULL
    ) WITHOUT ROWID`,

    `CREATE TABLE attempts (
      sequence INTEGER PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      generation_id TEXT NOT NULL,
      attempt_no INTEGER NOT NULL,
      request_id TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      dialect TEXT NOT NULL,
      model_requested TEXT NOT NULL,
      streamed INTEGER NOT NULL,
      opened_at INTEGER NOT NULL,
      provider_key_id TEXT NOT NULL,
      provider TEXT NOT NULL,
      source TEXT NOT NULL,
      model TEXT NOT NULL,
      upstream_model TEXT NOT NULL,
      reserved_nano INTEGER NOT NULL,
      input_tokens_estimate INTEGER NOT NULL,
      input_cost_estimate_nano INTEGER,
      credits TEXT NOT NULL,
      plans TEXT NOT NULL
    )`,
    // Serves lists (newest first), time filters, look-ups by id (an id carries its second) and uniqueness at once.
    `CREATE UNIQUE INDEX attempts_by_time
      ON attempts (workspace_id, created_at, generation_id, attempt_no)`,

    `CREATE TABLE settlements (
      sequence INTEGER PRIMARY KEY,
      settled_at INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      failure TEXT,
      upstream_status INTEGER,
      upstream_id TEXT,
      finish_reason TEXT,
      input_tokens INTEGER,
      cached_input_tokens INTEGER,
      cache_write_5m_tokens INTEGER,
      cache_write_1h_tokens INTEGER,
      output_tokens INTEGER,
      reasoning_tokens INTEGER,
      audio_input_tokens INTEGER,
      audio_output_tokens INTEGER,
      usage_origin TEXT,
      cost_nano INTEGER,
      cost_lines TEXT,
      charged_nano INTEGER NOT NULL CHECK (charged_nano >= 0),
      latency_ms INTEGER NOT NULL,
      first_byte_ms INTEGER,
      final INTEGER NOT NULL,
      caller_status INTEGER,
      error_code TEXT,
      refusals TEXT,
      fallback_reason TEXT,
      upstream_key INTEGER
    )`,
    // See upstream-key.ts: a plain index on random ids was measured to double the cost of a settlement at 500 000 rows.
    `CREATE INDEX settlements_by_upstream_key ON settlements (upstream_key) WHERE upstream_key IS NOT NULL`,

    `CREATE TABLE refusals (
      workspace_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      generation_id TEXT NOT NULL,
      request_id TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      dialect TEXT NOT NULL,
      model_requested TEXT NOT NULL,
      streamed INTEGER NOT NULL,
      plans TEXT NOT NULL,
      refusals TEXT,
      caller_status INTEGER NOT NULL,
      error_code TEXT NOT NULL,
      PRIMARY KEY (workspace_id, created_at, generation_id)
    )`,

    `CREATE TABLE rollups (
      workspace_id TEXT NOT NULL,
      hour INTEGER NOT NULL,
      api_key_id TEXT NOT NULL,
      provider_key_id TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      requests INTEGER NOT NULL,
      errors INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      failed_attempts INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cost_nano INTEGER NOT NULL,
      unpriced_requests INTEGER NOT NULL,
      last_used_at INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, hour, api_key_id, provider_key_id, provider, model, source)
    ) WITHOUT ROWID`,
    // Platform keys serve many workspaces: their spend is asked for by key. Written only when a row is new.
    `CREATE INDEX rollups_by_provider_key ON rollups (provider_key_id, hour)`,

    `CREATE TABLE credit_balances (
      workspace_id TEXT PRIMARY KEY,
      granted_nano INTEGER NOT NULL,
      used_nano INTEGER NOT NULL CHECK (used_nano >= 0),
      CHECK (granted_nano >= used_nano)
    ) WITHOUT ROWID`,
    `CREATE TABLE credit_entries (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('grant', 'usage')),
      amount_nano INTEGER NOT NULL,
      description TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      CHECK (kind = 'grant' OR amount_nano <= 0)
    ) WITHOUT ROWID`,
    `CREATE INDEX credit_entries_by_workspace ON credit_entries (workspace_id, created_at, id)`,
    // The balance is kept by the entry itself, so that no writer can forget it; its CHECKs refuse an overdraft.
    `CREATE TRIGGER credit_entries_balance AFTER INSERT ON credit_entries BEGIN
      INSERT OR IGNORE INTO credit_balances (workspace_id, granted_nano, used_nano) VALUES (new.workspace_id, 0, 0);
      UPDATE credit_balances SET
        granted_nano = granted_nano + CASE WHEN new.kind = 'grant' THEN new.amount_nano ELSE 0 END,
        used_nano = used_nano - CASE WHEN new.kind = 'usage' THEN new.amount_nano ELSE 0 END
      WHERE workspace_id = new.workspace_id;
    END`,

    ...['attempts', 'settlements', 'refusals', 'credit_entries'].flatMap((table) =>
      ['UPDATE', 'DELETE'].map(
        (verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
          BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`,
      ),
    ),
  ],
} as const;
