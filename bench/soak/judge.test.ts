import { describe, expect, it } from 'vitest';
import { judgeSoak, median, slopePerMinute, type SoakFigures } from './judge.ts';
import type { Sample } from './sample.ts';

function sampleAt(atS: number, fields: Partial<Sample> = {}): Sample {
  return {
    atS,
    rssMb: 200,
    heapUsedMb: 60,
    externalMb: 10,
    eventLoopP99Ms: 5,
    sockets: 20,
    timers: 4,
    cpuS: atS / 4,
    ...fields,
  };
}

const GOOD: SoakFigures = {
  baseline: sampleAt(0),
  samples: Array.from({ length: 60 }, (_, nth) => sampleAt(nth * 5)),
  idle: sampleAt(400),
  books: { complete: 10, notOnce: 0, unsettled: 0, rollupsMissRequests: 0, rollupsMissNano: 0 },
};

describe('judging a soak', () => {
  it('passes one that ends as it began', () => {
    expect(judgeSoak(GOOD).filter(({ passed }) => !passed)).toEqual([]);
  });

  it('lets memory grow while it warms up, and not afterwards', () => {
    const growing = (fromS: number): SoakFigures => ({
      ...GOOD,
      samples: GOOD.samples.map((sample) => ({
        ...sample,
        rssMb: 200 + Math.max(0, sample.atS - fromS) / 10,
      })),
    });
    const warmOnly = GOOD.samples.map((sample) => ({ ...sample, rssMb: 200 + Math.min(sample.atS, 90) }));
    expect(judgeSoak({ ...GOOD, samples: warmOnly }).every(({ passed }) => passed)).toBe(true);
    expect(failed(growing(120))).toEqual(['RSS slope after warm-up']);
  });

  it('judges the heap by what collections leave, not by where between two of them it was seen', () => {
    const long = Array.from({ length: 120 }, (_, nth) => sampleAt(nth * 5));
    const heapOf = (left: (atS: number) => number): SoakFigures => ({
      ...GOOD,
      // A collection each 40 s; towards the end samples happen to come late after it.
      samples: long.map((sample) => ({
        ...sample,
        heapUsedMb: left(sample.atS) + ((sample.atS % 40) / 2) * (sample.atS / 600 + 0.5),
      })),
    });
    expect(failed(heapOf(() => 45))).toEqual([]);
    expect(failed(heapOf((atS) => 45 + atS / 60))).toEqual([
      'Heap slope after warm-up, of each minute’s lowest',
    ]);
  });

  it.each([
    ['a socket', { idle: sampleAt(400, { sockets: 21 }) }, 'Sockets when idle, above those before'],
    ['timers', { idle: sampleAt(400, { timers: 9 }) }, 'Timers when idle, above those before'],
    ['an attempt', { books: { ...GOOD.books, unsettled: 1 } }, 'Attempts without a settlement'],
    [
      'an answer',
      { books: { ...GOOD.books, notOnce: 1 } },
      'Of 10 complete answers, not in the ledger exactly once',
    ],
    ['money', { books: { ...GOOD.books, rollupsMissNano: -1 } }, 'Nano-USD missing in the rollups'],
  ])('fails one that leaves %s behind', (_, change, what) => {
    expect(failed({ ...GOOD, ...change })).toEqual([what]);
  });

  it('measures slopes per minute, and the middle of many', () => {
    const line = [0, 60, 120].map((atS) => sampleAt(atS, { rssMb: 100 + atS / 30 }));
    expect(slopePerMinute(line, ({ rssMb }) => rssMb)).toBeCloseTo(2);
    expect(slopePerMinute(line.slice(0, 1), ({ rssMb }) => rssMb)).toBe(0);
    expect(median([9, 1, 5])).toBe(5);
  });
});

function failed(figures: SoakFigures): readonly string[] {
  return judgeSoak(figures)
    .filter(({ passed }) => !passed)
    .map(({ what }) => what);
}
