/**
 * Server-sent events from bytes cut anywhere. Follows the WHATWG specification (CR, LF or CRLF; byte order mark;
 * comments; `data:` with or without a space; several data lines) and keeps the raw bytes of every block, so that an
 * event can be passed on untouched: the `raw` of all blocks in a row are exactly the bytes pushed. How the bytes are
 * cut changes neither the blocks nor their raw bytes.
 */
import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';
import { asBuffer } from './scan-json.ts';

export const EVENT_LINE_BYTES_MAX = 1024 * 1024;
export const EVENT_BYTES_MAX = 4 * 1024 * 1024;

/** What stands between two blank lines, the closing blank line included. */
export type EventBlock = {
  /** The `event` field, '' when absent. */
  readonly name: string;
  /** The data lines joined by LF; null when there are none (comments, stray blank lines): not an event then. */
  readonly data: Uint8Array | null;
  /** A view of the bytes pushed where nothing had to be joined: they must not be overwritten later. */
  readonly raw: Uint8Array;
};

export interface EventStreamParser {
  /** The blocks that these bytes complete. Throws DialectError beyond the bounds; the parser is useless then. */
  push(bytes: Uint8Array): readonly EventBlock[];
  /** What is left at the end, as a block even without its blank line: some providers leave it out. */
  end(): readonly EventBlock[];
  /** True when no part of a block is waiting for its rest. */
  readonly atBoundary: boolean;
}

export function createEventStreamParser(
  limits: { readonly lineBytesMax: number; readonly eventBytesMax: number } = {
    lineBytesMax: EVENT_LINE_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  },
): EventStreamParser {
  return new Parser(limits.lineBytesMax, limits.eventBytesMax);
}

/** The data of an event as JSON; undefined when it is none. */
export function eventJson(block: EventBlock): unknown {
  if (block.data === null) return undefined;
  try {
    return JSON.parse(asBuffer(block.data).toString('utf8'));
  } catch {
    // Not JSON is an answer here: `[DONE]` and other markers are not.
    return undefined;
  }
}

