import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, splitWindow, startOfHour } from './usage-window.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const MIDNIGHT = Date.UTC(2026, 10, 23);

test('a window within two midnights is hours; one over them is days with hours at its ends', () => {
  expect(splitWindow({ from: MIDNIGHT + HOUR_MS, to: NOON + 1 })).toEqual({
    days: null,
    hours: [{ from: MIDNIGHT + HOUR_MS, to: NOON + HOUR_MS }],
  });
  expect(splitWindow({ from: NOON - 2 * DAY_MS, to: NOON })).toEqual({
    days: { from: MIDNIGHT - DAY_MS, to: MIDNIGHT },
    hours: [
      { from: NOON - 2 * DAY_MS, to: MIDNIGHT - DAY_MS },
      { from: MIDNIGHT, to: NOON },
    ],
  });
  expect(splitWindow({ from: MIDNIGHT - DAY_MS, to: MIDNIGHT }).hours).toEqual([]);
});

test('every hour that begins in the window is in exactly one span, and no other is', () => {
  const moment = fc.integer({ min: NOON, max: NOON + 5 * DAY_MS });
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      const window = { from: Math.min(one, other), to: Math.max(one, other) };
      const { days, hours } = splitWindow(window);
      const spans = days === null ? hours : [days, ...hours];
      const covered = spans.flatMap(({ from, to }) =>
        Array.from({ length: Math.max(0, to - from) / HOUR_MS }, (_none, hour) => from + hour * HOUR_MS),
      );
      const expected: number[] = [];
      for (let hour = startOfHour(window.from); hour < window.to; hour += HOUR_MS) expected.push(hour);
      expect(covered.toSorted((a, b) => a - b)).toEqual(expected);
    }),
  );
});
