/**
 * The audit log: one row per change, append-only, each holding the hash of the one before. `changes` is JSON; an instant is
 * milliseconds since 1970 UTC.
 */
const FORBIDDEN = ['UPDATE', 'DELETE'] as const;

export const auditLog = {
  number: 5,
  name: 'audit-log',
  statements: [
    `CREATE TABLE audit_entries (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      workspace_id TEXT NOT NULL,
      actor_type TEXT NOT NULL,
      actor_id TEXT NOT NULL,
      actor_name TEXT NOT NULL,
      action TEXT NOT NULL,
      target_type TEXT NOT NULL,
      target_id TEXT NOT NULL,
      target_name TEXT NOT NULL,
      changes TEXT NOT NULL,
      ip TEXT,
      request_id TEXT NOT NULL,
      hash TEXT NOT NULL CHECK (length(hash) = 64)
    )`,
    `CREATE INDEX audit_entries_by_workspace ON audit_entries (workspace_id, sequence)`,
    ...FORBIDDEN.map(
      (verb) => `CREATE TRIGGER audit_entries_no_${verb.toLowerCase()} BEFORE ${verb} ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    ),
  ],
} as const;
