/**
 * The Store on one SQLite file: a journal for the ledger, one writer thread, reader threads, a lock against a second
 * process. Durability: with `full` an acknowledged write survives a power cut; with `normal` it survives the end of the
 * process at any point, and a power cut may take the last moments.
 */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@arouter/core';
import { DatabaseRefused } from './database-refused.ts';
import { sqliteQueries } from './sql-executor.ts';
import { Checkpointer } from './sqlite/checkpointer.ts';
import { Journal } from './sqlite/journal.ts';
import { lockDatabase } from './sqlite/database-lock.ts';
import { migrate } from './sqlite/migrate.ts';
import { createReaders } from './sqlite/readers.ts';
import type { Readers } from './sqlite/readers.ts';
import { replayJournal } from './sqlite/replay-journal.ts';
import { compile, createSqliteExecutor } from './sqlite/sqlite-executor.ts';
import { Writer } from './sqlite/writer.ts';
import type { StoreLog } from './store-log.ts';
import { StoreUnavailable } from './store.ts';
import type { Store } from './store.ts';
import { storesOver } from './stores-over.ts';

/** Larger files are checked by `arouter doctor` only: the check reads every page, and a start should take seconds. */
const CHECKED_AT_START_BYTES_MAX = 256 * 1024 * 1024;

export type SqliteStoreOptions = {
  /** Made, with its folder, when absent; readable by its owner only. */
  readonly file: string;
  readonly synchronous: 'normal' | 'full';
  readonly clock: Clock;
  readonly log: StoreLog;
};

/** Rejects with StoreLocked when another process has the file, and with DatabaseRefused when the file is damaged or too new. */
export async function openSqliteStore({ file, synchronous, clock, log }: SqliteStoreOptions): Promise<Store> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const unlock = lockDatabase(file);
  let prepared: ReturnType<typeof prepareFile>;
  try {
    prepared = prepareFile(file, clock.now(), log);
  } catch (error) {
    unlock();
    throw error;
  }
  let closed = false;
  const settings = { file, synchronous };
  const readers = createReaders(settings);
  const writer: Writer = new Writer({
    ...settings,
    checkpointer: new Checkpointer({
      copyAlongside: readers.checkpoint,
      finish: () => writer.checkpoint(),
    }),
  });
  const { position, lastSequence } = prepared;
  const journal = new Journal({ ...settings, position, project: (to) => writer.project(to), clock, log });
  const stores = storesOver({
    executor: createSqliteExecutor({ readers, writer, journal }),
    journal,
    lastSequence,
    clock,
    log,
    closing: () => closed,
  });
  return {
    ...stores,
    ping: async () => writer.alive && (await ping(readers)),
    async close() {
      if (closed) return;
      closed = true;
      await journal.close();
      // The last connection to close copies the rest of the log and removes it, which a reader may not.
      await readers.close();
      await writer.close();
      unlock();
    },
  };
}

/** Migrates, checks and reads the rest of the journal in; returns where the journal goes on and the newest attempt. */
function prepareFile(
  file: string,
  now: number,
  log: StoreLog,
): { readonly position: number; readonly lastSequence: number } {
  // The log and its index take their permissions from the database file.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    checkIntegrity(file, database);
    database.exec('PRAGMA journal_mode = WAL');
    migrate(database, now);
    const position = replayJournal(file, database, log);
    const row = database.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM attempts').get();
    return { position, lastSequence: Number(row?.['sequence'] ?? 0) };
  } finally {
    database.close();
  }
}

function checkIntegrity(file: string, database: DatabaseSync): void {
  if (statSync(file).size > CHECKED_AT_START_BYTES_MAX) return;
  let finding: string;
  let cause: unknown;
  try {
    finding = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']);
  } catch (error) {
    finding = error instanceof Error ? error.message : String(error);
    cause = error;
  }
  if (finding === 'ok') return;
  throw new DatabaseRefused(
    `The database ${file} is damaged (${finding.replace(/\s+/g, ' ')}). Nothing was changed. Restore the last backup into its place.`,
    { cause },
  );
}

/** Asks the database alone: a journal that waits for it takes requests still. */
async function ping(readers: Readers): Promise<boolean> {
  try {
    await readers.read([compile(sqliteQueries.selectFrom('instance').select('value').limit(1))]);
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}
