import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant } from '../values.ts';
import { DispatchLog } from './dispatch-log.ts';

test('no 60 s window ever holds more than the limit, and a free slot is found as soon as there is one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, limit) => {
        const log = new DispatchLog();
        const taken: number[] = [];
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap;
          const inWindow = taken.filter((time) => time > now - 60_000).length;
          const free = log.freeAt(instant(now), limit) <= now;
          expect(free).toBe(inWindow < limit);
          if (free) {
            log.take(instant(now));
            taken.push(now);
          }
        }
        for (const start of taken)
          expect(taken.filter((time) => time >= start && time < start + 60_000).length).toBeLessThanOrEqual(
            limit,
          );
      },
    ),
  );
});

test('says when the next slot frees, and a dispatch that never left is given back', () => {
  const log = new DispatchLog();
  log.take(instant(1000));
  log.take(instant(2000));
  expect(log.freeAt(instant(3000), 2)).toBe(61_000);
  log.giveBack(instant(1000));
  expect(log.freeAt(instant(3000), 2)).toBe(3000);
});

test('a clock that steps back lets nothing through twice', () => {
  const log = new DispatchLog();
  log.take(instant(100_000));
  expect(log.freeAt(instant(50_000), 1)).toBeGreaterThan(50_000);
});
