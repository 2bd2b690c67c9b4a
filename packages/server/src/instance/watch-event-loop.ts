/**
 * Says when the process stood still: its owner then knows why answers were late. Nothing else in the process could say so in time, and a
 * probe of readiness simply gets no answer meanwhile.
 */
import type { Logger } from 'pino';

const LOOK_MS = 500;
/** As long as this, callers notice. */
const STOOD_STILL_MS_MIN = 1000;

/** Returns what ends it. */
export function watchEventLoop(log: Pick<Logger, 'warn'>): () => void {
  let lookedAtMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const stoodStillMs = Math.round(nowMs - lookedAtMs - LOOK_MS);
    lookedAtMs = nowMs;
    if (stoodStillMs >= STOOD_STILL_MS_MIN)
      log.warn(
        { stoodStillMs },
        'the process stood still and answered nobody: too little processor time, a paused machine, or a fault of ours',
      );
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}
