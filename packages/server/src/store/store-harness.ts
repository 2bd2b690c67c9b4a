/** What the contract suite needs of an adapter: open, open again, remove. */
import type { Clock, Instant } from '@arouter/core';
import type { Store } from './store.ts';

export type OpenedStore = {
  readonly store: Store;
  /** Closes it, as a regular stop does, and opens the same data again. */
  readonly reopen: () => Promise<OpenedStore>;
  /** Closes it and removes its data. */
  readonly remove: () => Promise<void>;
};
/** Opens a store without data. */
export type OpenStore = (clock: Clock) => Promise<OpenedStore>;

/** A clock that stands still; sleeping takes a real millisecond. */
export function standingClock(now: number): Clock {
  return {
    now: () => now as Instant,
    monotonicMs: () => now,
    sleep: () =>
      new Promise((resolve) => {
        setTimeout(resolve, 1);
      }),
  };
}
