import { branded, fromSum } from './columns.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { CreditStore } from './store.ts';

/** Balances are kept by a trigger on the entries; an entry that would overdraw is refused whole (StoreConflict). */
export function createCreditStore(executor: SqlExecutor): CreditStore {
  return {
    async grant({ id, workspaceId, kind, amountNano, description, createdAt }) {
      await executor.write(
        queries
          .insertInto('credit_entries')
          .values({
            id,
            workspace_id: workspaceId,
            kind,
            amount_nano: amountNano,
            description,
            created_at: createdAt,
          })
          .onConflict((conflict) => conflict.column('id').doNothing()),
      );
    },
    async balance(workspace) {
      const [row] = await executor.read(
        queries.selectFrom('credit_balances').selectAll().where('workspace_id', '=', workspace),
      );
      return { grantedNano: fromSum(row?.granted_nano ?? 0), usedNano: fromSum(row?.used_nano ?? 0) };
    },
    async list(workspace, { offset, limit }) {
      const rows = await executor.read(
        queries
          .selectFrom('credit_entries')
          .selectAll()
          .where('workspace_id', '=', workspace)
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .offset(offset),
      );
      return rows.map((row) => ({
        id: row.id,
        workspaceId: branded(row.workspace_id),
        kind: row.kind === 'grant' ? 'grant' : 'usage',
        amountNano: branded(row.amount_nano),
        description: row.description,
        createdAt: branded(row.created_at),
      }));
    },
  };
}
