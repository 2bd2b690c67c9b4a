/** Time, and the wish to stop waiting for it. */
import type { Instant } from './values.ts';

export interface Clock {
  now(): Instant;
  /** A steady clock for durations: never goes back. Milliseconds with a fraction. */
  monotonicMs(): number;
  sleep(delayMs: number, signal?: CancelSignal): Promise<void>;
}

/** The part of AbortSignal that the core uses. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
