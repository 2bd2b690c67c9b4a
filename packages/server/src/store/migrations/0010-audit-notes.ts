/**
 * What the audit log will say of a management call that is under way: written in the transaction of the call's first change,
 * taken out in that of its entry. What is left after a crash becomes an entry at the next start.
 */
export const auditNotes = {
  number: 10,
  name: 'audit-notes',
  statements: [
    `CREATE TABLE audit_notes (
      request_id TEXT PRIMARY KEY,
      entry TEXT NOT NULL
    ) WITHOUT ROWID`,
  ],
};
