/**
 * Reads HTTP/1.1 answers from bytes as they come, cut anywhere (RFC 9112). Strict where laxity has been used to smuggle:
 * no bare line feed, no folded header, one length, no length beside chunks, no byte after the end. One per connection.
 */
import { TransportFault } from '@arouter/core';
import type { TransportBounds } from './transport-bounds.ts';

/** Names and values in turn, as they were sent. */
export type RawHeaders = readonly string[];

export type AnswerEvents = {
  readonly onHead: (status: number, headers: RawHeaders) => void;
  /** All body bytes of one read, without their framing; the receiver's to keep. */
  readonly onBody: (bytes: Uint8Array) => void;
  /** The answer is complete. The connection may carry another exchange only when `canReuse`. */
  readonly onEnd: (canReuse: boolean) => void;
};

export type AnswerBounds = Pick<
  TransportBounds,
  'responseHeaderBytesMax' | 'responseHeadersMax' | 'informationalMax'
>;

type State =
  | 'head'
  | 'length'
  | 'until_close'
  | 'chunk_size'
  | 'chunk_data'
  | 'chunk_end'
  | 'trailer'
  | 'done';

/** A size and its extensions, which nobody needs. */
const CHUNK_SIZE_LINE_MAX = 256;
/** The status line and every header as a whole: one look at all of it costs less than two at each. */
const HEAD = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\0\r\n]*)?(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*)*$/;
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*$/;
/** Twelve hex digits: more bytes than will ever be sent, and far below the numbers that lose their last digits. */
const CHUNK_SIZE_LINE = /^([0-9a-fA-F]{1,12})(?:;[^\0\r\n]*)?$/;
const LENGTH = /^\d{1,15}$/;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

export class AnswerParser {
  readonly #events: AnswerEvents;
  readonly #bounds: AnswerBounds;
  #state: State = 'head';
  /** Body bytes still to come, of the answer or of the chunk. */
  #left = 0;
  /** The beginning of a head or line that was cut by a read. */
  #pending: Buffer | null = null;
  #trailerBytes = 0;
  #informational = 0;
  #canReuse = true;

  constructor(events: AnswerEvents, bounds: AnswerBounds) {
    this.#events = events;
    this.#bounds = bounds;
  }

