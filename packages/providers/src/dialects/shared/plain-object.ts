/**
 * Small objects of whole numbers, such as a usage, read from their bytes. Once an answer has been scanned, all that is left to be built
 * are some eight numbers, and JSON.parse is a large program to fetch for them.
 */
import { usualKeyAt } from './json-keys.ts';
import type { JsonMember } from './scan-json.ts';

type PlainObject = { [key: string]: number | PlainObject };

/** Null: it holds something else than usual keys, whole numbers and such objects. The text has been found to be JSON. */
export function plainObject(bytes: Uint8Array, { kind, valueStart }: JsonMember): PlainObject | null {
  return kind === 'object' ? new Reader(bytes, valueStart).object() : null;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** Numbers beyond it may lose their last digits. */
const DIGITS_MAX = 15;

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  object(): PlainObject | null {
    const found: PlainObject = {};
    this.#step();
    while (this.#bytes[this.#at] !== CLOSE_BRACE) {
      if (this.#bytes[this.#at] === COMMA) this.#step();
      const key = this.#key();
      if (key === undefined) return null;
      const value = this.#bytes[this.#at] === OPEN_BRACE ? this.object() : this.#number();
      if (value === null) return null;
      found[key] = value;
    }
    this.#step();
    return found;
  }

  /** With the colon behind it. */
  #key(): string | undefined {
    const start = this.#at + 1;
    let end = start;
    while (this.#bytes[end] !== QUOTE) end++;
    this.#at = end;
    this.#step();
    this.#step();
    return usualKeyAt(this.#bytes, start, end)?.key;
  }

  #number(): number | null {
    const start = this.#at;
    let at = start;
    let value = 0;
    for (
      let byte = this.#bytes[at];
      byte !== undefined && byte >= 0x30 && byte <= 0x39;
      byte = this.#bytes[at]
    ) {
      value = value * 10 + byte - 0x30;
      at++;
    }
    if (at === start || at - start > DIGITS_MAX) return null;
    this.#at = at - 1;
    this.#step();
    const next = this.#bytes[this.#at];
    return next === COMMA || next === CLOSE_BRACE ? value : null;
  }

  /** Behind this byte and the white space that follows it. */
  #step(): void {
    let byte = this.#bytes[++this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#bytes[++this.#at];
  }
}
