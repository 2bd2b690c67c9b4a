/**
 * Reads HTTP/1.1 answers from bytes as they come, cut anywhere (RFC 9112). Strict where laxity has been used to smuggle:
 * a head as `answer-head.ts` reads it, chunks without a bare line feed, no byte after the end. One per connection.
 */
import { malformed, readAnswerHead, type AnswerHead, type AnswerHeadBounds } from './answer-head.ts';
import type { TransportBounds } from './transport-bounds.ts';

export type AnswerEvents = {
  readonly onHead: (head: AnswerHead) => void;
  /** All body bytes of one read, without their framing; the receiver's to keep. */
  readonly onBody: (bytes: Uint8Array) => void;
  /** The answer is complete. The connection may carry another exchange only when `canReuse`. */
  readonly onEnd: (canReuse: boolean) => void;
};

export type AnswerBounds = AnswerHeadBounds & Pick<TransportBounds, 'informationalMax'>;

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
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*$/;
/** Twelve hex digits: more bytes than will ever be sent, and far below the numbers that lose their last digits. */
const CHUNK_SIZE_LINE = /^([0-9a-fA-F]{1,12})(?:;[^\0\r\n]*)?$/;
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
        const next =
          this.#state === 'head' ? this.#readHead(input, position) : this.#readLine(input, position);
        if (next === -1) break;
        position = next;
      }
    }
    if (body !== null && bodyBytes > 0)
      this.#events.onBody(bodyBytes === body.length ? body : body.subarray(0, bodyBytes));
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

  /** Returns where it ends, or -1 after keeping an incomplete one. */
  #readHead(input: Buffer, from: number): number {
    const head = readAnswerHead(input, from, this.#bounds);
    if (head === null) return this.#keep(input, from);
    if (head.status < 200) this.#passInformational(head.status);
    else {
      this.#canReuse = head.canReuse;
      this.#beginBody(head);
      this.#events.onHead(head);
    }
    return from + head.text.length;
  }

  /** Reads a line of the framing; returns where it ends, or -1 after keeping an incomplete one. */
  #readLine(input: Buffer, from: number): number {
    const end = input.indexOf(LINE_END, from);
    if ((end === -1 ? input.length : end) - from > CHUNK_SIZE_LINE_MAX) throw malformed();
    if (end === -1) return this.#keep(input, from);
    const text = input.toString('latin1', from, end);
    if (this.#state === 'chunk_size') this.#readChunkSize(text);
    else if (this.#state === 'chunk_end') this.#readChunkEnd(text);
    else this.#readTrailer(text);
    return end + LINE_END.length;
  }

  #keep(input: Buffer, from: number): -1 {
    this.#pending = Buffer.from(input.subarray(from));
    return -1;
  }

  /** Another answer follows. We never ask to go on (100) or to switch protocols (101). */
  #passInformational(status: number): void {
    this.#informational += 1;
    if (status < 102 || this.#informational > this.#bounds.informationalMax) throw malformed();
  }

  #beginBody({ status, isChunked, length }: AnswerHead): void {
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
