/**
 * One process per database file (fault P08). The lock is one that the kernel keeps for a living process: it is gone
 * the moment its holder dies, however it dies, and holds across containers that share the volume, where a process id
 * alone would lie. It is taken through SQLite, because Node has no file locks of its own: `FILE.lock` is a small
 * database, held exclusively; its `user_version` is the holder's process id, readable in the header without the lock.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Where `PRAGMA user_version` stands in a database file: https://www.sqlite.org/fileformat2.html#user_version_number */
const USER_VERSION_OFFSET = 60;

/** Another process has the database open. The command line exits 78. */
export class StoreLocked extends Error {
  override readonly name = 'StoreLocked';
}

/** Throws StoreLocked. Call the result to release. */
export function lockDatabase(file: string): () => void {
  const lockFile = `${file}.lock`;
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Nothing here needs to survive, so no journal is left beside it.
    lock.exec('PRAGMA journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    lock.exec(`PRAGMA user_version = ${process.pid}`);
    // In this locking mode the exclusive lock outlives the transaction.
    lock.exec('COMMIT');
  } catch (error) {
    lock.close();
    throw new StoreLocked(
      `${file} is in use by ${holderOf(lockFile)}. Stop it first, or start this one with another data directory.`,
      { cause: error },
    );
  }
  return () => lock.close();
}

function holderOf(lockFile: string): string {
  const header = readFileSync(lockFile).subarray(0, 100);
  if (header.length < 100) return 'another process';
  return `another ARouter process (pid ${header.readInt32BE(USER_VERSION_OFFSET)})`;
}
