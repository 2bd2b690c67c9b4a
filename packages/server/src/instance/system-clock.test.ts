import { expect, test } from 'vitest';
import { systemClock } from './system-clock.ts';

test.each([2 ** 31, 2 ** 40, Infinity])(
  'a wait beyond the longest timer of the platform does not end at once (%d ms)',
  async (delayMs) => {
    const controller = new AbortController();
    let ended = false;
    const waiting = systemClock.sleep(delayMs, controller.signal).then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ended).toBe(false);
    controller.abort();
    await waiting;
    expect(ended).toBe(true);
  },
);

test('a wait that is cancelled before it begins ends at once', async () => {
  const began = performance.now();
  await systemClock.sleep(60_000, AbortSignal.abort());
  expect(performance.now() - began).toBeLessThan(10_000);
});
