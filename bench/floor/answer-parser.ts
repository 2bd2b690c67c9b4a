/**
 * Reads HTTP/1.1 answers from bytes as they come, cut anywhere. Strict where laxity has been used to smuggle: no bare
 * line feeds, no folded headers, no second length, no length beside chunks. One parser per connection.
 */

export type AnswerEvents = {
  readonly onHead: (status: number, headers: readonly string[]) => void;
  /** A copy: all body bytes of one read, without their framing. */
  readonly onData: (data: Buffer) => void;
  /** The answer is complete; the connection may serve another one only when `canReuse`. */
  readonly onEnd: (canReuse: boolean) => void;
};

type State =
  | 'head'
  | 'length'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailer'
  | 'done';

const HEAD_BYTES_MAX = 64 * 1024;
/** Sixteen hex digits would overflow a safe integer; nobody sends a chunk of 16^12 bytes. */
const CHUNK_SIZE_LINE_MAX = 256;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\0]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/;
const CHUNK_SIZE_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[^\0\r\n]*)?$/;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

export class AnswerParser {
  #state: State = 'head';
  /** Body bytes still to come of the answer or of the chunk. */
  #left = 0;
  /** The beginning of a head or line that was cut by a read. */
  #pending: Buffer | null = null;
  #trailerBytes = 0;
  #canReuse = true;
  readonly #events: AnswerEvents;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  get hasStarted(): boolean {
    return this.#state !== 'head' || this.#pending !== null;
  }

  /** Throws an Error when the bytes are not an acceptable answer. The bytes may be reused after the call. */
  push(bytes: Buffer): void {
    let input = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = null;
    // Body bytes move here, so that ten chunks of one read are one write to the caller.
    let body: Buffer | null = null;
    let bodyLength = 0;
    let position = 0;
    while (position < input.length) {
      if (this.#state === 'length' || this.#state === 'chunk-data' || this.#state === 'until-close') {
        const rest = input.length - position;
        const take = this.#state === 'until-close' ? rest : Math.min(this.#left, rest);
        body ??= Buffer.allocUnsafe(rest);
        input.copy(body, bodyLength, position, position + take);
        bodyLength += take;
        position += take;
        this.#left -= take;
        if (this.#left === 0 && this.#state !== 'until-close') {
          this.#state = this.#state === 'length' ? 'done' : 'chunk-end';
        }
      } else if (this.#state === 'done') {
        // Bytes after the end belong to no request of ours: the connection is out of step.
        this.#canReuse = false;
        input = input.subarray(0, position);
      } else {
        const next = this.#readLine(input, position);
        if (next === -1) break;
        position = next;
      }
    }
    if (body !== null && bodyLength > 0) this.#events.onData(body.subarray(0, bodyLength));
    if (this.#state === 'done') this.#finish();
  }

  /** The connection's end: the end of an answer without a length, and an Error for any other. */
  end(): void {
    if (this.#state !== 'until-close') throw new Error('the upstream closed before its answer was complete');
    this.#canReuse = false;
    this.#finish();
  }

  #finish(): void {
    const canReuse = this.#canReuse;
    this.#state = 'head';
    this.#canReuse = true;
    this.#events.onEnd(canReuse);
  }

  /** Reads a head or a line of the framing; returns where it ends, or -1 after keeping an incomplete one. */
  #readLine(input: Buffer, from: number): number {
    const isHead = this.#state === 'head';
    const mark = isHead ? HEAD_END : LINE_END;
    const end = input.indexOf(mark, from);
    const length = (end === -1 ? input.length : end) - from;
    if (length > (isHead ? HEAD_BYTES_MAX : CHUNK_SIZE_LINE_MAX))
      throw new Error('the upstream sent too long a head');
    if (end === -1) {
      this.#pending = Buffer.from(input.subarray(from));
      return -1;
    }
    const text = input.toString('latin1', from, end);
    if (isHead) this.#readHead(text);
    else if (this.#state === 'chunk-size') this.#readChunkSize(text);
    else if (this.#state === 'chunk-end') this.#readChunkEnd(text);
    else this.#readTrailer(text);
    return end + mark.length;
  }

  #readHead(text: string): void {
    const lines = text.split('\r\n');
    const status = STATUS_LINE.exec(lines[0] as string);
    if (status === null) throw new Error('the upstream did not answer in HTTP/1.1');
    const code = Number(status[2]);
    if (code < 200) {
      // An interim answer; the real one follows. We never ask to switch protocols.
      if (code === 101) throw new Error('the upstream switched protocols unasked');
      return;
    }
    const headers: string[] = [];
    let length: string | null = null;
    let isChunked = false;
    let canReuse = status[1] === '1';
    for (let i = 1; i < lines.length; i++) {
      const header = HEADER_LINE.exec(lines[i] as string);
      if (header === null) throw new Error('the upstream sent a malformed header');
      const name = header[1] as string;
      const value = header[2] as string;
      headers.push(name, value);
      // Only three names matter here, and their lengths tell most others apart without a copy.
      if (name.length === 14 && name.toLowerCase() === 'content-length') {
        if (!/^\d{1,15}$/.test(value) || (length !== null && length !== value))
          throw new Error('bad content-length');
        length = value;
      } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
        if (value.toLowerCase() !== 'chunked' || isChunked) throw new Error('unknown transfer-encoding');
        isChunked = true;
      } else if (name.length === 10 && name.toLowerCase() === 'connection') {
        if (/(^|,)\s*close\s*($|,)/i.test(value)) canReuse = false;
      }
    }
    if (isChunked && length !== null) throw new Error('the upstream sent both a length and chunks');
    this.#canReuse = canReuse;
    this.#beginBody(code, isChunked, length);
    this.#events.onHead(code, headers);
  }

  #beginBody(code: number, isChunked: boolean, length: string | null): void {
    this.#left = 0;
    this.#trailerBytes = 0;
    if (code === 204 || code === 304) this.#state = 'done';
    else if (isChunked) this.#state = 'chunk-size';
    else if (length === null) this.#state = 'until-close';
    else {
      this.#left = Number(length);
      this.#state = this.#left === 0 ? 'done' : 'length';
    }
  }

  #readChunkSize(text: string): void {
    const size = CHUNK_SIZE_LINE.exec(text);
    if (size === null) throw new Error('the upstream sent a malformed chunk');
    this.#left = Number.parseInt(size[1] as string, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk-data';
  }

  #readChunkEnd(text: string): void {
    if (text !== '') throw new Error('the upstream sent a chunk longer than it said');
    this.#state = 'chunk-size';
  }

  /** Trailers are dropped: nothing here may act on a header that comes after the decision. */
  #readTrailer(text: string): void {
    if (text === '') {
      this.#state = 'done';
      return;
    }
    this.#trailerBytes += text.length;
    if (!HEADER_LINE.test(text) || this.#trailerBytes > HEAD_BYTES_MAX) throw new Error('malformed trailers');
  }
}
