/**
 * The rollups again, by UTC day: what a window of months is read from. `daily_rollups` leaves out the API key, which is
 * most of the rows and what most questions do not ask for; `api_key_daily_rollups` has it, and it comes before the day, so
 * that the usage of one key is one range. Kept in the same transaction as the settlement, like the rollups by the hour,
 * whose columns they have. What was settled before is added up once, here, from the hours.
 */
import type { DatabaseSync } from 'node:sqlite';

const DAY_MS = 86_400_000;
/** Added up at once: what is sorted in memory stays small, however long the history is. */
const STEP_DAYS = 7;

const SUMS = `
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  failed_attempts INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_nano INTEGER NOT NULL,
  unpriced_requests INTEGER NOT NULL`;
const ADDED_UP = `sum(requests), sum(errors), sum(attempts), sum(failed_attempts), sum(input_tokens), sum(output_tokens),
  sum(cost_nano), sum(unpriced_requests)`;
const DAY = `hour - hour % ${DAY_MS}`;

export const dailyRollups = {
  number: 7,
  name: 'daily-rollups',
  statements: [
    `CREATE TABLE daily_rollups (
      workspace_id TEXT NOT NULL,
      day INTEGER NOT NULL,
      provider_key_id TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      ${SUMS},
      PRIMARY KEY (workspace_id, day, provider_key_id, provider, model, source)
    ) WITHOUT ROWID`,
    // Platform keys serve many workspaces: their spend is asked for by key.
    `CREATE INDEX daily_rollups_by_provider_key ON daily_rollups (provider_key_id, day)`,
    `CREATE TABLE api_key_daily_rollups (
      workspace_id TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      day INTEGER NOT NULL,
      provider_key_id TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      ${SUMS},
      PRIMARY KEY (workspace_id, api_key_id, day, provider_key_id, provider, model, source)
    ) WITHOUT ROWID`,
  ],
  fill: fillDailyRollups,
} as const;

/** Adds up all hours. For empty daily rollups only. */
export function fillDailyRollups(database: DatabaseSync): void {
  const workspaces = database
    .prepare(
      'SELECT workspace_id AS workspace, min(hour) AS first, max(hour) AS last FROM rollups GROUP BY 1',
    )
    .all();
  const steps = [INSERT_DAYS, INSERT_API_KEY_DAYS].map((statement) => database.prepare(statement));
  for (const { workspace = null, first, last } of workspaces) {
    let from = Number(first) - (Number(first) % DAY_MS);
    while (from <= Number(last)) {
      const to = from + STEP_DAYS * DAY_MS;
      for (const step of steps) step.run({ workspace, from, to });
      from = to;
    }
  }
}

const RANGE = 'FROM rollups WHERE workspace_id = :workspace AND hour >= :from AND hour < :to';
const INSERT_DAYS = `INSERT INTO daily_rollups
  SELECT workspace_id, ${DAY} AS day, provider_key_id, provider, model, source, ${ADDED_UP}
  ${RANGE} GROUP BY 2, 3, 4, 5, 6`;
const INSERT_API_KEY_DAYS = `INSERT INTO api_key_daily_rollups
  SELECT workspace_id, api_key_id, ${DAY} AS day, provider_key_id, provider, model, source, ${ADDED_UP}
  ${RANGE} GROUP BY 2, 3, 4, 5, 6, 7`;
