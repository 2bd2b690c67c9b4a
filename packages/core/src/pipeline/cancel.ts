/** A cancel signal that the core can raise itself; the core has no AbortController. */
import type { CancelSignal, Clock } from '../ports.ts';

export type Cancel = { readonly signal: CancelSignal; cancel(): void };

export function createCancel(): Cancel {
  const listeners = new Set<() => void>();
  const state = { aborted: false };
  return {
    signal: {
      get aborted() {
        return state.aborted;
      },
      addEventListener(_type, listener) {
        listeners.add(listener);
      },
      removeEventListener(_type, listener) {
        listeners.delete(listener);
      },
    },
    cancel() {
      if (state.aborted) return;
      state.aborted = true;
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
