/**
 * Usage by UTC day, API key and source alone: what a year by API key is read from, and what API keys have spent. The rows of
 * `api_key_daily_rollups` are as many times more as there are provider keys and models in use. Kept in the same transaction
 * as the settlement; what was settled before is added up once, here, from those rows.
 */
import type { DatabaseSync } from 'node:sqlite';

export const apiKeyDaySums = {
  number: 9,
  name: 'api-key-day-sums',
  statements: [
    `CREATE TABLE api_key_day_sums (
      workspace_id TEXT NOT NULL,
      day INTEGER NOT NULL,
      api_key_id TEXT NOT NULL,
      source TEXT NOT NULL,
      requests INTEGER NOT NULL,
      errors INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      failed_attempts INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cost_nano INTEGER NOT NULL,
      unpriced_requests INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, day, api_key_id, source)
    ) WITHOUT ROWID`,
  ],
  fill: fillApiKeyDaySums,
} as const;

/** Adds up all days of API keys. For empty sums only. */
export function fillApiKeyDaySums(database: DatabaseSync): void {
  database.exec(`INSERT INTO api_key_day_sums
    SELECT workspace_id, day, api_key_id, source, sum(requests), sum(errors), sum(attempts), sum(failed_attempts),
      sum(input_tokens), sum(output_tokens), sum(cost_nano), sum(unpriced_requests)
    FROM api_key_daily_rollups GROUP BY 1, 2, 3, 4`);
}
