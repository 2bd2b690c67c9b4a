/**
 * What was tried and how much of it came out equal, per provider and dialect; and every exception with its reason. An
 * exception that is none any more fails, so the list cannot outlive its reasons.
 */
import { expect } from 'vitest';
import type { RecordedChat } from './recorded-chats.ts';

/** `record`: the usage in the generation's record, where `usage` is the one in the answer. */
export type Aspect = 'question' | 'answer' | 'usage' | 'record' | 'cost';
export type EqualityTable = {
  /** Counts one comparison. What is not equal must be in the list of exceptions for its aspect. */
  count(row: string, chat: RecordedChat, aspect: Aspect, difference: string | null): void;
  print(title: string): void;
  /** Fails with every difference that has no reason, and with every reason that applied and met no difference. */
  expectNoneUnexplained(): void;
  /** How many comparisons of this aspect there were, and how many were equal. */
  sum(aspect: Aspect): Readonly<Counts>;
  /** By the names of their rows. */
  rows(): readonly (readonly [row: string, aspects: ReadonlyMap<Aspect, Readonly<Counts>>])[];
  /** The exceptions that met a difference, and how many they met. */
  reasons(): readonly { readonly reason: string; readonly many: number }[];
};
export type Exception = {
  /** Whether an exchange is of the kind that the reason is about. */
  readonly applies: (chat: RecordedChat) => boolean;
  readonly aspects: readonly Aspect[];
  readonly reason: string;
};

type Counts = { tried: number; equal: number };

export function createEqualityTable(exceptions: readonly Exception[]): EqualityTable {
  const rows = new Map<string, Map<Aspect, Counts>>();
  const met = new Map<Exception, string[]>();
  const applied = new Set<Exception>();
  const unexplained: string[] = [];
  return {
    count(row, chat, aspect, difference) {
      const counts = countsOf(rows, row, aspect);
      counts.tried += 1;
      const exception = exceptions.find((each) => each.aspects.includes(aspect) && each.applies(chat));
      if (exception !== undefined) applied.add(exception);
      if (difference === null) {
        counts.equal += 1;
        return;
      }
      if (exception === undefined) unexplained.push(`${row} ${chat.name}: ${aspect}: ${difference}`);
      else met.set(exception, [...(met.get(exception) ?? []), `${chat.name} (${aspect})`]);
    },
    print(title) {
      console.log(title);
      console.table(Object.fromEntries([...rows].map(([row, aspects]) => [row, shownRow(aspects)])));
      for (const [{ reason }, names] of met)
        console.log(`  not equal, ${names.length}: ${reason}\n    ${names.join('\n    ')}`);
    },
    expectNoneUnexplained() {
      expect(unexplained).toEqual([]);
      const idle = [...applied].filter((each) => !met.has(each));
      expect(
        idle.map(({ reason }) => reason),
        'exceptions that met no difference',
      ).toEqual([]);
    },
    rows: () => [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    reasons: () =>
      exceptions.flatMap((each) => {
        const many = met.get(each)?.length ?? 0;
        return many === 0 ? [] : [{ reason: each.reason, many }];
      }),
    sum(aspect) {
      const all = [...rows.values()].map((aspects) => aspects.get(aspect) ?? { tried: 0, equal: 0 });
      return {
        tried: all.reduce((total, { tried }) => total + tried, 0),
        equal: all.reduce((total, { equal }) => total + equal, 0),
      };
    },
  };
}

function countsOf(rows: Map<string, Map<Aspect, Counts>>, row: string, aspect: Aspect): Counts {
  const aspects = rows.get(row) ?? new Map<Aspect, Counts>();
  rows.set(row, aspects);
  const counts = aspects.get(aspect) ?? { tried: 0, equal: 0 };
  aspects.set(aspect, counts);
  return counts;
}

function shownRow(aspects: ReadonlyMap<Aspect, Counts>): Record<string, number> {
  const shown: Record<string, number> = { tried: aspects.get('answer')?.tried ?? 0 };
  for (const [aspect, { tried, equal }] of aspects) {
    shown[`${aspect} equal`] = equal;
    if (tried !== shown['tried']) shown[`${aspect} tried`] = tried;
  }
  return shown;
}
