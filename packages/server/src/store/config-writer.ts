/** Configuration changes raise the version in the same transaction, and listeners hear of them once durable. */
import type { Compilable } from 'kysely';
import { sqliteQueries } from './sql-executor.ts';
import type { SqlExecutor, WriteResult } from './sql-executor.ts';

export interface ConfigWriter {
  /** The result of the change; the version counts only changes that touched a row. `before` runs first, with it or not at all. */
  change(query: Compilable, before?: Compilable): Promise<WriteResult>;
  onChange(listener: () => void): void;
}

export function createConfigWriter(executor: SqlExecutor): ConfigWriter {
  const listeners: (() => void)[] = [];
  const raiseVersion = sqliteQueries
    .updateTable('instance')
    .set((column) => ({ value: column('value', '+', 1) }))
    .where('name', '=', 'config_version');
  return {
    async change(query, before) {
      const results = await executor.write(...(before === undefined ? [] : [before]), query, raiseVersion);
      const result = results.at(-2) ?? { changes: 0, rows: [] };
      if (result.changes > 0) for (const listener of listeners) listener();
      return result;
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
