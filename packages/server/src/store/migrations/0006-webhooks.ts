/**
 * Webhook destinations, their sealed signing secrets and headers, and the deliveries that wait, arrived or were given
 * up. And provider keys that wait ten minutes before they are gone, so that a deletion can be undone.
 */
export const webhooks = {
  number: 6,
  name: 'webhooks',
  statements: [
    `ALTER TABLE provider_keys ADD COLUMN deleted_at INTEGER`,
    `CREATE TABLE webhooks (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      name TEXT NOT NULL,
      url TEXT NOT NULL,
      method TEXT NOT NULL,
      privacy_mode INTEGER NOT NULL,
      sampling_rate REAL NOT NULL,
      api_key_ids TEXT,
      event_types TEXT,
      disabled INTEGER NOT NULL,
      header_names TEXT NOT NULL,
      destination TEXT NOT NULL,
      sealed BLOB NOT NULL CHECK (substr(hex(sealed), 1, 4) = '4C52'),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX webhooks_by_workspace ON webhooks (workspace_id, created_at, id)`,
    `CREATE TABLE webhook_deliveries (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      webhook_id TEXT NOT NULL,
      workspace_id TEXT NOT NULL,
      event_type TEXT NOT NULL,
      event_id TEXT NOT NULL,
      payload TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
      attempts INTEGER NOT NULL,
      status_code INTEGER,
      error TEXT,
      created_at INTEGER NOT NULL,
      next_attempt_at INTEGER,
      delivered_at INTEGER,
      UNIQUE (webhook_id, event_id)
    )`,
    `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending'`,
    `CREATE INDEX webhook_deliveries_by_workspace ON webhook_deliveries (workspace_id, sequence)`,
  ],
} as const;
