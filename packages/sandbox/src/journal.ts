/**
 * What the sandbox saw, in order: the other half of "no attempt reached the provider without a ledger row".
 * Bounded; the oldest entries go first, and `seen` still counts them.
 */

export type JournalEntry = {
  /** 1-based, in order of arrival. */
  readonly number: number;
  /** Milliseconds since 1970 UTC, when the request was complete. */
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** As received: case, order and repetitions kept. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The credential sent, or null. In clear: the sandbox takes only keys that are worth nothing. */
  readonly key: string | null;
  /** Lower-case hex. */
  readonly bodySha256: string;
  readonly bodyBytes: number;
  /** The body itself, cut at `BODY_CHARACTERS_MAX`; null unless `journalBodies` was asked for. */
  readonly body: string | null;
  readonly model: string | null;
  readonly streamed: boolean;
  /** The behaviour that was applied, or null. */
  readonly behaviour: string | null;
  /** The status answered, or null when the behaviour sends none. */
  readonly status: number | null;
  readonly outcome: 'in_progress' | 'finished' | 'client_left';
};

export const JOURNAL_ENTRIES_MAX = 10_000;
export const BODY_CHARACTERS_MAX = 1_048_576;

export type Journal = {
  /** Oldest first. A copy: later requests do not change it. */
  entries(): readonly JournalEntry[];
  /** Every request since the start, including those no longer kept. */
  seen(): number;
  clear(): void;
};
export type JournalWriter = Journal & {
  /** Returns the function that ends the entry. */
  record(entry: Omit<JournalEntry, 'number' | 'outcome'>): (outcome: 'finished' | 'client_left') => void;
};

export function createJournal(entriesMax: number = JOURNAL_ENTRIES_MAX): JournalWriter {
  // A ring: the place of entry n is n modulo the bound.
  let ring: JournalEntry[] = [];
  let count = 0;
  let clearedAt = 0;
  return {
    entries() {
      const first = Math.max(clearedAt, count - entriesMax);
      const list: JournalEntry[] = [];
      for (let index = first; index < count; index += 1) {
        const entry = ring[index % entriesMax];
        if (entry !== undefined) list.push(entry);
      }
      return list;
    },
    seen: () => count,
    clear() {
      clearedAt = count;
      ring = [];
    },
    record(entry) {
      const number = count + 1;
      const place = count % entriesMax;
      const open: JournalEntry = { ...entry, number, outcome: 'in_progress' };
      ring[place] = open;
      count = number;
      return (outcome) => {
        if (ring[place] === open) ring[place] = { ...open, outcome };
      };
    },
  };
}
