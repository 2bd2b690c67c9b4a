/** The audit log in SQL. Triggers refuse every change of what is written. */
import type { AuditEntry, AuditStore, FieldChange, StoredAuditEntry } from './audit-ports.ts';
import { branded, fromJson } from './columns.ts';
import { sqliteQueries as queries, type SqlExecutor } from './sql-executor.ts';
import type { AuditEntryTable } from './tables.ts';

export function createAuditStore(executor: SqlExecutor): AuditStore {
  return {
    async append(entry) {
      await executor.write(queries.insertInto('audit_entries').values(toRow(entry)), noteOf(entry.requestId));
    },
    async newest() {
      const [row] = await executor.read(
        queries.selectFrom('audit_entries').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1),
      );
      return row;
    },
    async list({ workspaceId, actor, action, target, from, to, beforeSequence, limit }) {
      let query = queries
        .selectFrom('audit_entries')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('sequence', 'desc')
        .limit(limit);
      if (actor !== undefined) query = query.where('actor_id', '=', actor);
      if (action !== undefined) query = query.where('action', '=', action);
      if (target !== undefined) query = query.where('target_id', '=', target);
      if (from !== undefined) query = query.where('at', '>=', from);
      if (to !== undefined) query = query.where('at', '<', to);
      if (beforeSequence !== undefined) query = query.where('sequence', '<', beforeSequence);
      return (await executor.read(query)).map(fromRow);
    },
    async after(sequence, limit) {
      const rows = await executor.read(
        queries
          .selectFrom('audit_entries')
          .selectAll()
          .where('sequence', '>', sequence)
          .orderBy('sequence')
          .limit(limit),
      );
      return rows.map(fromRow);
    },
    async notes() {
      const rows = await executor.read(queries.selectFrom('audit_notes').selectAll().orderBy('request_id'));
      return rows.map(({ entry }) => fromJson<AuditEntry>(entry));
    },
    async forgetNote(requestId) {
      await executor.write(noteOf(requestId));
    },
  };
}

/** Deletes it. */
function noteOf(requestId: string) {
  return queries.deleteFrom('audit_notes').where('request_id', '=', requestId);
}

function toRow({ sequence, hash, ...entry }: StoredAuditEntry): AuditEntryTable {
  const { at, workspaceId, actor, action, target, changes, ip, requestId, ...rest } = entry;
  rest satisfies Record<string, never>;
  return {
    sequence,
    at,
    workspace_id: workspaceId,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    action,
    target_type: target.type,
    target_id: target.id,
    target_name: target.name,
    changes: JSON.stringify(changes),
    ip,
    request_id: requestId,
    hash,
  };
}

function fromRow(row: AuditEntryTable): StoredAuditEntry {
  return {
    sequence: row.sequence,
    at: branded(row.at),
    workspaceId: branded(row.workspace_id),
    actor: { type: row.actor_type as AuditEntry['actor']['type'], id: row.actor_id, name: row.actor_name },
    action: row.action,
    target: {
      type: row.target_type as AuditEntry['target']['type'],
      id: row.target_id,
      name: row.target_name,
    },
    changes: JSON.parse(row.changes) as readonly FieldChange[],
    ip: row.ip,
    requestId: row.request_id,
    hash: row.hash,
  };
}
