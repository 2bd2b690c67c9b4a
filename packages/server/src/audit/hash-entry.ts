/** The chain of the audit log: each hash covers its entry and the hash before, so that no entry can be changed or taken out. */
import { createHash } from 'node:crypto';
import type { AuditEntry } from '../store/audit-ports.ts';

/** What the first entry is chained to. */
export const CHAIN_START = '0'.repeat(64);

/** Lower-case hex SHA-256. The order of the fields is part of the format. */
export function hashEntry(previous: string, entry: AuditEntry): string {
  const { at, workspaceId, actor, action, target, changes, ip, requestId } = entry;
  const fields = [
    previous,
    at,
    workspaceId,
    actor.type,
    actor.id,
    actor.name,
    action,
    target.type,
    target.id,
    target.name,
    changes,
    ip,
    requestId,
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
