/** The Clock port on the machine's own clocks. */
import type { CancelSignal, Clock } from '@arouter/core';
import { steadyWallClock } from './steady-wall-clock.ts';

/** setTimeout fires at once for anything longer. */
const TIMER_MS_MAX = 2_147_483_647;

export const systemClock: Clock = {
  now: steadyWallClock({ wallMs: () => Date.now(), steadyMs: () => performance.now() }),
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      // A signal says it once: who comes later would wait the whole time.
      if (signal?.aborted === true) return resolve();
      const timer = setTimeout(done, Math.min(Math.max(0, delayMs), TIMER_MS_MAX));
      // A wait alone must not keep the process alive.
      timer.unref();
      signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        (signal as CancelSignal | undefined)?.removeEventListener('abort', done);
        resolve();
      }
    }),
};
