/**
 * One process per database file (fault P08). The lock is one that the kernel keeps for a living process: it is gone
 * the moment its holder dies, however it dies, and holds across containers that share the volume, where a process id
 * alone would lie. It is taken through SQLite, because Node has no file locks of its own: `FILE.lock` is a small
 * database, held exclusively; its `user_version` is the holder's process id, readable in the header without the lock.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseRefused } from '../database-refused.ts';
import { isBusy } from './result-codes.ts';

/** Where `PRAGMA user_version` stands in a database file: https://www.sqlite.org/fileformat2.html#user_version_number */
const USER_VERSION_OFFSET = 60;

/** Another process has the database open. The command line exits 78. */
export class StoreLocked extends Error {
  override readonly name = 'StoreLocked';
}

/** Throws StoreLocked, and DatabaseRefused where the lock cannot be taken for another reason. Call the result to release. */
export function lockDatabase(file: string): () => void {
  const lockFile = `${file}.lock`;
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile, { timeout: 0 });
    holdExclusively(lock);
  } catch (error) {
    lock?.close();
    throw notLocked(file, lockFile, error);
  }
  const held = lock;
  return () => held.close();
}

function holdExclusively(lock: DatabaseSync): void {
  lock.exec('PRAGMA locking_mode = EXCLUSIVE');
  // Nothing here needs to survive, so no journal is left beside it.
  lock.exec('PRAGMA journal_mode = MEMORY');
  lock.exec('BEGIN EXCLUSIVE');
  lock.exec(`PRAGMA user_version = ${process.pid}`);
  // In this locking mode the exclusive lock outlives the transaction.
  lock.exec('COMMIT');
}

function notLocked(file: string, lockFile: string, cause: unknown): Error {
  if (isBusy(cause)) {
    return new StoreLocked(
      `${file} is in use by ${holderOf(lockFile)}. Stop it first, or start this one with another data directory.`,
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseRefused(
    `The lock file ${lockFile} cannot be used (${reason}). Check that it can be written and that the disk has room. ` +
      'It holds no data: if it is damaged, delete it while no ARouter runs.',
    { cause },
  );
}

function holderOf(lockFile: string): string {
  const header = readFileSync(lockFile).subarray(0, 100);
  if (header.length < 100) return 'another process';
  return `another ARouter process (pid ${header.readInt32BE(USER_VERSION_OFFSET)})`;
}
