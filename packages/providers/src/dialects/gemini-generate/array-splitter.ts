/** The elements of a JSON array that arrives in pieces, each as soon as it is whole. Elements are objects. */
import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

export class ArraySplitter {
  readonly #elementBytesMax: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #closed = false;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(elementBytesMax: number) {
    this.#elementBytesMax = elementBytesMax;
  }

  /** True when the array's end has been seen. */
  get isClosed(): boolean {
    return this.#closed;
  }

  push(bytes: Uint8Array): readonly Buffer[] {
    const found: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const step = this.#step(bytes[at] ?? 0);
      if (step === 'opened') start = at;
      if (step !== 'closed') continue;
      this.#hold(bytes.subarray(start, at + 1));
      found.push(Buffer.concat(this.#held.splice(0)));
      this.#heldBytes = 0;
    }
    if (this.#depth > 0) this.#hold(bytes.subarray(start));
    return found;
  }

  /** Brackets inside an element are not counted: only its braces say where it ends. */
  #step(byte: number): 'opened' | 'closed' | 'inside' {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return 'inside';
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE) return this.#depth++ === 0 ? 'opened' : 'inside';
    else if (byte === CLOSE_BRACE && this.#depth > 0) return --this.#depth === 0 ? 'closed' : 'inside';
    else if (byte === CLOSE_BRACKET && this.#depth === 0) this.#closed = true;
    return 'inside';
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#elementBytesMax) {
      throw new DialectError(`an element of the answer is longer than ${this.#elementBytesMax} bytes`);
    }
  }
}
