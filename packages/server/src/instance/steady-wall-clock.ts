/**
 * The time of day as the gateway uses it: follows the machine's wall clock forward and never goes back, so that no
 * budget period begins twice and no row is dated before the one it follows. When the wall clock is set back, time goes
 * on at half the pace of the steady clock until the wall clock has caught up.
 */
import { instant, type Instant } from '@arouter/core';

export type RawClocks = {
  /** Milliseconds since 1970 UTC; may be set at any time. */
  readonly wallMs: () => number;
  /** Milliseconds; never goes back. */
  readonly steadyMs: () => number;
};

const PACE_WHILE_AHEAD = 0.5;

export function steadyWallClock({ wallMs, steadyMs }: RawClocks): () => Instant {
  let latest = 0;
  /** Where and when the wall clock was found to be behind; null while it is not. */
  let ahead: { readonly at: number; readonly sinceMs: number } | null = null;
  return () => {
    const wall = wallMs();
    if (wall >= latest) {
      ahead = null;
      latest = wall;
      return instant(wall);
    }
    ahead ??= { at: latest, sinceMs: steadyMs() };
    latest = Math.max(latest, Math.floor(ahead.at + (steadyMs() - ahead.sinceMs) * PACE_WHILE_AHEAD));
    return instant(latest);
  };
}
