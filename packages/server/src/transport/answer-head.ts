/**
 * The head of an answer (RFC 9112), read in one pass over its bytes: what the transport itself acts on is noted on the way, any other
 * header is looked for when somebody asks. Strict where laxity has been used to smuggle: no bare line end, no folded header, one
 * length, no length beside chunks. Pure.
 */
import { TransportFault } from '@arouter/core';
import type { TransportBounds } from './transport-bounds.ts';

export type AnswerHead = {
  readonly status: number;
  /** In Latin-1, with its empty line: as long as its bytes. */
  readonly text: string;
  /** What it says of its body's length; null when nothing. */
  readonly length: number | null;
  readonly isChunked: boolean;
  /** The provider lets the connection be used again. */
  readonly canReuse: boolean;
  readonly contentEncoding: string | undefined;
  readonly keepAlive: string | undefined;
  /** By lower-case name; the first value of a repeated one. */
  header(name: string): string | undefined;
};

export type AnswerHeadBounds = Pick<TransportBounds, 'responseHeaderBytesMax' | 'responseHeadersMax'>;

/** Null when its end has not come. Throws TransportFault `answer_malformed`, as soon as it can be no answer's head. */
export function readAnswerHead(input: Buffer, from: number, bounds: AnswerHeadBounds): AnswerHead | null {
  const bytesMax = bounds.responseHeaderBytesMax + HEAD_END_BYTES;
  const limit = Math.min(input.length, from + bytesMax);
  const head = new ReadHead();
  let headers = 0;
  let at = statusLineEnd(input, from, limit);
  while (at + 2 < limit) {
    // Behind what may stand in a line only its end may come.
    if (input[at] !== CR || input[at + 1] !== LF) throw malformed();
    const line = at + 2;
    if (input[line] === CR) {
      if (line + 1 === limit) break;
      return head.finish(input, from, line + 2);
    }
    const colon = runEnd(IS_NAME, input, line, limit);
    if (colon === limit) break;
    if (input[colon] !== COLON || colon === line) throw malformed();
    headers += 1;
    if (headers > bounds.responseHeadersMax) throw malformed();
    at = runEnd(IS_VALUE, input, colon + 1, limit);
    if (at < limit) head.note(input, { from, line, colon, end: at });
  }
  if (limit === from + bytesMax) throw malformed();
  return null;
}

const HEAD_END_BYTES = '\r\n\r\n'.length;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** Each byte of a status line up to its status lies between these two. */
const STATUS_LINE_LEAST = Buffer.from('HTTP/1.0 100');
const STATUS_LINE_MOST = Buffer.from('HTTP/1.1 999');
const MINOR_VERSION_AT = 'HTTP/1.'.length;
const STATUS_AT = 'HTTP/1.1 '.length;

