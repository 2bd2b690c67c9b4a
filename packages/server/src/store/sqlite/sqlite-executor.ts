import type { Compilable } from 'kysely';
import type { SqlExecutor } from '../sql-executor.ts';
import type { Journal } from './journal.ts';
import type { SqlValue, Statement } from './messages.ts';
import type { Readers } from './readers.ts';
import type { Writer } from './writer.ts';

export type ExecutorOptions = {
  readonly readers: Pick<Readers, 'read'>;
  readonly writer: Pick<Writer, 'write'>;
  /** Every query sees what the ledger acknowledged before it was asked. */
  readonly journal: Pick<Journal, 'projected'>;
};

export function createSqliteExecutor({ readers, writer, journal }: ExecutorOptions): SqlExecutor {
  return {
    async read<Row>(query: Compilable<Row>) {
      await journal.projected();
      const [rows] = await readers.read([compile(query)]);
      // Kysely typed the query's rows; the worker returns what SQLite gave for it.
      return (rows ?? []) as readonly Row[];
    },
    async readTogether(...queries: readonly Compilable[]) {
      await journal.projected();
      return (await readers.read(queries.map(compile))) as never;
    },
    async write(...queries) {
      await journal.projected();
      return writer.write(queries.map(compile));
    },
  };
}

export function compile(query: Compilable): Statement {
  const { sql, parameters } = query.compile();
  return { sql, parameters: parameters as readonly SqlValue[] };
}
