/**
 * Fills an empty database with generations as a year of service would leave them: day by day, ledger and rollups beside
 * each other in the file. A few keys and models do most of the work, as everywhere; one attempt in fifty fails. Written by
 * SQL and not by the gateway, which would take an hour; `arouter doctor` finds the result sound.
 */
import type { DatabaseSync } from 'node:sqlite';
import { fillDailyRollups } from '../../packages/server/src/store/migrations/0007-daily-rollups.ts';
import { fillApiKeyDaySums } from '../../packages/server/src/store/migrations/0009-api-key-day-sums.ts';

const DAY_MS = 86_400_000;
const API_KEYS = 40;
const PROVIDER_KEYS = 8;
const MODELS_PER_PROVIDER_KEY = 6;

export type Filling = {
  readonly workspaceId: string;
  readonly generations: number;
  /** Before `now`; the generations are spread evenly over them. */
  readonly days: number;
  readonly now: number;
  readonly progress: (share: number) => void;
};

export type Filled = { readonly rows: Readonly<Record<string, number>>; readonly dailyFilledMs: number };

/** Returns how many rows each table has, and how long the migration took that adds up the days. */
export function fillLedger(database: DatabaseSync, filling: Filling): Filled {
  const { days, generations, now } = filling;
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY');
  database.exec(`CREATE TEMP TABLE picks (
    sequence INTEGER PRIMARY KEY, opened_at INTEGER, api_key INTEGER, provider_key INTEGER, model INTEGER,
    failed INTEGER, input INTEGER, output INTEGER)`);
  const today = now - (now % DAY_MS);
  for (let day = 0; day < days; day += 1) {
    const first = Math.floor((generations * day) / days) + 1;
    const next = Math.floor((generations * (day + 1)) / days) + 1;
    const from = today - (days - 1 - day) * DAY_MS;
    const length = day === days - 1 ? Math.max(now - today, 1) : DAY_MS;
    database.exec('BEGIN');
    fillDay(database, { workspaceId: filling.workspaceId, first, count: next - first, from, length });
    database.exec('COMMIT');
    filling.progress((day + 1) / days);
  }
  const began = performance.now();
  database.exec('BEGIN');
  fillDailyRollups(database);
  fillApiKeyDaySums(database);
  database.exec('COMMIT');
  const dailyFilledMs = performance.now() - began;
  database.exec('PRAGMA journal_mode = WAL');
  return { rows: countRows(database), dailyFilledMs };
}

type Day = {
  readonly workspaceId: string;
  readonly first: number;
  readonly count: number;
  readonly from: number;
  readonly length: number;
};

function fillDay(database: DatabaseSync, { workspaceId, first, count, from, length }: Day): void {
  if (count === 0) return;
  database.exec('DELETE FROM picks');
  // Sequences follow time. The square of an even chance makes the first keys and models the busy ones.
  database
    .prepare(
      `WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < :count)
      INSERT INTO picks SELECT CAST(:first AS INTEGER) + number, CAST(:from + number * :length / :count AS INTEGER),
        ${skewed(API_KEYS)}, ${skewed(PROVIDER_KEYS)}, ${skewed(MODELS_PER_PROVIDER_KEY)},
        abs(random() % 50) = 0, 200 + abs(random() % 4000), 20 + abs(random() % 800) FROM numbers`,
    )
    .run({ count, first, from, length });
  database.prepare(INSERT_ATTEMPTS).run({ workspace: workspaceId });
  database.exec(INSERT_SETTLEMENTS);
  database.prepare(INSERT_ROLLUPS).run({ workspace: workspaceId });
  database.prepare(INSERT_ERRORS).run({ workspace: workspaceId });
}

function skewed(kinds: number): string {
  const chance = '(abs(random() % 1000000) / 1000000.0)';
  // One chance, squared: two independent ones would be less uneven.
  return `CAST(${kinds} * pow(${chance}, 2) AS INTEGER)`;
}

const API_KEY = `printf('BenchKey%04d', api_key)`;
const PROVIDER_KEY = `printf('pk_bench_%d', provider_key)`;
const PROVIDER = `printf('provider-%d', provider_key / 2)`;
const MODEL = `printf('maker-%d/model-%d', provider_key / 2, model)`;
const SOURCE = `CASE WHEN provider_key % 4 = 3 THEN 'platform' ELSE 'byok' END`;
const COST = 'input * 250 + output * 2000';
const HOUR = 'opened_at - opened_at % 3600000';

const INSERT_ATTEMPTS = `INSERT INTO attempts
  SELECT sequence, :workspace, opened_at, printf('gen-%d-%024x', opened_at / 1000, sequence), 1,
    printf('req_%016x', sequence), ${API_KEY}, 'openai-chat', ${MODEL}, 0, opened_at, ${PROVIDER_KEY}, ${PROVIDER},
    ${SOURCE}, ${MODEL}, printf('model-%d', model), 2000000, input, input * 250, 'unmetered', '[]'
  FROM picks`;

const INSERT_SETTLEMENTS = `INSERT INTO settlements
  SELECT sequence, opened_at + 900, CASE failed WHEN 1 THEN 'failed' ELSE 'succeeded' END,
    CASE failed WHEN 1 THEN '{"class":"rate_limited","message":"slow down"}' END,
    CASE failed WHEN 1 THEN 429 ELSE 200 END, NULL, CASE failed WHEN 0 THEN 'stop' END,
    CASE failed WHEN 0 THEN input END, 0, 0, 0, CASE failed WHEN 0 THEN output END, 0, 0, 0, 'provider',
    CASE failed WHEN 0 THEN ${COST} END, NULL, 0, 900, 400, 1, CASE failed WHEN 1 THEN 429 ELSE 200 END,
    CASE failed WHEN 1 THEN 'rate_limit_exceeded' END, NULL, NULL, NULL
  FROM picks`;

const INSERT_ROLLUPS = `INSERT INTO rollups
  SELECT :workspace, ${HOUR} AS hour, ${API_KEY} AS api_key_id, ${PROVIDER_KEY} AS provider_key_id,
    ${PROVIDER} AS provider, ${MODEL} AS model, ${SOURCE} AS source,
    count(*), sum(failed), count(*), sum(failed), sum(CASE failed WHEN 0 THEN input ELSE 0 END),
    sum(CASE failed WHEN 0 THEN output ELSE 0 END), sum(CASE failed WHEN 0 THEN ${COST} ELSE 0 END), 0, max(opened_at)
  FROM picks GROUP BY 2, 3, 4, 5, 6, 7`;

const INSERT_ERRORS = `INSERT INTO error_rollups
  SELECT :workspace, ${HOUR} AS hour, ${PROVIDER_KEY}, ${API_KEY}, ${PROVIDER}, ${MODEL}, ${SOURCE}, 'rate_limited',
    count(*)
  FROM picks WHERE failed = 1 GROUP BY 2, 3, 4, 5, 6, 7`;

const TABLES = [
  'attempts',
  'settlements',
  'rollups',
  'daily_rollups',
  'api_key_daily_rollups',
  'api_key_day_sums',
  'error_rollups',
] as const;

function countRows(database: DatabaseSync): Filled['rows'] {
  return Object.fromEntries(
    TABLES.map((table) => [
      table,
      Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']),
    ]),
  );
}
