import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DispatchLog } from './dispatch-log.ts';

const WINDOW_MS = 60_000;

/** The fullest half-open window of 60 s. */
function fullestWindow(sent: readonly number[]): number {
  return Math.max(
    0,
    ...sent.map((start) => sent.filter((time) => time >= start && time < start + WINDOW_MS).length),
  );
}

test('no 60 s window ever holds more than the limit, and a free slot is found as soon as there is one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, limit) => {
        const log = new DispatchLog();
        const sent: number[] = [];
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap;
          const inWindow = sent.filter((time) => time > now - WINDOW_MS).length;
          const free = log.freeAt(now, limit) <= now;
          expect(free).toBe(inWindow < limit);
          if (free) {
            log.promise();
            log.send(now);
            sent.push(now);
          }
        }
        expect(fullestWindow(sent)).toBeLessThanOrEqual(limit);
      },
    ),
  );
});

test.each([1, 10, 200])(
  'windows hold at %i attempts at once, however long each waits between its promise and its dispatch',
  (concurrency) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 30_000 })), {
          minLength: 50,
          maxLength: 400,
        }),
        fc.integer({ min: 1, max: 20 }),
        (arrivals, limit) => {
          const log = new DispatchLog();
          const sent: number[] = [];
          const waiting: number[] = [];
          let now = 0;
          const sendDue = (until: number): void => {
            for (const due of waiting.filter((at) => at <= until).toSorted((a, b) => a - b)) {
              waiting.splice(waiting.indexOf(due), 1);
              log.send(due);
              sent.push(due);
            }
          };
          for (const [gap, wait] of arrivals) {
            now += gap;
            sendDue(now);
            if (waiting.length >= concurrency || log.freeAt(now, limit) > now) continue;
            log.promise();
            waiting.push(now + wait);
          }
          sendDue(Infinity);
          expect(fullestWindow(sent)).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 40 },
    );
  },
);

test('says when the next slot frees, and a dispatch that never left is given back', () => {
  const log = new DispatchLog();
  log.record(1000);
  log.record(2000);
  expect(log.freeAt(3000, 2)).toBe(61_000);
  log.giveBack(1000);
  expect(log.freeAt(3000, 2)).toBe(3000);
});

test('a promised slot is held until it is sent or given back, and frees at the earliest a window later', () => {
  const log = new DispatchLog();
  log.promise();
  expect(log.freeAt(500_000, 1)).toBe(560_000);
  log.giveBack(null);
  expect(log.freeAt(500_000, 1)).toBe(500_000);
});
