/**
 * Appends to the audit log, one entry after the other. An entry is written when its change is durable and before the caller
 * hears of it; where it cannot be written the caller is told so, because a change that nobody can find later is not done
 * quietly.
 */
import type { AuditEntry, AuditStore } from '../store/audit-ports.ts';
import { CHAIN_START, hashEntry } from './hash-entry.ts';

export interface AuditLog {
  /** Resolves when durable. */
  record(entry: AuditEntry): Promise<void>;
}

const CHECKED_AT_ONCE = 1000;

export function createAuditLog(store: AuditStore): AuditLog {
  let last: Promise<unknown> = Promise.resolve();

  async function append(entry: AuditEntry): Promise<void> {
    // Read each time: what another process appended, or a failed append of our own, is seen.
    const newest = (await store.newest()) ?? { sequence: 0, hash: CHAIN_START };
    await store.append({
      ...entry,
      sequence: newest.sequence + 1,
      hash: hashEntry(newest.hash, entry),
    });
  }

  return {
    record(entry) {
      const done = last.then(() => append(entry));
      // A failed append must not stop the next.
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** One sentence per break of the chain; an empty list is good. Reads the whole log: for `arouter doctor`. */
export async function verifyAuditLog(store: AuditStore): Promise<readonly string[]> {
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
