/**
 * Watches a Messages event stream for the lines that end it, without parsing it: `event: message_stop` and
 * `event: error`. Text of the answer cannot be taken for them, because inside JSON a line end is written as `\n`.
 * A line that may become one of them is held until it is known, so that the terminal event never slips out in pieces.
 */
import { Buffer } from 'node:buffer';
import { asBuffer } from '../shared/scan-json.ts';

export type ScanResult =
  | { readonly kind: 'flowing'; readonly bytes: Uint8Array | null }
  /** `before` may go on; `from` is the event's line and all that follows. */
  | { readonly kind: 'terminal' | 'error'; readonly before: Uint8Array | null; readonly from: Uint8Array };

const NOTHING = Buffer.alloc(0);
const FIELD = Buffer.from('event:');
const STOP = Buffer.from('message_stop');
const ERROR = Buffer.from('error');
/** `event: message_stop` */
const LINE_BYTES_MAX = FIELD.length + 1 + STOP.length;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

export class TerminalScanner {
  /** The beginning of an unfinished line that may be one of ours; empty or shorter than LINE_BYTES_MAX + 1. */
  #held: Buffer = NOTHING;
  /** Whether the next byte begins a line. */
  #atLineStart = true;

  scan(chunk: Uint8Array): ScanResult {
    const bytes = this.#held.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#held, chunk]);
    const held = this.#held.length > 0;
    this.#held = NOTHING;
    const startsLine = held || this.#atLineStart;
    const found = earlier(findLine(bytes, STOP, startsLine), findLine(bytes, ERROR, startsLine));
    if (found !== null) {
      const kind = found.name === STOP ? 'terminal' : 'error';
      return { kind, before: some(bytes.subarray(0, found.at)), from: bytes.subarray(found.at) };
    }
    const keep = unfinishedLine(bytes, startsLine);
    if (keep === -1) {
      this.#atLineStart = isLineEnd(bytes[bytes.length - 1]) || (bytes.length === 0 && startsLine);
      return { kind: 'flowing', bytes: some(bytes) };
    }
    this.#held = Buffer.from(bytes.subarray(keep));
    this.#atLineStart = true;
    return { kind: 'flowing', bytes: some(bytes.subarray(0, keep)) };
  }

  /** What is held when the stream ends: a last line without its end may be the terminal one all the same. */
  end(): ScanResult {
    const rest = this.#held;
    this.#held = NOTHING;
    if (nameOf(rest) === 'message_stop') return { kind: 'terminal', before: null, from: rest };
    return { kind: 'flowing', bytes: some(rest) };
  }
}

type Found = { readonly at: number; readonly name: Buffer };

/** The first whole line `event: NAME`. The name is searched for first: it hardly ever occurs. */
function findLine(bytes: Buffer, name: Buffer, startsLine: boolean): Found | null {
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + name.length)) {
    const end = at + name.length;
    const field = bytes[at - 1] === SPACE ? at - 1 - FIELD.length : at - FIELD.length;
    if (field < 0 || !isLineEnd(bytes[end])) continue;
    if (field === 0 ? !startsLine : !isLineEnd(bytes[field - 1])) continue;
    if (bytes.compare(FIELD, 0, FIELD.length, field, field + FIELD.length) === 0) return { at: field, name };
  }
  return null;
}

/** Where the unfinished last line begins if it may still become one of ours; else -1. */
function unfinishedLine(bytes: Buffer, startsLine: boolean): number {
  const from = Math.max(0, bytes.length - LINE_BYTES_MAX - 1);
  for (let at = bytes.length - 1; at >= from; at--) {
    if (!isLineEnd(bytes[at])) continue;
    return mayBecome(bytes.subarray(at + 1)) ? at + 1 : -1;
  }
  return from === 0 && startsLine && mayBecome(bytes) ? 0 : -1;
}

function mayBecome(line: Buffer): boolean {
  if (line.length === 0 || line.length > LINE_BYTES_MAX) return false;
  const text = line.toString('latin1');
  return CANDIDATES.some((candidate) => candidate.startsWith(text));
}
const CANDIDATES = ['event: message_stop', 'event:message_stop', 'event: error', 'event:error'];

function nameOf(line: Buffer): string {
  const text = line.toString('latin1');
  return text.startsWith('event:') ? text.slice('event:'.length).trim() : '';
}

function earlier(one: Found | null, other: Found | null): Found | null {
  if (one === null || other === null) return one ?? other;
  return one.at < other.at ? one : other;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

function some(bytes: Buffer): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}
