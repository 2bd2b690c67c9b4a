/**
 * Reads where the top-level members of a JSON object stand, without building any of their values.
 *
 * The whole text is validated: structure, literals, numbers, escapes, UTF-8, nothing after the object. Stricter than
 * JSON.parse on purpose, because what we read and what a provider reads must be the same thing: a byte order mark,
 * repeated top-level keys (also when one is written with escapes or in another case, as some parsers match keys
 * without regard to case) and keys that name object internals are refused; depth and number of keys are bounded.
 * Laxer in one point: raw control characters inside strings are left to the provider.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { foldKey, usualKeyAt, type FoldedKey } from './json-keys.ts';

/** The top-level object is depth 1. */
export const JSON_DEPTH_MAX = 64;
export const JSON_KEYS_MAX = 10_000;

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'true' | 'false' | 'null';

/** One top-level member. Offsets in bytes, ends exclusive. */
export type JsonMember = {
  /** Decoded: escapes are resolved. */
  readonly key: string;
  /** The key without regard to case. */
  readonly folded: string;
  /** Of the key's opening quote. */
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly kind: JsonKind;
};

/**
 * Told of every key below the top level: the bytes between its quotes, the depth of the object it belongs to (a member
 * of a top-level member's object has depth 2) and whether it holds escapes, so that it must be decoded to be compared.
 */
export type NestedKeyListener = (start: number, end: number, depth: number, escaped: boolean) => void;

/** Why the text is refused and where. The reason is a clause that quotes nothing of the text. */
export class JsonScanError extends Error {
  override readonly name = 'JsonScanError';
  readonly reason: string;
  /** In bytes. */
  readonly offset: number;
  constructor(reason: string, offset: number) {
    super(`${reason} at byte ${offset}`);
    this.reason = reason;
    this.offset = offset;
  }
}

/** The members of the object that `bytes` are, in order. Throws JsonScanError. */
export function scanJsonObject(bytes: Uint8Array, onNestedKey?: NestedKeyListener): readonly JsonMember[] {
  const buffer = asBuffer(bytes);
  if (!isUtf8(buffer)) throw new JsonScanError('the text is not UTF-8', 0);
  return new JsonScanner(buffer, onNestedKey).scan();
}

export function findMember(members: readonly JsonMember[], key: string): JsonMember | undefined {
  for (const member of members) if (member.key === key) return member;
  return undefined;
}

/** The value of a member, built. The text is valid JSON but for raw control characters, for which this throws. */
export function memberValue(bytes: Uint8Array, member: JsonMember): unknown {
  switch (member.kind) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case 'number':
      return plainInteger(bytes, member) ?? JSON.parse(memberText(bytes, member));
    case 'string':
      return plainText(bytes, member) ?? JSON.parse(memberText(bytes, member));
    default:
      return JSON.parse(memberText(bytes, member));
  }
}

/** Null for anything but a few printable ASCII characters without escapes: names and ids need no parser. */
function plainText(bytes: Uint8Array, { valueStart, valueEnd }: JsonMember): string | null {
  if (valueEnd - valueStart > PLAIN_TEXT_BYTES_MAX) return null;
  for (let at = valueStart + 1; at < valueEnd - 1; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return null;
  }
  return asBuffer(bytes).toString('latin1', valueStart + 1, valueEnd - 1);
}
const PLAIN_TEXT_BYTES_MAX = 64;

/** Null for anything but up to nine digits; those are nearly all numbers that are read, and need no text. */
function plainInteger(bytes: Uint8Array, { valueStart, valueEnd }: JsonMember): number | null {
  if (valueEnd - valueStart > 9) return null;
  let value = 0;
  for (let at = valueStart; at < valueEnd; at++) {
    const byte = bytes[at] as number;
    if (!isDigit(byte)) return null;
    value = value * 10 + byte - 0x30;
  }
  return value;
}

/** The JSON text of a member's value. */
export function memberText(bytes: Uint8Array, member: JsonMember): string {
  return asBuffer(bytes).toString('utf8', member.valueStart, member.valueEnd);
}

/** The same memory as a Buffer: its searches are native. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const LOWER_U = 0x75;
/** Strings are looked through by hand this far before the native search, whose call costs as much as these bytes. */
const NEAR_BYTES = 48;
/** Up to here a repeated key is looked for by comparing with each; beyond, in a set. */
const FEW_KEYS = 24;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * 0 behind the end, which is no part of any token. To read there instead gives undefined, and once a comparison has seen that, it is
 * a call each time: scanning takes half as long again.
 */
function byteAt(bytes: Buffer, at: number): number {
  return at < bytes.length ? (bytes[at] as number) : 0;
}