const IS_NAME = tableOf(/[!#$%&'*+.^_`|~0-9A-Za-z-]/);
const IS_VALUE = tableOf(/[^\0\r\n]/);

/** For each byte, 1 when it is of these. */
function tableOf(bytes: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** Where the first byte from `at` on stands that is not of the table; `limit` when all are. */
function runEnd(table: Uint8Array, input: Buffer, at: number, limit: number): number {
  let end = at;
  while (end < limit && table[input[end] as number] === 1) end += 1;
  return end;
}

function statusLineEnd(input: Buffer, from: number, limit: number): number {
  const end = Math.min(limit, from + STATUS_LINE_LEAST.length);
  for (let at = from; at < end; at += 1) {
    const byte = input[at] as number;
    if (byte < (STATUS_LINE_LEAST[at - from] as number) || byte > (STATUS_LINE_MOST[at - from] as number))
      throw malformed();
  }
  return end < limit && input[end] === SPACE ? runEnd(IS_VALUE, input, end, limit) : end;
}

class ReadHead implements AnswerHead {
  status = 0;
  text = '';
  length: number | null = null;
  isChunked = false;
  canReuse = true;
  /** Places of colons in the text; 0 is none. */
  #contentType = 0;
  #contentEncoding = 0;
  #keepAlive = 0;

  get contentEncoding(): string | undefined {
    return this.#valueAt(this.#contentEncoding);
  }

  get keepAlive(): string | undefined {
    return this.#valueAt(this.#keepAlive);
  }

  header(name: string): string | undefined {
    if (name === 'content-type') return this.#valueAt(this.#contentType);
    const { text } = this;
    for (let line = text.indexOf('\n') + 1; line < text.length - 2; line = text.indexOf('\n', line) + 1) {
      const colon = line + name.length;
      if (text.charCodeAt(colon) === COLON && text.slice(line, colon).toLowerCase() === name)
        return this.#valueAt(colon);
    }
    return undefined;
  }

  /** A line of the head. All places are in the input. */
  note(input: Buffer, { from, line, colon, end }: Line): void {
    // The lengths of the names that matter tell most others apart.
    switch (colon - line) {
      case 10:
        if (isNamed(input, line, CONNECTION)) this.#noteConnection(input, colon + 1, end);
        else if (isNamed(input, line, KEEP_ALIVE)) this.#keepAlive ||= colon - from;
        break;
      case 12:
        if (isNamed(input, line, CONTENT_TYPE)) this.#contentType ||= colon - from;
        break;
      case 14:
        if (isNamed(input, line, CONTENT_LENGTH)) this.#noteLength(numberIn(input, colon + 1, end));
        break;
      case 16:
        if (isNamed(input, line, CONTENT_ENCODING)) this.#contentEncoding ||= colon - from;
        break;
      case 17:
        if (isNamed(input, line, TRANSFER_ENCODING)) this.#noteCoding(valueIn(input, colon + 1, end));
        break;
      default:
    }
  }

  /** @param end Behind the empty line. */
  finish(input: Buffer, from: number, end: number): this {
    if (input[end - 1] !== LF || (this.isChunked && this.length !== null)) throw malformed();
    this.text = input.toString('latin1', from, end);
    this.status = numberIn(input, from + STATUS_AT, from + STATUS_AT + 3);
    if (input[from + MINOR_VERSION_AT] !== ONE) this.canReuse = false;
    return this;
  }

  #noteConnection(input: Buffer, start: number, end: number): void {
    // What nearly all send that send anything: told without a text of it.
    if (end - start === KEEP_ALIVE.length + 1 && isNamed(input, start + 1, KEEP_ALIVE)) return;
    if (CLOSE.test(valueIn(input, start, end))) this.canReuse = false;
  }

  #noteLength(length: number): void {
    if (this.length !== null || length === -1) throw malformed();
    this.length = length;
  }

  #noteCoding(coding: string): void {
    if (this.isChunked || coding.toLowerCase() !== 'chunked') throw malformed();
    this.isChunked = true;
  }

  /** @param colon 0: there is none. */
  #valueAt(colon: number): string | undefined {
    if (colon === 0) return undefined;
    const { text } = this;
    let start = colon + 1;
    let end = text.indexOf('\r', start);
    while (isBlank(text.charCodeAt(start))) start += 1;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
    return text.slice(start, end);
  }
}

type Line = {
  /** Where the head begins. */
  readonly from: number;
  /** Where the line begins. */
  readonly line: number;
  readonly colon: number;
  /** Where its line end begins. */
  readonly end: number;
};

const CONNECTION = Buffer.from('connection');
const KEEP_ALIVE = Buffer.from('keep-alive');
const CONTENT_TYPE = Buffer.from('content-type');
const CONTENT_LENGTH = Buffer.from('content-length');
const CONTENT_ENCODING = Buffer.from('content-encoding');
const TRANSFER_ENCODING = Buffer.from('transfer-encoding');
const CLOSE = /(?:^|,)\s*close\s*(?:$|,)/i;

/** @param name Of small letters and hyphens, which no other byte of a name becomes with this bit. */
function isNamed(input: Buffer, line: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (((input[line + index] as number) | 0x20) !== name[index]) return false;
  }
  return true;
}

/** Without the blanks around it: other white space is part of the value, whatever a `trim` says. */
function valueIn(input: Buffer, from: number, to: number): string {
  const [start, end] = withoutBlanks(input, from, to);
  return input.toString('latin1', start, end);
}

function withoutBlanks(input: Buffer, from: number, to: number): readonly [start: number, end: number] {
  let start = from;
  let end = to;
  while (start < end && isBlank(input[start] as number)) start += 1;
  while (end > start && isBlank(input[end - 1] as number)) end -= 1;
  return [start, end];
}

/** As many digits as no number loses, between blanks; -1 for anything else. */
function numberIn(input: Buffer, from: number, to: number): number {
  const [start, end] = withoutBlanks(input, from, to);
  if (start === end || end - start > DIGITS_MAX) return -1;
  let number = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (input[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
const DIGITS_MAX = 15;
const ZERO = 0x30;
const ONE = 0x31;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function malformed(): TransportFault {
  return new TransportFault('answer_malformed', false);
}
