/**
 * For tests: an SQLite database in memory that keeps what is dear to make. Statements stay prepared however many stores are opened over it,
 * one after another; and a test that is one of thousands can borrow a database of the present schema, empty again for the next.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Instant } from '@arouter/core';
import { allRows } from '../sqlite/connection.ts';
import type { SqlValue } from '../sqlite/messages.ts';
import { migrate } from '../sqlite/migrate.ts';
import type { WriteResult } from '../sql-executor.ts';

type Prepared = { readonly statement: StatementSync; readonly hasRows: boolean };

export class MemoryDatabase extends DatabaseSync {
  readonly #prepared = new Map<string, StatementSync>();
  /** Apart from the others: their integers come back exact. */
  readonly #exact = new Map<string, Prepared>();

  constructor() {
    super(':memory:');
  }

  override prepare(sql: string): StatementSync {
    const statement = this.#prepared.get(sql) ?? super.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** What one query of the Store port reads or changes. */
  run(sql: string, parameters: readonly SqlValue[]): WriteResult & { readonly rows: never[] } {
    const { statement, hasRows } = this.#exact.get(sql) ?? this.#prepareExact(sql);
    if (hasRows) {
      const rows = allRows(statement, parameters);
      return { changes: rows.length, rows: rows as never[] };
    }
    return { changes: Number(statement.run(...parameters).changes), rows: [] };
  }

  /** All of it or nothing; within a transaction that is under way, a part of it. */
  inTransaction<Result>(work: () => Result): Result {
    const isPart = this.isTransaction;
    this.exec(isPart ? 'SAVEPOINT part' : 'BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec(isPart ? 'RELEASE part' : 'COMMIT');
      return result;
    } catch (error) {
      if (this.isTransaction) this.exec(isPart ? 'ROLLBACK TO part; RELEASE part' : 'ROLLBACK');
      throw error;
    }
  }

  #prepareExact(sql: string): Prepared {
    const statement = super.prepare(sql);
    statement.setReadBigInts(true);
    const prepared = { statement, hasRows: statement.columns().length > 0 };
    this.#exact.set(sql, prepared);
    return prepared;
  }
}

/** An empty database with the present schema. */
export function createMemoryDatabase(now: Instant): MemoryDatabase {
  const database = new MemoryDatabase();
  database.exec('PRAGMA recursive_triggers = ON');
  migrate(database, now);
  return database;
}

const given: MemoryDatabase[] = [];

/**
 * Empty, with the present schema. All that its borrower does is one transaction, which `giveBack` rolls back: making the schema and preparing
 * the statements anew costs more than a short life does.
 */
export function borrowDatabase(now: Instant): MemoryDatabase {
  const database = given.pop() ?? createMemoryDatabase(now);
  database.exec('BEGIN IMMEDIATE');
  return database;
}

/** The borrower must be done with it: nothing may write any more. */
export function giveBack(database: MemoryDatabase): void {
  database.exec('ROLLBACK');
  given.push(database);
}
