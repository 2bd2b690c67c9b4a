/** What the samples and the books of a soak say: pure figures and verdicts. */
import type { Sample } from './sample.ts';

export type Verdict = {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly passed: boolean;
};
export type BooksSeen = {
  readonly complete: number;
  /** Complete answers without exactly one settled attempt that answered them. */
  readonly notOnce: number;
  readonly unsettled: number;
  /** Settlements that the rollups do not hold, in requests and in nano-USD. */
  readonly rollupsMissRequests: number;
  readonly rollupsMissNano: number;
};
export type SoakFigures = {
  readonly baseline: Sample;
  readonly samples: readonly Sample[];
  readonly idle: Sample;
  readonly books: BooksSeen;
};

/**
 * Memory grows to its working size first: each time that more long bodies and answers than ever before meet, which gets rarer. Growth
 * is judged after this share of the run; the slope of each third is in the report.
 */
export const WARM_UP_SHARE = 1 / 2;
/** Thirty megabytes in an hour are below what garbage collection moves in one step. */
const RSS_MB_PER_MINUTE_MAX = 0.5;
const LAG_P99_MS_MAX = 100;
/** One-shot timers of housekeeping may be under way at either look. */
const TIMERS_MORE_MAX = 3;

export function judgeSoak({ baseline, samples, idle, books }: SoakFigures): readonly Verdict[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const rss = slopePerMinute(warm, ({ rssMb }) => rssMb);
  const heap = slopePerMinute(lowestOfEachMinute(warm), ({ heapUsedMb }) => heapUsedMb);
  const lag = median(warm.map(({ eventLoopP99Ms }) => eventLoopP99Ms));
  const atMost = (what: string, limit: number, measured: number, unit: string): Verdict => ({
    what,
    limit: `≤ ${limit}${unit}`,
    measured: `${Math.round(measured * 100) / 100}${unit}`,
    passed: measured <= limit,
  });
  return [
    atMost('RSS slope after warm-up', RSS_MB_PER_MINUTE_MAX, rss, ' MB/min'),
    atMost('Heap slope after warm-up, of each minute’s lowest', RSS_MB_PER_MINUTE_MAX, heap, ' MB/min'),
    atMost('Event-loop delay, median of p99', LAG_P99_MS_MAX, lag, ' ms'),
    atMost('Sockets when idle, above those before', 0, idle.sockets - baseline.sockets, ''),
    atMost('Timers when idle, above those before', TIMERS_MORE_MAX, idle.timers - baseline.timers, ''),
    atMost(`Of ${books.complete} complete answers, not in the ledger exactly once`, 0, books.notOnce, ''),
    atMost('Attempts without a settlement', 0, books.unsettled, ''),
    atMost('Settlements missing in the rollups', 0, Math.abs(books.rollupsMissRequests), ''),
    atMost('Nano-USD missing in the rollups', 0, Math.abs(books.rollupsMissNano), ''),
  ];
}

/**
 * The heap goes up and down by 20 MB between two collections; what grows for good is what a collection leaves, and each minute has one.
 */
export function lowestOfEachMinute(samples: readonly Sample[]): readonly Sample[] {
  const lowest = new Map<number, Sample>();
  for (const sample of samples) {
    const minute = Math.floor(sample.atS / 60);
    const before = lowest.get(minute);
    if (before === undefined || sample.heapUsedMb < before.heapUsedMb) lowest.set(minute, sample);
  }
  return [...lowest.values()];
}

/** Least squares. */
export function slopePerMinute(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanX = samples.reduce((sum, { atS }) => sum + atS / 60, 0) / count;
  const meanY = samples.reduce((sum, sample) => sum + of(sample), 0) / count;
  let up = 0;
  let across = 0;
  for (const sample of samples) {
    up += (sample.atS / 60 - meanX) * (of(sample) - meanY);
    across += (sample.atS / 60 - meanX) ** 2;
  }
  return across === 0 ? 0 : up / across;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