/** The last block of a stream as a whole one: what follows it begins an event of its own. */
export function withBlankLine(block: EventBlock): EventBlock {
  const raw = asBuffer(block.raw);
  if (raw.length === 0 || raw.toString('latin1', Math.max(0, raw.length - 2)) === '\n\n') return block;
  return { ...block, raw: Buffer.concat([raw, Buffer.from(raw.at(-1) === LF ? '\n' : '\n\n')]) };
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const NO_BLOCKS: readonly EventBlock[] = [];

class Parser implements EventStreamParser {
  readonly #lineBytesMax: number;
  readonly #eventBytesMax: number;
  /** Bytes of the unfinished block in the first `#heldLength` bytes. Never overwritten: blocks are views of it. */
  #held: Buffer = Buffer.alloc(0);
  #heldLength = 0;
  /** Within the held bytes: where the unfinished line starts, and up to where it is known to hold no line end. */
  #lineStart = 0;
  #searched = 0;
  #dataLines: { readonly start: number; readonly end: number }[] = [];
  #name = '';
  #firstLine = true;
  /** How the line before ended, within this block: decides whether a CR at the very end may be the whole line end. */
  #previousEnd: 'CRLF' | 'other' = 'other';

  constructor(lineBytesMax: number, eventBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
    this.#eventBytesMax = eventBytesMax;
  }

  get atBoundary(): boolean {
    return this.#heldLength === 0;
  }

  push(bytes: Uint8Array): readonly EventBlock[] {
    if (bytes.length === 0) return NO_BLOCKS;
    return this.#parse(this.#join(asBuffer(bytes)), false);
  }

  end(): readonly EventBlock[] {
    if (this.#heldLength === 0) return NO_BLOCKS;
    const rest = this.#held.subarray(0, this.#heldLength);
    this.#heldLength = 0;
    const blocks = [...this.#parse(rest, true)];
    if (this.#heldLength > 0) {
      const raw = this.#held.subarray(0, this.#heldLength);
      if (this.#lineStart < raw.length) this.#readLine(raw, this.#lineStart, raw.length);
      blocks.push(this.#takeBlock(raw, 0));
      this.#heldLength = 0;
    }
    return blocks;
  }

  /** The unfinished block with the new bytes behind it; the new bytes themselves when nothing is waiting. */
  #join(bytes: Buffer): Buffer {
    if (this.#heldLength === 0) return bytes;
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, length * 2));
      this.#held.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#heldLength);
    return this.#held.subarray(0, length);
  }

  #parse(bytes: Buffer, ended: boolean): readonly EventBlock[] {
    const blocks: EventBlock[] = [];
    let blockStart = 0;
    let crAt = -1;
    for (;;) {
      if (crAt < this.#searched) crAt = indexOrLength(bytes, CR, this.#searched);
      const lfAt = bytes.indexOf(LF, this.#searched);
      const lineEnd = lfAt < 0 ? crAt : Math.min(lfAt, crAt);
      const isBlank = lineEnd === this.#lineStart;
      const next = lineEnd === bytes.length ? -1 : this.#afterLineEnd(bytes, lineEnd, ended);
      this.#checkBounds(lineEnd - this.#lineStart, (next < 0 ? bytes.length : next) - blockStart);
      if (next < 0) {
        this.#searched = lineEnd;
        break;
      }
      if (!isBlank) this.#readLine(bytes, this.#lineStart, lineEnd);
      this.#lineStart = this.#searched = next;
      if (isBlank) {
        blocks.push(this.#takeBlock(bytes.subarray(blockStart, next), blockStart));
        blockStart = next;
      }
    }
    this.#hold(bytes, blockStart);
    return blocks;
  }

  /**
   * Where the next line starts, or -1 when that is not known before the next byte. A blank line's CR ends the block at
   * once in a stream of bare CRs; after a CRLF its LF is waited for.
   */
  #afterLineEnd(bytes: Buffer, lineEnd: number, ended: boolean): number {
    if (bytes[lineEnd] === LF) {
      this.#previousEnd = 'other';
      return lineEnd + 1;
    }
    if (lineEnd === this.#lineStart && this.#previousEnd === 'other') return lineEnd + 1;
    if (lineEnd + 1 === bytes.length) return ended ? lineEnd + 1 : -1;
    const paired = bytes[lineEnd + 1] === LF;
    this.#previousEnd = paired ? 'CRLF' : 'other';
    return paired ? lineEnd + 2 : lineEnd + 1;
  }

  #checkBounds(lineBytes: number, eventBytes: number): void {
    if (lineBytes > this.#lineBytesMax) {
      throw new DialectError(`a line of the event stream is longer than ${this.#lineBytesMax} bytes`);
    }
    if (eventBytes > this.#eventBytesMax) {
      throw new DialectError(`an event of the stream is longer than ${this.#eventBytesMax} bytes`);
    }
  }

  #readLine(bytes: Buffer, start: number, end: number): void {
    let from = start;
    if (this.#firstLine) {
      this.#firstLine = false;
      if (bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf) from += 3;
    }
    const isData = startsWith(bytes, from, DATA);
    if (!isData && !startsWith(bytes, from, EVENT)) return;
    const fieldEnd = from + (isData ? DATA.length : EVENT.length);
    if (fieldEnd !== end && bytes[fieldEnd] !== COLON) return;
    const valueStart = Math.min(bytes[fieldEnd + 1] === SPACE ? fieldEnd + 2 : fieldEnd + 1, end);
    if (isData) this.#dataLines.push({ start: valueStart, end });
    else this.#name = bytes.toString('utf8', valueStart, end);
  }

  /** `offset`: where the block starts in the bytes whose offsets the data lines have. */
  #takeBlock(raw: Buffer, offset: number): EventBlock {
    const lines = this.#dataLines.map(({ start, end }) => raw.subarray(start - offset, end - offset));
    const block = { name: this.#name, data: joinLines(lines), raw };
    this.#dataLines = [];
    this.#name = '';
    this.#previousEnd = 'other';
    this.#firstLine = false;
    return block;
  }

  /** Keeps what follows the last whole block, in memory of its own unless it is there already. */
  #hold(bytes: Buffer, blockStart: number): void {
    const length = bytes.length - blockStart;
    const heldAlready = blockStart === 0 && this.#heldLength > 0;
    this.#heldLength = length;
    if (heldAlready) return;
    this.#lineStart -= blockStart;
    this.#searched -= blockStart;
    if (length === 0) return;
    this.#dataLines = this.#dataLines.map(({ start, end }) => ({
      start: start - blockStart,
      end: end - blockStart,
    }));
    this.#held = Buffer.allocUnsafeSlow(Math.max(1024, length * 2));
    bytes.copy(this.#held, 0, blockStart);
  }
}

const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');

function startsWith(bytes: Buffer, at: number, word: Buffer): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
  return true;
}

function indexOrLength(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array | null {
  const [first] = lines;
  if (first === undefined) return null;
  if (lines.length === 1) return first;
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [LF_BYTES, line])));
}
const LF_BYTES = Buffer.from('\n');
