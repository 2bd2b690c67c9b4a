/**
 * The deadlines of all exchanges, looked at by one timer. A timer per exchange, moved at every chunk of a stream,
 * costs more than the chunk; providers' deadlines are seconds, so being late by one sweep does not matter.
 */
import type { Clock } from '@arouter/core';

export type Deadlined = {
  /** On the clock's monotonic scale, in milliseconds. */
  readonly deadlineAt: number;
  onDeadline(nowMs: number): void;
};

export type DeadlineSweep = {
  watch(item: Deadlined): void;
  unwatch(item: Deadlined): void;
};

export function createDeadlineSweep(clock: Pick<Clock, 'monotonicMs'>, everyMs: number): DeadlineSweep {
  const items = new Set<Deadlined>();
  let timer: NodeJS.Timeout | undefined;

  const sweep = (): void => {
    // Stops one sweep after the last item has gone, so that a busy gateway does not start and stop it all the time.
    if (items.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const nowMs = clock.monotonicMs();
    for (const item of items) {
      if (item.deadlineAt <= nowMs) item.onDeadline(nowMs);
    }
  };

  return {
    watch(item) {
      items.add(item);
      timer ??= setInterval(sweep, everyMs).unref();
    },
    unwatch(item) {
      items.delete(item);
    },
  };
}