  /** Throws TransportFault `answer_malformed`. The bytes may be overwritten after the call. */
  push(bytes: Buffer): void {
    const input = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = null;
    // Body bytes move here, so that ten chunks of one read are one write to the caller.
    let body: Buffer | null = null;
    let bodyBytes = 0;
    let position = 0;
    while (position < input.length) {
      if (this.#state === 'length' || this.#state === 'chunk_data' || this.#state === 'until_close') {
        const rest = input.length - position;
        const take = this.#state === 'until_close' ? rest : Math.min(this.#left, rest);
        body ??= Buffer.allocUnsafe(rest);
        input.copy(body, bodyBytes, position, position + take);
        bodyBytes += take;
        position += take;
        this.#tookBody(take);
      } else if (this.#state === 'done') {
        // Bytes after the end belong to no request of ours: the connection is out of step.
        this.#canReuse = false;
        break;
      } else {
        const next = this.#readLine(input, position);
        if (next === -1) break;
        position = next;
      }
    }
    if (body !== null && bodyBytes > 0) this.#events.onBody(body.subarray(0, bodyBytes));
    if (this.#state === 'done') this.#finish();
  }

  /** The connection has ended: the end of an answer without a length. False for any other, which is not complete. */
  end(): boolean {
    if (this.#state !== 'until_close') return false;
    this.#canReuse = false;
    this.#finish();
    return true;
  }

  #tookBody(bytes: number): void {
    if (this.#state === 'until_close') return;
    this.#left -= bytes;
    if (this.#left === 0) this.#state = this.#state === 'length' ? 'done' : 'chunk_end';
  }

  #finish(): void {
    const canReuse = this.#canReuse;
    this.#state = 'head';
    this.#canReuse = true;
    this.#informational = 0;
    this.#events.onEnd(canReuse);
  }

  /** Reads a head or a line of the framing; returns where it ends, or -1 after keeping an incomplete one. */
  #readLine(input: Buffer, from: number): number {
    const isHead = this.#state === 'head';
    const mark = isHead ? HEAD_END : LINE_END;
    const end = input.indexOf(mark, from);
    const length = (end === -1 ? input.length : end) - from;
    if (length > (isHead ? this.#bounds.responseHeaderBytesMax : CHUNK_SIZE_LINE_MAX)) throw malformed();
    if (end === -1) {
      if (isHead) refuseOtherProtocol(input, from);
      this.#pending = Buffer.from(input.subarray(from));
      return -1;
    }
    const text = input.toString('latin1', from, end);
    if (isHead) this.#readHead(text);
    else if (this.#state === 'chunk_size') this.#readChunkSize(text);
    else if (this.#state === 'chunk_end') this.#readChunkEnd(text);
    else this.#readTrailer(text);
    return end + mark.length;
  }

  #readHead(text: string): void {
    if (!HEAD.test(text)) throw malformed();
    const status = Number(text.slice(STATUS_AT, STATUS_AT + 3));
    const headers = splitHeaders(text);
    if (headers.length / 2 > this.#bounds.responseHeadersMax) throw malformed();
    if (status < 200) {
      this.#passInformational(status);
      return;
    }
    let length: number | null = null;
    let isChunked = false;
    let canReuse = text.charCodeAt(MINOR_VERSION_AT) === 0x31;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] ?? '';
      const value = headers[index + 1] ?? '';
      // Only three names matter here, and their lengths tell most others apart without a copy.
      if (name.length === 14 && name.toLowerCase() === 'content-length') {
        if (length !== null || !LENGTH.test(value)) throw malformed();
        length = Number(value);
      } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
        if (isChunked || value.toLowerCase() !== 'chunked') throw malformed();
        isChunked = true;
      } else if (name.length === 10 && name.toLowerCase() === 'connection') {
        if (/(?:^|,)\s*close\s*(?:$|,)/i.test(value)) canReuse = false;
      }
    }
    if (isChunked && length !== null) throw malformed();
    this.#canReuse = canReuse;
    this.#beginBody(status, isChunked, length);
    this.#events.onHead(status, headers);
  }

  /** Another answer follows. We never ask to go on (100) or to switch protocols (101). */
  #passInformational(status: number): void {
    this.#informational += 1;
    if (status < 102 || this.#informational > this.#bounds.informationalMax) throw malformed();
  }

  #beginBody(status: number, isChunked: boolean, length: number | null): void {
    this.#trailerBytes = 0;
    this.#left = length ?? 0;
    if (status === 204 || status === 304 || length === 0) this.#state = 'done';
    else if (isChunked) this.#state = 'chunk_size';
    else this.#state = length === null ? 'until_close' : 'length';
  }

  #readChunkSize(text: string): void {
    const size = CHUNK_SIZE_LINE.exec(text);
    if (size === null) throw malformed();
    this.#left = Number.parseInt(size[1] ?? '', 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk_data';
  }

  #readChunkEnd(text: string): void {
    if (text !== '') throw malformed();
    this.#state = 'chunk_size';
  }

  /** Trailers are dropped: nothing here may act on a header that comes after the decision. */
  #readTrailer(text: string): void {
    if (text === '') {
      this.#state = 'done';
      return;
    }
    if (!FIELD.test(text)) throw malformed();
    this.#trailerBytes += text.length;
    if (this.#trailerBytes > this.#bounds.responseHeaderBytesMax) throw malformed();
  }
}

/** What is no HTTP at all is told by its first bytes; its end may never come. */
function refuseOtherProtocol(input: Buffer, from: number): void {
  const begun = input.toString('latin1', from, Math.min(from + HTTP.length, input.length));
  if (!HTTP.startsWith(begun)) throw malformed();
}
const HTTP = 'HTTP/1.';

const MINOR_VERSION_AT = 'HTTP/1.'.length;
const STATUS_AT = 'HTTP/1.1 '.length;

/** Names and values in turn, of a head that has been found good. */
function splitHeaders(head: string): string[] {
  const headers: string[] = [];
  let end = head.indexOf('\r\n');
  while (end !== -1) {
    const start = end + 2;
    const colon = head.indexOf(':', start);
    end = head.indexOf('\r\n', colon);
    headers.push(head.slice(start, colon), trimmed(head, colon + 1, end === -1 ? head.length : end));
  }
  return headers;
}

/** Without the spaces and tabs around it. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function malformed(): TransportFault {
  return new TransportFault('answer_malformed', false);
}
