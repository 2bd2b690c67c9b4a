/** Brings a database file to the newest schema, each migration in one transaction. The caller holds the lock. */
import type { DatabaseSync } from 'node:sqlite';
import { DatabaseRefused } from '../database-refused.ts';
import { init } from '../migrations/0001-init.ts';
import { providerKeyOptions } from '../migrations/0002-provider-key-options.ts';
import { auditLog } from '../migrations/0005-audit-log.ts';
import { people } from '../migrations/0003-people.ts';
import { errorRollups } from '../migrations/0004-error-rollups.ts';
import { webhooks } from '../migrations/0006-webhooks.ts';
import { dailyRollups } from '../migrations/0007-daily-rollups.ts';
import { apiKeyMakers } from '../migrations/0008-api-key-makers.ts';
import { apiKeyDaySums } from '../migrations/0009-api-key-day-sums.ts';
import { auditNotes } from '../migrations/0010-audit-notes.ts';
import { keptBodies } from '../migrations/0011-kept-bodies.ts';

type Migration = {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** What is computed from the rows that are there, after the statements and in the same transaction. */
  readonly fill?: (database: DatabaseSync) => void;
};

/** In order; only ever appended to. */
export const MIGRATIONS: readonly Migration[] = [
  init,
  providerKeyOptions,
  people,
  errorRollups,
  auditLog,
  webhooks,
  dailyRollups,
  apiKeyMakers,
  apiKeyDaySums,
  auditNotes,
  keptBodies,
];

/** Throws when the file was written by a newer ARouter: an older one must not guess at its schema. */
export function migrate(database: DatabaseSync, appliedAt: number): void {
  database.exec(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
      number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)`,
  );
  const row = database.prepare('SELECT max(number) AS newest FROM schema_migrations').get();
  const current = Number(row?.['newest'] ?? 0);
  const known = MIGRATIONS.at(-1)?.number ?? 0;
  if (current > known) {
    throw new DatabaseRefused(
      `The database has schema ${current}, this version of ARouter knows ${known}. ` +
        'Start the newer version, or restore the backup taken before the upgrade.',
    );
  }
  for (const migration of MIGRATIONS.filter(({ number }) => number > current)) {
    apply(database, migration, appliedAt);
  }
}

function apply(database: DatabaseSync, migration: Migration, appliedAt: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const statement of migration.statements) database.exec(statement);
    migration.fill?.(database);
    database
      .prepare('INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)')
      .run(migration.number, migration.name, appliedAt);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw new Error(`Migration ${migration.number} (${migration.name}) failed; the database is as before.`, {
      cause: error,
    });
  }
}
