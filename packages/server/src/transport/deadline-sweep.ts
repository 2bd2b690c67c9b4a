/**
 * The deadlines of all exchanges, looked at by one timer. A timer per exchange, moved at every chunk of a stream,
 * costs more than the chunk, and so does looking at the clock: a wait that begins counts from the next sweep on. Providers' deadlines
 * are seconds, so being late by two sweeps does not matter.
 */
import type { Clock } from '@arouter/core';

export type Deadlined = {
  /** @param nowMs On the clock's monotonic scale. */
  onSweep(nowMs: number): void;
};

export type DeadlineSweep = {
  watch(item: Deadlined): void;
  unwatch(item: Deadlined): void;
};

/** A sweep that is later than so many were due is taken for the process's own fault, not for the providers'. */
const LATE_SWEEPS = 3;

export function createDeadlineSweep(clock: Pick<Clock, 'monotonicMs'>, everyMs: number): DeadlineSweep {
  const items = new Set<Deadlined>();
  let timer: NodeJS.Timeout | undefined;
  let sweptAtMs = 0;
  let hasWaited = false;

  const sweep = (): void => {
    // Stops one sweep after the last item has gone, so that a busy gateway does not start and stop it all the time.
    if (items.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const nowMs = clock.monotonicMs();
    const isLate = nowMs - sweptAtMs > LATE_SWEEPS * everyMs;
    sweptAtMs = nowMs;
    // The process stood still: what has come meanwhile is read before the next sweep. Once: a process that is always late still ends things.
    hasWaited = isLate && !hasWaited;
    if (hasWaited) return;
    for (const item of items) item.onSweep(nowMs);
  };

  return {
    watch(item) {
      items.add(item);
      if (timer !== undefined) return;
      sweptAtMs = clock.monotonicMs();
      timer = setInterval(sweep, everyMs).unref();
    },
    unwatch(item) {
      items.delete(item);
    },
  };
}
