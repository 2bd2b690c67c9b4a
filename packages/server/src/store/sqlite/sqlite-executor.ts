import type { Compilable } from 'kysely';
import type { SqlExecutor } from '../sql-executor.ts';
import { GROUP } from './messages.ts';
import type { SqlValue, Statement } from './messages.ts';
import type { Readers } from './readers.ts';
import type { Writer } from './writer.ts';

export function createSqliteExecutor(readers: Readers, writer: Writer): SqlExecutor {
  return {
    async read<Row>(query: Compilable<Row>) {
      const [rows] = await readers.read([compile(query)]);
      // Kysely typed the query's rows; the worker returns what SQLite gave for it.
      return (rows ?? []) as readonly Row[];
    },
    async readTogether(...queries: readonly Compilable[]) {
      return (await readers.read(queries.map(compile))) as never;
    },
    async write(...queries) {
      const reply = await writer.submit([GROUP, queries.map(compile)]);
      return reply !== null && 'results' in reply ? reply.results : [];
    },
  };
}

function compile(query: Compilable): Statement {
  const { sql, parameters } = query.compile();
  return { sql, parameters: parameters as readonly SqlValue[] };
}
