/**
 * The exact limit on dispatches in any 60 s window: a log of the last `limit` dispatch times. Fixed windows, sliding
 * pairs and token buckets were measured to let up to twice the limit through; this never lets one more.
 */
import { instant, laterBy, type Instant } from '../values.ts';
import { RPM_WINDOW_MS } from './limits.ts';

export class DispatchLog {
  /** Oldest first. Holds at most as many times as the largest limit it was asked for. */
  #times: number[] = [];
  #head = 0;

  /** When a further dispatch is allowed under the limit: now, or the moment when the oldest one leaves the window. */
  freeAt(now: Instant, limit: number): Instant {
    this.#forget(now);
    const count = this.#times.length - this.#head;
    if (count < limit) return now;
    const blocking = this.#times[this.#times.length - limit];
    return blocking === undefined ? now : laterBy(instant(blocking), RPM_WINDOW_MS);
  }

  take(now: Instant): void {
    const last = this.#times.at(-1) ?? now;
    // The clock may step back; the log stays sorted and so never lets a window through twice.
    this.#times.push(Math.max(now, last));
  }

  /** A dispatch that provably never left is given back. */
  giveBack(at: Instant): void {
    const index = this.#times.lastIndexOf(at);
    if (index >= this.#head) this.#times.splice(index, 1);
  }

  get size(): number {
    return this.#times.length - this.#head;
  }

  #forget(now: Instant): void {
    const oldest = now - RPM_WINDOW_MS;
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) <= oldest) this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
  }
}
