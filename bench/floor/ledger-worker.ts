/** The ledger's writer: one transaction per message. WAL with synchronous=NORMAL survives the end of the process. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { LedgerBatch } from './ledger.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE attempts (
    generation TEXT NOT NULL, attempt_no INTEGER NOT NULL, workspace TEXT NOT NULL, api_key TEXT NOT NULL,
    provider_key TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, opened_at INTEGER NOT NULL,
    reserved_nano INTEGER NOT NULL, state INTEGER NOT NULL, plan TEXT NOT NULL,
    settled_at INTEGER, status INTEGER, input_tokens INTEGER, output_tokens INTEGER, cost_nano INTEGER,
    latency_ms REAL, PRIMARY KEY (generation, attempt_no)
  ) WITHOUT ROWID;
  CREATE TABLE rollups (
    hour INTEGER NOT NULL, workspace TEXT NOT NULL, model TEXT NOT NULL, requests INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL, PRIMARY KEY (hour, workspace, model)
  ) WITHOUT ROWID;
`;
const HOUR_MS = 3_600_000;
/** Where they stand in a settled row; a finished row has the ten values of its opening before them. */
const SETTLED_AT = 0;
const COST = 4;
const OPENED_COLUMNS = 10;
const FINISHED_COLUMNS = 16;

const database = new DatabaseSync(String(workerData));
database.exec(SCHEMA);
const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');
const open = database.prepare(
  'INSERT INTO attempts VALUES (?,?,?,?,?,?,?,?,?,0,?,NULL,NULL,NULL,NULL,NULL,NULL)',
);
const settle = database.prepare(
  `UPDATE attempts SET state = 1, settled_at = ?, status = ?, input_tokens = ?, output_tokens = ?, cost_nano = ?,
   latency_ms = ? WHERE generation = ? AND attempt_no = ?`,
);
const finish = database.prepare(
  `INSERT INTO attempts (generation, attempt_no, workspace, api_key, provider_key, provider, model, opened_at,
   reserved_nano, plan, settled_at, status, input_tokens, output_tokens, cost_nano, latency_ms, state)
   VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1)`,
);
const rollUp = database.prepare(
  `INSERT INTO rollups VALUES (?, 'ws_1', 'gpt-4o-mini', ?, ?)
   ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, cost_nano = cost_nano + excluded.cost_nano`,
);

parentPort?.on('message', (batch: LedgerBatch) => {
  begin.run();
  for (const row of batch.opened) open.run(...row);
  for (const row of batch.settled) settle.run(...row);
  for (const row of batch.finished) finish.run(...row.slice(0, FINISHED_COLUMNS));
  roll(batch.settled, 0);
  roll(batch.finished, OPENED_COLUMNS);
  commit.run();
  parentPort?.postMessage(null);
});

/** One statement for all rows of a batch; a batch that crosses the hour counts in the hour of its first row. */
function roll(rows: readonly (readonly unknown[])[], offset: number): void {
  const first = rows[0];
  if (first === undefined) return;
  let cost = 0;
  for (const row of rows) cost += Number(row[offset + COST]);
  rollUp.run(Math.floor(Number(first[offset + SETTLED_AT]) / HOUR_MS), rows.length, cost);
}
