/**
 * The bytes of the ledger's journal. A segment is one line that names the format, then groups. A group is what was
 * written at once: the length and the CRC-32 of its text (32 bits each, little-endian), then the text, the operations
 * as JSON. Pure: bytes in, values out.
 */
import { crc32 } from 'node:zlib';
import type { JournalOperation } from './messages.ts';

const FORMAT = 1;
const TITLE = 'ARouter ledger journal ';
export const SEGMENT_HEADER = Buffer.from(`${TITLE}${FORMAT}\n`, 'latin1');

const PREFIX_BYTES = 8;
/** Longer than any group that is written; a longer one is damage. */
const GROUP_BYTES_MAX = 64 * 1024 * 1024;

/** A group that most turns of the event loop fit into is built in place. */
const scratch = Buffer.allocUnsafe(256 * 1024);
/** In UTF-8 a character of JavaScript takes three bytes at most. */
const BYTES_PER_CHARACTER_MAX = 3;

const BRACKET_OPENING = 0x5b;
const BRACKET_CLOSING = 0x5d;
const BRACKETS_BYTES = 2;

/** The first bytes of a buffer. */
export type EncodedGroup = { readonly buffer: Buffer; readonly length: number };

/**
 * The result may be overwritten by the next call.
 * @param operations Each as JSON, with a comma between two.
 */
export function encodeGroup(operations: string): EncodedGroup {
  const room = PREFIX_BYTES + operations.length * BYTES_PER_CHARACTER_MAX + BRACKETS_BYTES;
  const target = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
  // The brackets are put around bytes, not around the text, which would be copied once more.
  target[PREFIX_BYTES] = BRACKET_OPENING;
  const last = PREFIX_BYTES + 1 + target.write(operations, PREFIX_BYTES + 1, 'utf8');
  target[last] = BRACKET_CLOSING;
  const end = last + 1;
  const length = end - PREFIX_BYTES;
  const checksum = crc32(target.subarray(PREFIX_BYTES, end));
  writeNumber(target, 0, length);
  writeNumber(target, 4, checksum);
  return { buffer: target, length: end };
}

/** 32 bits, little-endian. Stored byte by byte: the method of Buffer is slower where nothing is in the caches. */
function writeNumber(target: Buffer, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}

export type GroupRead =
  /** `text` is a view of the bytes. */
  | { readonly kind: 'group'; readonly text: Buffer; readonly next: number }
  /** The bytes end before the group does. */
  | { readonly kind: 'cut'; readonly groupBytes: number }
  | { readonly kind: 'damaged' };

export function readGroup(bytes: Buffer, at: number): GroupRead {
  if (bytes.length - at < PREFIX_BYTES) return { kind: 'cut', groupBytes: PREFIX_BYTES };
  const length = bytes.readUInt32LE(at);
  if (length === 0 || length > GROUP_BYTES_MAX) return { kind: 'damaged' };
  const from = at + PREFIX_BYTES;
  const next = from + length;
  if (next > bytes.length) return { kind: 'cut', groupBytes: PREFIX_BYTES + length };
  const text = bytes.subarray(from, next);
  if (crc32(text) !== bytes.readUInt32LE(at + 4)) return { kind: 'damaged' };
  return { kind: 'group', text, next };
}

export function operationsOf(text: Buffer): readonly JournalOperation[] {
  return JSON.parse(text.toString('utf8')) as readonly JournalOperation[];
}

/** Throws when the segment's first bytes say another format: guessing at it could lose rows of the ledger. */
export function checkSegmentHeader(header: Buffer, file: string): 'readable' | 'torn' {
  if (header.equals(SEGMENT_HEADER)) return 'readable';
  // The process ended, or the power was cut, while it made the segment: nothing was acknowledged from it.
  if (SEGMENT_HEADER.subarray(0, header.length).equals(header) || header.every((byte) => byte === 0))
    return 'torn';
  const text = header.toString('latin1');
  const found = text.startsWith(TITLE) ? `format ${text.slice(TITLE.length).trim()}` : 'an unknown format';
  throw new Error(
    `The ledger journal ${file} has ${found}, this version of ARouter reads format ${FORMAT}. Start the version ` +
      'that wrote it and stop it in order, which empties the journal; then start this one. Nothing was changed.',
  );
}
