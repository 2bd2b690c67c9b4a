/**
 * The exact limit on dispatches in any 60 s window: a log of dispatch times. Fixed windows, sliding pairs and token
 * buckets were measured to let up to twice the limit through; this never lets one more. Moments are milliseconds of the
 * steady clock: a wall clock that is set must neither empty a window nor fill it for an hour.
 */
import { RPM_WINDOW_MS } from './limits.ts';

const CAPACITY_MIN = 16;

export class DispatchLog {
  /** A ring, oldest at `#head`; its length is a power of two. Grows and shrinks with what one window holds. */
  #times = new Float64Array(CAPACITY_MIN);
  #head = 0;
  #size = 0;
  /** Slots promised to attempts whose ledger row is being written. When they will be sent is not known yet. */
  #promised = 0;

  /** When a further dispatch is allowed under the limit: now, or the earliest moment at which one can be. */
  freeAt(now: number, limit: number): number {
    this.#forget(now);
    if (this.#size + this.#promised < limit) return now;
    const index = this.#size + this.#promised - limit;
    return (index < this.#size ? this.#at(index) : now) + RPM_WINDOW_MS;
  }

  /** Takes a slot for an attempt that is not sent yet; `send` or `giveBack` follows. */
  promise(): void {
    this.#promised += 1;
  }

  /** The promised attempt is being sent: its window begins now, not when it was planned. */
  send(now: number): void {
    this.#promised -= 1;
    this.record(now);
  }

  /** A dispatch of the past, or of now. */
  record(at: number): void {
    if (this.#size === this.#times.length) this.#resize(this.#times.length * 2);
    const last = this.#size === 0 ? at : this.#at(this.#size - 1);
    this.#times[(this.#head + this.#size) & (this.#times.length - 1)] = Math.max(at, last);
    this.#size += 1;
  }

  /** An attempt that provably never left is given back: `sentAt` as it was sent, null where only promised. */
  giveBack(sentAt: number | null): void {
    if (sentAt === null) {
      this.#promised -= 1;
      return;
    }
    let index = this.#size - 1;
    while (index >= 0 && this.#at(index) !== sentAt) index -= 1;
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

  #forget(now: number): void {
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
