/**
 * The exact limit on dispatches in any 60 s window: a log of dispatch times. Fixed windows, sliding pairs and token
 * buckets were measured to let up to twice the limit through; this never lets one more.
 */
import { instant, laterBy, type Instant } from '../values.ts';
import { RPM_WINDOW_MS } from './limits.ts';

const CAPACITY_MIN = 16;

export class DispatchLog {
  /** A ring, oldest at `#head`; its length is a power of two. Grows and shrinks with what one window holds. */
  #times = new Float64Array(CAPACITY_MIN);
  #head = 0;
  #size = 0;

  /** When a further dispatch is allowed under the limit: now, or the moment when the oldest one leaves the window. */
  freeAt(now: Instant, limit: number): Instant {
    this.#forget(now);
    if (this.#size < limit) return now;
    return laterBy(instant(this.#at(this.#size - limit)), RPM_WINDOW_MS);
  }

  take(now: Instant): void {
    if (this.#size === this.#times.length) this.#resize(this.#times.length * 2);
    // The clock may step back; the log stays sorted and so never lets a window through twice.
    const last = this.#size === 0 ? now : this.#at(this.#size - 1);
    this.#times[(this.#head + this.#size) & (this.#times.length - 1)] = Math.max(now, last);
    this.#size += 1;
  }

  /** A dispatch that provably never left is given back. */
  giveBack(at: Instant): void {
    let index = this.#size - 1;
    while (index >= 0 && this.#at(index) !== at) index -= 1;
    if (index === -1) return;
    const mask = this.#times.length - 1;
    for (let next = index + 1; next < this.#size; next += 1) {
      this.#times[(this.#head + next - 1) & mask] = this.#at(next);
    }
    this.#size -= 1;
  }

  get size(): number {
    return this.#size;
  }

  #at(index: number): number {
    return this.#times[(this.#head + index) & (this.#times.length - 1)] ?? 0;
  }

  #forget(now: Instant): void {
    const oldest = now - RPM_WINDOW_MS;
    const mask = this.#times.length - 1;
    while (this.#size > 0 && this.#at(0) <= oldest) {
      this.#head = (this.#head + 1) & mask;
      this.#size -= 1;
    }
    if (this.#times.length > CAPACITY_MIN && this.#size * 8 < this.#times.length)
      this.#resize(this.#times.length / 2);
  }

  #resize(capacity: number): void {
    const times = new Float64Array(capacity);
    for (let index = 0; index < this.#size; index += 1) times[index] = this.#at(index);
    this.#times = times;
    this.#head = 0;
  }
}
