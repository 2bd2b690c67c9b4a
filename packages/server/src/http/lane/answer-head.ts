/**
 * The heads of a connection's answers, as `node:http` would write them. One is mostly the one before it over again, with another id or two:
 * what was written and judged last time is not written and judged anew.
 */
import { STATUS_CODES } from 'node:http';

export type AnswerFraming = {
  /** In seconds; null: the connection ends with this answer. */
  readonly keepAliveS: number | null;
  /** Null: in chunks. */
  readonly bodyBytes: number | null;
};

const NAME_OR_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** In characters; longer ones are written anew each time: so much a connection may keep while it does nothing. */
const KEPT_MAX = 2048;

const NO_STATUS = 0;

export class AnswerHeads {
  #status = NO_STATUS;
  /** Names and values of the last head, in turn. */
  #headers: readonly string[] = [];
  /** Where values stand that were not always the same, in order. */
  #changing: readonly number[] = [];
  /** What is written before each of these, and after the last. */
  #pieces: readonly string[] = [];

  /**
   * In Latin-1, with the empty line.
   * @param headers Names and values in turn. Throws where one of them holds what would begin another header.
   */
  next(status: number, headers: readonly string[], { keepAliveS, bodyBytes }: AnswerFraming): string {
    const head = this.#isLikeLast(status, headers) ? this.#likeLast(headers) : this.#anew(status, headers);
    const framing =
      bodyBytes === null ? 'Transfer-Encoding: chunked\r\n' : `content-length: ${bodyBytes}\r\n`;
    return head + framing + ending(keepAliveS);
  }

  /** What is not the same is where it was before, and holds nothing that no header may hold. */
  #isLikeLast(status: number, headers: readonly string[]): boolean {
    const last = this.#headers;
    const changing = this.#changing;
    if (status !== this.#status || headers.length !== last.length) return false;
    let nth = 0;
    for (let index = 0; index < headers.length; index += 1) {
      if (changing[nth] === index) {
        nth += 1;
        if (!NAME_OR_VALUE.test(headers[index] ?? '')) return false;
      } else if (headers[index] !== last[index]) return false;
    }
    return true;
  }

  #likeLast(headers: readonly string[]): string {
    let head = this.#pieces[0] ?? '';
    for (let nth = 0; nth < this.#changing.length; nth += 1)
      head += `${headers[this.#changing[nth] ?? 0]}${this.#pieces[nth + 1]}`;
    return head;
  }

  #anew(status: number, headers: readonly string[]): string {
    // All of them at once: what ends a line is nowhere in them.
    if (!NAME_OR_VALUE.test(headers.join('')))
      throw new Error('a header of an answer holds what no header may hold');
    this.#changing = this.#changingFrom(status, headers);
    this.#pieces = piecesOf(status, headers, this.#changing);
    const head = this.#likeLast(headers);
    const isKept = head.length <= KEPT_MAX;
    this.#status = isKept ? status : NO_STATUS;
    this.#headers = isKept ? [...headers] : [];
    if (!isKept) this.#pieces = [];
    return head;
  }

  /** None, where it is another kind of answer. */
  #changingFrom(status: number, headers: readonly string[]): readonly number[] {
    const last = this.#headers;
    if (status !== this.#status || headers.length !== last.length) return [];
    const changed = headers.flatMap((each, at) =>
      each === last[at] && !this.#changing.includes(at) ? [] : [at],
    );
    return changed.every(isOfValue) ? changed : [];
  }
}

function isOfValue(at: number): boolean {
  return at % 2 === 1;
}

function piecesOf(
  status: number,
  headers: readonly string[],
  changing: readonly number[],
): readonly string[] {
  const pieces: string[] = [];
  let piece = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  for (let at = 1; at < headers.length; at += 2) {
    piece += `${headers[at - 1]}: `;
    if (changing.includes(at)) {
      pieces.push(piece);
      piece = '';
    } else piece += headers[at];
    piece += '\r\n';
  }
  return [...pieces, piece];
}

let endingSecond = 0;
let endingKeepAliveS: number | null = null;
let endingText = '';

/** The same for all answers of a second (RFC 9110, 6.6.1), but for the last of a connection. */
function ending(keepAliveS: number | null): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== endingSecond || keepAliveS !== endingKeepAliveS) {
    const connection =
      keepAliveS === null
        ? 'Connection: close'
        : `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveS}`;
    endingSecond = second;
    endingKeepAliveS = keepAliveS;
    endingText = `Date: ${new Date(second * 1000).toUTCString()}\r\n${connection}\r\n\r\n`;
  }
  return endingText;
}
