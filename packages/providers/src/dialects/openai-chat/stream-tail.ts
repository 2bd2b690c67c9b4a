/**
 * The last bytes of a stream, from which usage and finish reason are read once, at its end: looking into every chunk
 * would cost more than passing it on. Small chunks are copied, because a chunk may be a slice of a large buffer.
 */
import { Buffer } from 'node:buffer';

/** At least so much of the end is kept, and whole blocks larger than it. */
export const TAIL_BYTES_MIN = 16 * 1024;
const CAPACITY = 2 * TAIL_BYTES_MIN;
const FIRST_CAPACITY = 4 * 1024;

export class StreamTail {
  /** A block too large to copy; what came after it is in `#recent`. */
  #large: Uint8Array | null = null;
  #recent: Buffer = Buffer.alloc(0);
  #length = 0;
  #bytesSeen = 0;

  /** All that was ever appended. */
  get bytesSeen(): number {
    return this.#bytesSeen;
  }

  append(bytes: Uint8Array): void {
    this.#bytesSeen += bytes.length;
    if (bytes.length >= TAIL_BYTES_MIN) {
      this.#large = bytes;
      this.#length = 0;
      return;
    }
    if (this.#length + bytes.length > this.#recent.length) this.#makeRoom(bytes.length);
    this.#recent.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** May begin in the middle of an event. */
  read(): Buffer {
    const recent = this.#recent.subarray(0, this.#length);
    return this.#large === null ? recent : Buffer.concat([this.#large, recent]);
  }

  /** Exactly the last bytes, as many as there are up to `bytesMax`, which is at most TAIL_BYTES_MIN. */
  readLast(bytesMax: number): Buffer {
    const tail = this.read();
    return tail.subarray(Math.max(0, tail.length - bytesMax));
  }

  #makeRoom(bytes: number): void {
    if (this.#recent.length < CAPACITY) {
      const larger = Buffer.allocUnsafeSlow(
        this.#length + bytes <= FIRST_CAPACITY ? FIRST_CAPACITY : CAPACITY,
      );
      larger.set(this.#recent.subarray(0, this.#length));
      this.#recent = larger;
      if (this.#length + bytes <= larger.length) return;
    }
    this.#recent.copyWithin(0, this.#length - TAIL_BYTES_MIN, this.#length);
    this.#length = TAIL_BYTES_MIN;
    this.#large = null;
  }
}