class JsonScanner {
  readonly #bytes: Buffer;
  readonly #onNestedKey: NestedKeyListener | undefined;
  readonly #members: JsonMember[] = [];
  /** Set once there are more keys than FEW_KEYS. */
  #folded: Set<string> | null = null;
  readonly #foldedFew: string[] = [];
  /** Whether the string skipped last holds a backslash. */
  #escaped = false;
  /** Where the next quote and backslash stand, found by the native search; they only move on, so it stays linear. */
  #quoteAt = -1;
  #backslashAt = -1;

  constructor(bytes: Buffer, onNestedKey: NestedKeyListener | undefined) {
    this.#bytes = bytes;
    this.#onNestedKey = onNestedKey;
  }

  scan(): readonly JsonMember[] {
    const start = this.#token(0);
    if (this.#bytes[start] !== OPEN_BRACE) throw new JsonScanError('a JSON object must start', start);
    let at = this.#token(start + 1);
    if (this.#bytes[at] === CLOSE_BRACE) at++;
    else at = this.#scanMembers(at);
    const end = this.#skipSpace(at);
    if (end !== this.#bytes.length) throw new JsonScanError('there is more after the object', end);
    return this.#members;
  }

  #scanMembers(start: number): number {
    const bytes = this.#bytes;
    for (let keyStart = start; ;) {
      const keyEnd = this.#skipKey(keyStart);
      const { key, folded } =
        usualKeyAt(bytes, keyStart + 1, keyEnd - 1) ?? this.#unusualKey(keyStart, keyEnd);
      this.#claimKey(folded, keyStart);
      const valueStart = this.#skipColon(keyEnd);
      const valueEnd = this.#skipValue(valueStart, 1);
      this.#members.push({
        key,
        folded,
        keyStart,
        valueStart,
        valueEnd,
        kind: kindOf(bytes[valueStart] as number),
      });
      const at = this.#token(valueEnd);
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) throw new JsonScanError('a comma or the end of the object is missing', at);
      keyStart = this.#token(at + 1);
    }
  }

  #unusualKey(start: number, end: number): FoldedKey {
    const key = this.#escaped
      ? (JSON.parse(this.#bytes.toString('utf8', start, end)) as string)
      : this.#bytes.toString('utf8', start + 1, end - 1);
    if (FORBIDDEN_KEYS.has(key)) throw new JsonScanError('a top-level key names an object internal', start);
    return { key, folded: foldKey(key) };
  }

  #claimKey(folded: string, offset: number): void {
    if (this.#members.length === JSON_KEYS_MAX) {
      throw new JsonScanError(`there are more than ${JSON_KEYS_MAX} top-level keys`, offset);
    }
    if (this.#folded === null && this.#foldedFew.length === FEW_KEYS) this.#folded = new Set(this.#foldedFew);
    const repeated = this.#folded === null ? this.#foldedFew.includes(folded) : this.#folded.has(folded);
    if (repeated) throw new JsonScanError('a top-level key is repeated (case and escapes aside)', offset);
    if (this.#folded === null) this.#foldedFew.push(folded);
    else this.#folded.add(folded);
  }

  #skipValue(at: number, depth: number): number {
    const byte = this.#bytes[at];
    if (byte === QUOTE) return this.#skipString(at + 1);
    if (byte === OPEN_BRACE) return this.#skipObject(at, depth + 1);
    if (byte === OPEN_BRACKET) return this.#skipArray(at, depth + 1);
    if (byte === 0x74) return this.#skipLiteral(at, 0x72, 0x75, 0x65);
    if (byte === 0x6e) return this.#skipLiteral(at, 0x75, 0x6c, 0x6c);
    if (byte === 0x66 && byteAt(this.#bytes, at + 1) === 0x61)
      return this.#skipLiteral(at + 1, 0x6c, 0x73, 0x65);
    return this.#skipNumber(at);
  }

  #skipObject(start: number, depth: number): number {
    if (depth > JSON_DEPTH_MAX) throw tooDeep(start);
    const bytes = this.#bytes;
    let at = this.#token(start + 1);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      const keyEnd = this.#skipKey(at);
      this.#onNestedKey?.(at + 1, keyEnd - 1, depth, this.#escaped);
      at = this.#token(this.#skipValue(this.#skipColon(keyEnd), depth));
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) throw new JsonScanError('a comma or the end of an object is missing', at);
      at = this.#token(at + 1);
    }
  }

  #skipArray(start: number, depth: number): number {
    if (depth > JSON_DEPTH_MAX) throw tooDeep(start);
    const bytes = this.#bytes;
    let at = this.#token(start + 1);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.#token(this.#skipValue(at, depth));
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      if (bytes[at] !== COMMA) throw new JsonScanError('a comma or the end of an array is missing', at);
      at = this.#token(at + 1);
    }
  }

  #skipKey(at: number): number {
    if (this.#bytes[at] !== QUOTE) throw new JsonScanError('a key in double quotes is missing', at);
    return this.#skipString(at + 1);
  }

  #skipColon(keyEnd: number): number {
    const at = this.#token(keyEnd);
    if (this.#bytes[at] !== COLON) throw new JsonScanError('a colon is missing', at);
    return this.#token(at + 1);
  }

  /** From behind the opening quote to behind the closing one. */
  #skipString(start: number): number {
    const bytes = this.#bytes;
    this.#escaped = false;
    for (let at = start; ;) {
      const nearEnd = at + NEAR_BYTES < bytes.length ? at + NEAR_BYTES : bytes.length;
      while (at < nearEnd && IS_STRING_END[bytes[at] as number] === 0) at++;
      if (at === nearEnd) at = this.#nextQuoteOrBackslash(at);
      if (bytes[at] === QUOTE) return at + 1;
      this.#escaped = true;
      // The short escapes here, because code in prompts is full of them.
      at = IS_ESCAPE[byteAt(bytes, at + 1)] === 1 ? at + 2 : this.#skipUnicodeEscape(at + 1);
    }
  }

  #nextQuoteOrBackslash(at: number): number {
    const bytes = this.#bytes;
    if (this.#quoteAt < at) {
      this.#quoteAt = bytes.indexOf(QUOTE, at);
      if (this.#quoteAt < 0) throw new JsonScanError('a string does not end', bytes.length);
    }
    if (this.#backslashAt < at) {
      const found = bytes.indexOf(BACKSLASH, at);
      this.#backslashAt = found < 0 ? bytes.length : found;
    }
    return Math.min(this.#quoteAt, this.#backslashAt);
  }

  #skipUnicodeEscape(at: number): number {
    if (byteAt(this.#bytes, at) !== LOWER_U)
      throw new JsonScanError('an escape in a string is not one of JSON', at);
    for (let digit = at + 1; digit <= at + 4; digit++) {
      if (!isHexDigit(byteAt(this.#bytes, digit)))
        throw new JsonScanError('an escape in a string lacks hex digits', at);
    }
    return at + 5;
  }

  #skipLiteral(at: number, second: number, third: number, fourth: number): number {
    const bytes = this.#bytes;
    if (
      byteAt(bytes, at + 1) === second &&
      byteAt(bytes, at + 2) === third &&
      byteAt(bytes, at + 3) === fourth
    )
      return at + 4;
    throw new JsonScanError('a value is missing', at);
  }

  /** `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?` */
  #skipNumber(start: number): number {
    const bytes = this.#bytes;
    let at = byteAt(bytes, start) === MINUS ? start + 1 : start;
    if (!isDigit(byteAt(bytes, at))) throw new JsonScanError('a value is missing', start);
    at = byteAt(bytes, at) === 0x30 ? at + 1 : this.#skipDigits(at);
    if (byteAt(bytes, at) === 0x2e) at = this.#skipDigits(at + 1);
    if (byteAt(bytes, at) === 0x65 || byteAt(bytes, at) === 0x45) {
      at++;
      if (byteAt(bytes, at) === 0x2b || byteAt(bytes, at) === MINUS) at++;
      at = this.#skipDigits(at);
    }
    return at;
  }

  #skipDigits(start: number): number {
    let at = start;
    while (isDigit(byteAt(this.#bytes, at))) at++;
    if (at === start) throw new JsonScanError('a number lacks digits', at);
    return at;
  }

  /** Where the next token begins. */
  #token(start: number): number {
    const at = this.#skipSpace(start);
    if (at === this.#bytes.length) throw new JsonScanError('the text ends too early', at);
    return at;
  }

  #skipSpace(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (at < bytes.length && IS_SPACE[bytes[at] as number] === 1) at++;
    return at;
  }
}

/** By byte: 1 for white space between values. */
const IS_SPACE = new Uint8Array(256);
for (const byte of [0x20, 0x0a, 0x0d, 0x09]) IS_SPACE[byte] = 1;
/** By byte: 1 for the quote and the backslash. */
const IS_STRING_END = new Uint8Array(256);
IS_STRING_END[QUOTE] = 1;
IS_STRING_END[BACKSLASH] = 1;
/** By byte: 1 for what may follow a backslash, but for `u`. */
const IS_ESCAPE = new Uint8Array(256);
for (const character of '"\\/bfnrt') IS_ESCAPE[character.charCodeAt(0)] = 1;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

/** Of a value that has been validated, by its first byte. */
function kindOf(byte: number): JsonKind {
  if (byte === QUOTE) return 'string';
  if (byte === OPEN_BRACE) return 'object';
  if (byte === OPEN_BRACKET) return 'array';
  if (byte === 0x74) return 'true';
  if (byte === 0x66) return 'false';
  if (byte === 0x6e) return 'null';
  return 'number';
}

function tooDeep(offset: number): JsonScanError {
  return new JsonScanError(`values are nested more than ${JSON_DEPTH_MAX} deep`, offset);
}
