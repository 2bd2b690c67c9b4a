/** Rows that are marked first and gone later, so that a deletion can be undone: API keys and provider keys alike. */
import type { Instant, WorkspaceId } from '@arouter/core';
import type { ConfigWriter } from './config-writer.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { DeletableRows } from './store.ts';

type Place = {
  readonly table: 'api_keys' | 'provider_keys';
  /** The column that callers name a row by. */
  readonly identity: 'hash' | 'id';
};

export function createDeletableRows<Id extends string>(
  executor: SqlExecutor,
  config: ConfigWriter,
  { table, identity }: Place,
): DeletableRows<Id> {
  const named = (workspace: WorkspaceId, id: Id, deletedAt: Instant | null) =>
    queries
      .updateTable(table)
      .set({ deleted_at: deletedAt })
      .where('workspace_id', '=', workspace)
      .where(queries.dynamic.ref(identity), '=', id);
  return {
    async delete(workspace, id, at) {
      const { changes } = await config.change(named(workspace, id, at).where('deleted_at', 'is', null));
      return changes > 0;
    },
    async restore(workspace, id, deletedAfter) {
      const { changes } = await config.change(
        named(workspace, id, null).where('deleted_at', '>', deletedAfter),
      );
      return changes > 0;
    },
    async purge(deletedUntil) {
      const [result] = await executor.write(
        queries.deleteFrom(table).where('deleted_at', '<=', deletedUntil),
      );
      return result?.changes ?? 0;
    },
  };
}
