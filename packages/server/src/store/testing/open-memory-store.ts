/**
 * For tests: the Store port over SQLite in this thread and in memory. The same statements as the product's store, with
 * no thread between: every operation passes a gate, which may delay it, refuse it, or stop the world at it. The database
 * outlives the store, as a disk outlives a process.
 */
import { DatabaseSync } from 'node:sqlite';
import type { AttemptSettled, Clock, Instant } from '@arouter/core';
import { CompiledQuery, type Compilable } from 'kysely';
import { createApiKeyStore, fromApiKeyRow, selectApiKeys } from '../api-key-store.ts';
import { createConfigWriter } from '../config-writer.ts';
import { createCreditStore } from '../credit-store.ts';
import { createGenerationStore } from '../generation-store.ts';
import {
  createHealthStore,
  createPriceStore,
  createVaultRowStore,
  fromPriceRow,
  selectPrices,
} from '../instance-stores.ts';
import { notedWrites } from '../noted-writes.ts';
import { createSideStores } from '../side-stores.ts';
import { createProviderKeyStore, fromProviderKeyRow, selectProviderKeys } from '../provider-key-store.ts';
import { createRecoveryStore } from '../recovery-store.ts';
import type { SqlExecutor, WriteResult } from '../sql-executor.ts';
import { allRows, createStatementCache, describeFailure } from '../sqlite/connection.ts';
import { LedgerWriter, type Shortfall } from '../sqlite/ledger-writer.ts';
import { OPEN, REFUSE, SETTLE } from '../sqlite/messages.ts';
import type { JournalOperation, SqlValue } from '../sqlite/messages.ts';
import { migrate } from '../sqlite/migrate.ts';
import { createSqliteLedger } from '../sqlite/sqlite-ledger.ts';
import { toStoreFailure } from '../sqlite/store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { StoreUnavailable, type Store } from '../store.ts';
import { createUsageStore } from '../usage-store.ts';
import { verifyStore } from '../verify-store.ts';
import { createWorkspaceStore, fromWorkspaceRow, selectWorkspaces } from '../workspace-store.ts';

/** Runs the operation now or later, or rejects instead of it. `label` names it in traces. */
export type Gate = <Result>(label: string, operation: () => Result) => Promise<Result>;

export type MemoryStoreOptions = {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly gate: Gate;
};

/** An empty database with the present schema. */
export function createMemoryDatabase(now: Instant): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec('PRAGMA recursive_triggers = ON');
  migrate(database, now);
  return database;
}

/** The gate of a store that simply works. */
export const openGate: Gate = async (_label, operation) => operation();

export function openMemoryStore(options: MemoryStoreOptions): Store {
  const { database, clock, log } = options;
  let closed = false;
  const gate: Gate = (label, operation) =>
    closed ? Promise.reject(new StoreUnavailable('The store is closed.')) : options.gate(label, operation);
  const commit = createCommit(database, log);
  const executor = notedWrites(createExecutor(database, gate));
  const config = createConfigWriter(executor);
  const newest = database.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM attempts').get();
  const lastSequence = Number(newest?.['sequence'] ?? 0);
  const ledger = createSqliteLedger({
    journal: { append: (operation) => gate(labelOf(operation), () => commit(operation)) },
    lastSequence,
    findSequence: (row) => findSequence(executor, row),
    clock,
    log,
    closing: () => closed,
  });
  return {
    ledger,
    workspaces: createWorkspaceStore(executor, config),
    apiKeys: createApiKeyStore(executor, config),
    providerKeys: createProviderKeyStore(executor, config),
    prices: createPriceStore(executor, config),
    vaultRows: createVaultRowStore(executor),
    credits: createCreditStore(executor),
    generations: createGenerationStore({ executor, startedAt: clock.now() }),
    usage: createUsageStore(executor),
    health: createHealthStore(executor),
    recovery: createRecoveryStore({ executor, settleOpened: ledger.settleOpened, lastSequence }),
    ...createSideStores(executor),
    loadConfig: () => loadConfig(executor),
    onConfigChange: config.onChange,
    ping: async () => !closed,
    verify: () => verifyStore(executor),
    async close() {
      closed = true;
    },
  };
}

function labelOf(operation: JournalOperation): string {
  switch (operation[0]) {
    case OPEN:
      return `open ${operation[6]} #${operation[5]}`;
    case SETTLE:
      return `settle attempt ${operation[1]} ${operation[3]}`;
    case REFUSE:
      return `refuse ${operation[4]}`;
  }
}

/** What the journal and its projection do in the product, in one transaction per operation. */
function createCommit(database: DatabaseSync, log: StoreLog): (operation: JournalOperation) => void {
  const ledger = new LedgerWriter(database);
  return (operation) =>
    inTransaction(database, () => {
      try {
        const shortfall = apply(ledger, operation);
        ledger.writeRollups();
        if (shortfall !== null)
          log.warn({ shortfallNano: shortfall.shortfallNano }, 'credits did not cover the charge');
      } catch (error) {
        ledger.rolledBack();
        throw error;
      }
      ledger.committed();
    });
}

function apply(ledger: LedgerWriter, operation: JournalOperation): Shortfall | null {
  switch (operation[0]) {
    case OPEN:
      ledger.open(operation);
      return null;
    case SETTLE:
      return ledger.settle(operation);
    case REFUSE:
      ledger.refuse(operation);
      return null;
  }
}

/** Throws what the Store port promises. */
function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw toStoreFailure(describeFailure(error));
  }
}

function createExecute(database: DatabaseSync) {
  const prepared = createStatementCache(database);
  return (sql: string, parameters: readonly SqlValue[]): WriteResult & { readonly rows: never[] } => {
    const statement = prepared(sql);
    if (statement.columns().length > 0) {
      const rows = allRows(statement, parameters);
      return { changes: rows.length, rows: rows as never[] };
    }
    return { changes: Number(statement.run(...parameters).changes), rows: [] };
  };
}

function createExecutor(database: DatabaseSync, gate: Gate): SqlExecutor {
  const execute = createExecute(database);
  const run = (query: Compilable) => {
    const { sql, parameters } = query.compile();
    return execute(sql, parameters as readonly SqlValue[]);
  };
  return {
    read: (query) => gate('read', () => run(query).rows),
    readTogether: (...queries) => gate('read', () => queries.map((query) => run(query).rows) as never),
    write: (...queries) => gate('write', () => inTransaction(database, () => queries.map(run))),
  };
}

async function findSequence(executor: SqlExecutor, row: AttemptSettled): Promise<number | undefined> {
  const query = CompiledQuery.raw(
    'SELECT sequence FROM attempts WHERE generation_id = ? AND attempt_no = ?',
    [row.generation.id, row.attemptNo],
  );
  const [found] = await executor.read({ compile: () => query as CompiledQuery<{ sequence: number }> });
  return found?.sequence;
}

async function loadConfig(executor: SqlExecutor): ReturnType<Store['loadConfig']> {
  const version = CompiledQuery.raw("SELECT value FROM instance WHERE name = 'config_version'");
  const versions = await executor.read({ compile: () => version as CompiledQuery<{ value: number }> });
  return {
    version: versions[0]?.value ?? 0,
    workspaces: (await executor.read(selectWorkspaces)).map(fromWorkspaceRow),
    apiKeys: (await executor.read(selectApiKeys)).map(fromApiKeyRow),
    providerKeys: (await executor.read(selectProviderKeys)).map(fromProviderKeyRow),
    prices: (await executor.read(selectPrices)).map(fromPriceRow),
  };
}
