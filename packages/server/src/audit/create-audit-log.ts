/**
 * Appends to the audit log, one entry after the other. An entry is written when its change is durable and before the caller
 * hears of it; where it cannot be written the caller is told so, because a change that nobody can find later is not done
 * quietly. Who dies between the two has left a note, in the transaction of the change, which becomes the entry at the next start.
 */
import { GatewayError } from '@arouter/core';
import { createTurns } from '../instance/create-turns.ts';
import type { AuditEntry, AuditStore } from '../store/audit-ports.ts';
import { noteWrites } from '../store/noted-writes.ts';
import { CHAIN_START, hashEntry } from './hash-entry.ts';

export interface AuditLog {
  /** Resolves when durable. */
  record(entry: AuditEntry): Promise<void>;
  /**
   * Makes the change and records it as `describe` says of its answer. `expected` is what is known of it before: the note.
   * A change that is refused is not recorded; one that breaks off after it wrote is, with an outcome that nobody knows.
   */
  recordChange<Answer>(
    expected: Omit<AuditEntry, 'changes'>,
    change: () => Promise<Answer>,
    describe: (answer: Answer) => AuditEntry,
  ): Promise<Answer>;
  /** Makes entries of the notes that a crash has left. Returns how many; for the start, before there are calls. */
  recordLeftNotes(): Promise<number>;
}

/** What an entry says where the call did not live to say it. */
const OUTCOME_UNKNOWN = [
  {
    field: 'outcome',
    before: null,
    after: 'It was begun and broke off; whether all of it was done is not known.',
  },
] as const;
const CHECKED_AT_ONCE = 1000;

export function createAuditLog(store: Omit<AuditStore, 'list' | 'after'>): AuditLog {
  const inTurn = createTurns();

  async function append(entry: AuditEntry): Promise<void> {
    // Read each time: what another process appended, or a failed append of our own, is seen.
    const newest = (await store.newest()) ?? { sequence: 0, hash: CHAIN_START };
    await store.append({
      ...entry,
      sequence: newest.sequence + 1,
      hash: hashEntry(newest.hash, entry),
    });
  }

  function record(entry: AuditEntry): Promise<void> {
    return inTurn('chain', () => append(entry));
  }

  return {
    record,
    async recordChange(expected, change, describe) {
      const note = { ...expected, changes: OUTCOME_UNKNOWN };
      const { wrote, outcome } = await noteWrites(note, change);
      if (outcome.status === 'fulfilled') {
        await record(describe(outcome.value));
        return outcome.value;
      }
      const isRefused = outcome.reason instanceof GatewayError && outcome.reason.status < 500;
      // Where the store is away too, the note stays, and the next start makes it an entry.
      if (wrote) await (isRefused ? store.forgetNote(note.requestId) : record(note)).catch(() => undefined);
      throw outcome.reason;
    },
    async recordLeftNotes() {
      const notes = await store.notes();
      for (const note of notes) await record(note);
      return notes.length;
    },
  };
}

/** One sentence per break of the chain; an empty list is good. Reads the whole log: for `arouter doctor`. */
export async function verifyAuditLog(store: Pick<AuditStore, 'after'>): Promise<readonly string[]> {
  let previous = { sequence: 0, hash: CHAIN_START };
  for (;;) {
    const entries = await store.after(previous.sequence, CHECKED_AT_ONCE);
    for (const entry of entries) {
      if (entry.sequence !== previous.sequence + 1)
        return [`the audit log lacks entry ${previous.sequence + 1}`];
      if (entry.hash !== hashEntry(previous.hash, entry))
        return [`entry ${entry.sequence} of the audit log was changed after it was written`];
      previous = entry;
    }
    if (entries.length < CHECKED_AT_ONCE) return [];
  }
}
