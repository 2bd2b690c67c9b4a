/** A cancel signal that the core can raise itself; the core has no AbortController. */
import type { CancelSignal, Clock } from '../ports.ts';

export type Cancel = { readonly signal: CancelSignal; cancel(): void };

export function createCancel(): Cancel {
  // Nearly always one listener, so a list does; none is made before it is needed.
  let listeners: readonly (() => void)[] = [];
  let aborted = false;
  return {
    signal: {
      get aborted() {
        return aborted;
      },
      addEventListener(_type, listener) {
        listeners = [...listeners, listener];
      },
      removeEventListener(_type, listener) {
        listeners = listeners.filter((other) => other !== listener);
      },
    },
    cancel() {
      if (aborted) return;
      aborted = true;
      for (const listener of listeners) listener();
    },
  };
}

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
