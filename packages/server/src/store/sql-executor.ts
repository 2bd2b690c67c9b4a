/**
 * How the stores reach a database. Queries are built and checked by Kysely, compiled on the main thread and run
 * elsewhere; only this seam and the ledger's hot statements differ between databases.
 */
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, DummyDriver } from 'kysely';
import type { Compilable, RawBuilder } from 'kysely';
import type { Tables } from './tables.ts';

export type WriteResult = {
  readonly changes: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
};

export interface SqlExecutor {
  readonly read: <Row>(query: Compilable<Row>) => Promise<readonly Row[]>;
  /** All queries see one moment. */
  readonly readTogether: <Rows extends readonly unknown[]>(
    ...queries: { readonly [Index in keyof Rows]: Compilable<Rows[Index]> }
  ) => Promise<{ readonly [Index in keyof Rows]: readonly Rows[Index][] }>;
  /** All take effect or none. Resolves when durable. */
  readonly write: (...queries: readonly Compilable[]) => Promise<readonly WriteResult[]>;
}

/** Builds queries; runs nothing. */
export const sqliteQueries = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** A statement that the builder cannot say; its values are parameters all the same. */
export function rawQuery<Row = unknown>(statement: RawBuilder<unknown>): Compilable<Row> {
  return { compile: () => statement.$castTo<Row>().compile(sqliteQueries) };
}
