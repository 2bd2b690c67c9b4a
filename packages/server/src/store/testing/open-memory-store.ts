/**
 * For tests: the Store port over SQLite in this thread and in memory. The same statements as the product's store, with
 * no thread between: every operation passes a gate, which may delay it, refuse it, or stop the world at it. The database
 * outlives the store, as a disk outlives a process.
 */
import type { AttemptSettled, Clock } from '@arouter/core';
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
import type { SqlExecutor } from '../sql-executor.ts';
import { describeFailure } from '../sqlite/connection.ts';
import { LedgerWriter, type Shortfall } from '../sqlite/ledger-writer.ts';
import { OPEN, REFUSE, SETTLE } from '../sqlite/messages.ts';
import type { JournalOperation, SqlValue } from '../sqlite/messages.ts';
import { createSqliteLedger } from '../sqlite/sqlite-ledger.ts';
import { toStoreFailure } from '../sqlite/store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { StoreUnavailable, type Store } from '../store.ts';
import { createUsageStore } from '../usage-store.ts';
import { verifyStore } from '../verify-store.ts';
import { createWorkspaceStore, fromWorkspaceRow, selectWorkspaces } from '../workspace-store.ts';
import type { MemoryDatabase } from './memory-database.ts';

/** Runs the operation now or later, or rejects instead of it. `label` names it in traces. */
export type Gate = <Result>(label: string, operation: () => Result) => Promise<Result>;

export type MemoryStoreOptions = {
  readonly database: MemoryDatabase;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly gate: Gate;
  /** How many generations one question looks at; as in the product unless told. */
  readonly generationsLookedAtMax?: number;
};

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
    generations: createGenerationStore({
      executor,
      startedAt: clock.now(),
      ...(options.generationsLookedAtMax === undefined
        ? {}
        : { rowsLookedAtMax: options.generationsLookedAtMax }),
    }),
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
function createCommit(database: MemoryDatabase, log: StoreLog): (operation: JournalOperation) => void {
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
function inTransaction<Result>(database: MemoryDatabase, work: () => Result): Result {
  try {
    return database.inTransaction(work);
  } catch (error) {
    throw toStoreFailure(describeFailure(error));
  }
}

function createExecutor(database: MemoryDatabase, gate: Gate): SqlExecutor {
  const run = (query: Compilable) => {
    const { sql, parameters } = compiled(query);
    return database.run(sql, parameters as readonly SqlValue[]);
  };
  return {
    read: (query) => gate('read', () => run(query).rows),
    readTogether: (...queries) => gate('read', () => queries.map((query) => run(query).rows) as never),
    write: (...queries) => gate('write', () => inTransaction(database, () => queries.map(run))),
  };
}

const queriesCompiled = new WeakMap<Compilable, CompiledQuery>();

/** A query never changes: those that are asked again and again are compiled once. */
function compiled(query: Compilable): CompiledQuery {
  const found = queriesCompiled.get(query) ?? query.compile();
  queriesCompiled.set(query, found);
  return found;
}

async function findSequence(executor: SqlExecutor, row: AttemptSettled): Promise<number | undefined> {
  const query = CompiledQuery.raw(
    'SELECT sequence FROM attempts WHERE generation_id = ? AND attempt_no = ?',
    [row.generation.id, row.attemptNo],
  );
  const [found] = await executor.read({ compile: () => query as CompiledQuery<{ sequence: number }> });
  return found?.sequence;
}

const CONFIG_VERSION = {
  compile: () =>
    CompiledQuery.raw("SELECT value FROM instance WHERE name = 'config_version'") as CompiledQuery<{
      value: number;
    }>,
};

async function loadConfig(executor: SqlExecutor): ReturnType<Store['loadConfig']> {
  const versions = await executor.read(CONFIG_VERSION);
  return {
    version: versions[0]?.value ?? 0,
    workspaces: (await executor.read(selectWorkspaces)).map(fromWorkspaceRow),
    apiKeys: (await executor.read(selectApiKeys)).map(fromApiKeyRow),
    providerKeys: (await executor.read(selectProviderKeys)).map(fromProviderKeyRow),
    prices: (await executor.read(selectPrices)).map(fromPriceRow),
  };
}
