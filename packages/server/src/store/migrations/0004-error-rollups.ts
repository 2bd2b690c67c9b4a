/**
 * Failed attempts by key and class, per hour of the attempt's opening: kept in the same transaction as the settlement,
 * so that a list of errors never scans the ledger. What was settled before is added up once, here.
 */
export const errorRollups = {
  number: 4,
  name: 'error-rollups',
  statements: [
    `CREATE TABLE error_rollups (
      workspace_id TEXT NOT NULL,
      hour INTEGER NOT NULL,
      provider_key_id TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      class TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, hour, provider_key_id, api_key_id, provider, model, source, class)
    ) WITHOUT ROWID`,
    `INSERT INTO error_rollups
      SELECT a.workspace_id, a.opened_at - a.opened_at % 3600000, a.provider_key_id, a.api_key_id, a.provider, a.model,
        a.source, json_extract(s.failure, '$.class'), count(*)
      FROM settlements AS s JOIN attempts AS a ON a.sequence = s.sequence
      WHERE s.failure IS NOT NULL AND s.outcome IN ('failed', 'interrupted')
        AND json_extract(s.failure, '$.class') IS NOT NULL
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
  ],
} as const;
