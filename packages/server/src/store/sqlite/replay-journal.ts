/** What a start does before anything else: the rest of the journal goes into the tables, and its files go. */
import { renameSync, unlinkSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { StoreLog } from '../store-log.ts';
import { JournalProjector } from './journal-projector.ts';
import { JournalReader } from './journal-reader.ts';
import { listSegments } from './journal-segments.ts';
import { LedgerWriter } from './ledger-writer.ts';

/** Returns where the tables stand. Throws when the journal cannot be read or the database cannot take it. */
export function replayJournal(file: string, database: DatabaseSync, log: StoreLog): number {
  const reader = new JournalReader(file);
  try {
    const projector = new JournalProjector({ database, reader, ledger: new LedgerWriter(database) });
    let operations = 0;
    let hasLoss = false;
    for (;;) {
      const reply = projector.project(Infinity);
      if (reply.failure !== null) throw new Error(reply.failure.message);
      for (const { message, fields } of reply.notes) log.warn(fields, message);
      hasLoss ||= reply.hasLoss;
      operations += reply.operations;
      if (reply.isAtEnd) break;
    }
    const { position } = projector;
    if (operations > 0) log.info({ operations }, 'brought the rest of the ledger journal into the tables');
    for (const { path } of listSegments(file)) {
      // What could not be read is kept for who wants to look at it.
      if (hasLoss) renameSync(path, `${path}.damaged`);
      else unlinkSync(path);
    }
    return position;
  } finally {
    reader.close();
  }
}
