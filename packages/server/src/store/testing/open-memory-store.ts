/**
 * For tests: the Store port over SQLite in this thread and in memory. The same statements as the product's store, with
 * no thread between: every operation passes a gate, which may delay it, refuse it, or stop the world at it. The database
 * outlives the store, as a disk outlives a process.
 */
import type { Clock } from '@arouter/core';
import type { Compilable, CompiledQuery } from 'kysely';
import type { SqlExecutor } from '../sql-executor.ts';
import { describeFailure } from '../sqlite/connection.ts';
import { LedgerWriter, type Shortfall } from '../sqlite/ledger-writer.ts';
import { OPEN, REFUSE, SETTLE } from '../sqlite/messages.ts';
import type { JournalOperation, SqlValue } from '../sqlite/messages.ts';
import { toStoreFailure } from '../sqlite/store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { StoreUnavailable, type Store } from '../store.ts';
import { storesOver } from '../stores-over.ts';
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
  const newest = database.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM attempts').get();
  const stores = storesOver({
    executor: createExecutor(database, gate),
    journal: {
      append(text) {
        const operation = JSON.parse(text) as JournalOperation;
        return gate(labelOf(operation), () => commit(operation));
      },
    },
    lastSequence: Number(newest?.['sequence'] ?? 0),
    clock,
    log,
    closing: () => closed,
    ...(options.generationsLookedAtMax === undefined
      ? {}
      : { rowsLookedAtMax: options.generationsLookedAtMax }),
  });
  return {
    ...stores,
    ping: async () => !closed,
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
