/** A cancel signal that the core can raise itself; the core has no AbortController, and one would cost more. */
import type { CancelSignal, Clock } from '../ports.ts';

/** What cuts one attempt: a signal that its owner raises. */
export class Cancel implements CancelSignal {
  aborted = false;
  /** Nearly always one. */
  #listeners: readonly (() => void)[] = NO_LISTENERS;

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.length === 0 ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const others = this.#listeners.filter((other) => other !== listener);
    this.#listeners = others.length === 0 ? NO_LISTENERS : others;
  }

  cancel(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}

const NO_LISTENERS: readonly (() => void)[] = [];

/** A caller who left: the upstream may go on this long, so that its usage is learned, then it is cut. */
const DRAIN_MS_MAX = 1000;

/** Cuts the upstream soon after the caller has gone. The returned function ends the watch. */
export function cancelAfterCaller(clock: Clock, caller: CancelSignal, cancel: () => void): () => void {
  let watching = true;
  const onGone = (): void => {
    void clock.sleep(DRAIN_MS_MAX).then(() => {
      if (watching) cancel();
    });
  };
  if (caller.aborted) onGone();
  else caller.addEventListener('abort', onGone, { once: true });
  return () => {
    watching = false;
    caller.removeEventListener('abort', onGone);
  };
}
