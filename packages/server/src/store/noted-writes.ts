/**
 * A change and the note of who makes it, in one transaction. Handlers write through many stores and know nothing of notes: the
 * note belongs to the asynchronous call, and the first write within it takes it along. The note is gone with its audit entry.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditEntry } from './audit-ports.ts';
import { sqliteQueries as queries, type SqlExecutor } from './sql-executor.ts';

type Note = {
  readonly entry: AuditEntry;
  state: 'waiting' | 'written' | 'over';
};
const underWay = new AsyncLocalStorage<Note>();

/** Whether a write of the change became durable, with the note. What is started within and goes on afterwards carries none. */
export async function noteWrites<Answer>(
  entry: AuditEntry,
  change: () => Promise<Answer>,
): Promise<{ readonly wrote: boolean; readonly outcome: PromiseSettledResult<Answer> }> {
  const note: Note = { entry, state: 'waiting' };
  const [outcome] = await Promise.allSettled([underWay.run(note, change)]);
  const wrote = note.state === 'written';
  note.state = 'over';
  return { wrote, outcome };
}

/** Writes like `executor`, and with the first write of a noted change its note. */
export function notedWrites(executor: SqlExecutor): SqlExecutor {
  return {
    ...executor,
    async write(...changes) {
      const note = underWay.getStore();
      if (note?.state !== 'waiting') return executor.write(...changes);
      const { entry } = note;
      note.state = 'written';
      try {
        const row = { request_id: entry.requestId, entry: JSON.stringify(entry) };
        const results = await executor.write(
          ...changes,
          queries
            .insertInto('audit_notes')
            .values(row)
            .onConflict((conflict) => conflict.doNothing()),
        );
        return results.slice(0, changes.length);
      } catch (error) {
        // Neither is written: the next write of the call takes the note along.
        note.state = 'waiting';
        throw error;
      }
    },
  };
}
