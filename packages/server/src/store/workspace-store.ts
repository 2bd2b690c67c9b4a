import type { WorkspaceRecord } from '@arouter/core';
import { branded, definedColumns, fromFlag, noFieldLeft, toFlag } from './columns.ts';
import type { ConfigWriter } from './config-writer.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { WorkspaceStore } from './store.ts';
import type { WorkspaceTable } from './tables.ts';

export function createWorkspaceStore(executor: SqlExecutor, config: ConfigWriter): WorkspaceStore {
  return {
    async create(record) {
      await config.change(queries.insertInto('workspaces').values(toWorkspaceRow(record)));
    },
    async get(id) {
      const [row] = await executor.read(selectWorkspaces.where('id', '=', id));
      return row && fromWorkspaceRow(row);
    },
    async list() {
      return (await executor.read(selectWorkspaces)).map(fromWorkspaceRow);
    },
    async update(id, { name, unmetered, bodiesKeptSince }) {
      const columns = definedColumns({
        name,
        unmetered: unmetered === undefined ? undefined : toFlag(unmetered),
        bodies_kept_since: bodiesKeptSince,
      });
      if (Object.keys(columns).length === 0) return this.get(id);
      const { rows } = await config.change(
        queries.updateTable('workspaces').set(columns).where('id', '=', id).returningAll(),
      );
      return rows[0] && fromWorkspaceRow(rows[0] as WorkspaceTable);
    },
  };
}

export const selectWorkspaces = queries
  .selectFrom('workspaces')
  .selectAll()
  .orderBy('created_at')
  .orderBy('id');

function toWorkspaceRow({
  id,
  name,
  unmetered,
  bodiesKeptSince,
  createdAt,
  ...nothing
}: WorkspaceRecord): WorkspaceTable {
  noFieldLeft(nothing);
  return {
    id,
    name,
    unmetered: toFlag(unmetered),
    created_at: createdAt,
    bodies_kept_since: bodiesKeptSince,
  };
}

export function fromWorkspaceRow(row: WorkspaceTable): WorkspaceRecord {
  return {
    id: branded(row.id),
    name: row.name,
    unmetered: fromFlag(row.unmetered),
    bodiesKeptSince: row.bodies_kept_since === null ? null : branded(row.bodies_kept_since),
    createdAt: branded(row.created_at),
  };
}
