import { expect, test } from 'vitest';
import { steadyWallClock } from './steady-wall-clock.ts';

const HOUR = 3_600_000;

function clocks() {
  const state = { wall: 1_000 * HOUR, steady: 0 };
  return {
    now: steadyWallClock({ wallMs: () => state.wall, steadyMs: () => state.steady }),
    pass: (ms: number) => {
      state.wall += ms;
      state.steady += ms;
    },
    set: (ms: number) => {
      state.wall += ms;
    },
  };
}

test('a clock that is set forward is followed at once', () => {
  const { now, set } = clocks();
  const before = now();
  set(HOUR);
  expect(now() - before).toBe(HOUR);
});

test('a clock that is set back never takes the time back: it goes on at half pace until it is caught up', () => {
  const { now, pass, set } = clocks();
  const before = now();
  set(-HOUR);
  expect(now()).toBe(before);
  pass(10_000);
  expect(now() - before).toBe(5000);
  // Two hours at half pace: the wall clock has caught up, and they agree again.
  for (let second = 10; second < 7200; second += 1) {
    pass(1000);
    const expected = Math.max((second + 1) * 500, (second + 1) * 1000 - HOUR);
    expect(Math.abs(now() - before - expected)).toBeLessThanOrEqual(500);
  }
  pass(1000);
  expect(now() - before).toBe(HOUR + 1000);
});

test('a frozen wall clock stands still and goes on when it does', () => {
  const { now, pass, set } = clocks();
  const before = now();
  pass(5000);
  set(-5000);
  expect(now()).toBe(before);
  pass(5000);
  expect(now()).toBe(before + 5000);
});

test('clocks that are set forward and back at random never show an earlier time', () => {
  const { now, pass, set } = clocks();
  let latest = now();
  let seed = 7;
  for (let round = 0; round < 2000; round += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    pass(seed % 500);
    if (seed % 7 === 0) set((seed % (4 * HOUR)) - 2 * HOUR);
    expect(now()).toBeGreaterThanOrEqual(latest);
    latest = now();
  }
});
