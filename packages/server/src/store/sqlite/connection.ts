/** What every worker does with its own connection: open it, keep prepared statements, describe its errors. */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import type { CheckpointReply, FailureMessage, SqlRow, SqlValue, WorkerSettings } from './messages.ts';
import { errorCodeOf } from './result-codes.ts';

const BUSY_MS_MAX = 5000;
const STATEMENTS_CACHED_MAX = 256;
/** Pages held in memory per connection, in KiB. */
const CACHE_KIB = 32_768;

export function openConnection({ file, synchronous }: WorkerSettings): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_MS_MAX });
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(`PRAGMA synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`);
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  // Checkpoints are started by the main thread, so that no commit waits for a long one.
  database.exec('PRAGMA wal_autocheckpoint = 0');
  database.exec('PRAGMA temp_store = MEMORY');
  // Makes the append-only triggers see INSERT OR REPLACE too.
  database.exec('PRAGMA recursive_triggers = ON');
  return database;
}

/** Prepared statements by their text; integers come back exact. */
export function createStatementCache(database: DatabaseSync): (sql: string) => StatementSync {
  const cache = new Map<string, StatementSync>();
  return (sql) => {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    if (cache.size >= STATEMENTS_CACHED_MAX) cache.clear();
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    cache.set(sql, statement);
    return statement;
  };
}

export function allRows(statement: StatementSync, parameters: readonly SqlValue[]): readonly SqlRow[] {
  return statement.all(...parameters).map(withNumbers);
}

/** Integers that a double holds exactly become numbers; larger sums stay bigint. */
function withNumbers(row: Record<string, SqlValue>): SqlRow {
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === 'bigint' && BigInt.asIntN(53, value) === value) row[column] = Number(value);
  }
  return row;
}

/** Never waits for writers or readers. */
export function checkpointPassively(database: DatabaseSync): CheckpointReply {
  try {
    const row = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
    return { frames: Number(row?.['log'] ?? -1), copied: Number(row?.['checkpointed'] ?? -1) };
  } catch {
    // A full disk also fails commits, which report it; the next checkpoint tries again.
    return { frames: -1, copied: -1 };
  }
}

export function describeFailure(error: unknown): FailureMessage {
  const message = error instanceof Error ? error.message : String(error);
  return { message, errorCode: errorCodeOf(error) };
}

/** Closes the connection while the thread still runs: one that is terminated lets go of its file at no certain time. */
export function endThread(database: DatabaseSync): void {
  database.close();
  parentPort?.close();
}
