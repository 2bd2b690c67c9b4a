/**
 * A plain head that was read, to recognise the next one by its bytes. What a caller sends over one connection differs in the length of the
 * body and in nothing else, or in the API key where another gateway stands before this one: both are holes in what is known, read anew
 * each time. So no key is kept here, and none is compared with another's in a time that says how much of it is the same.
 */
import { KEY_HEADERS } from '../caller.ts';
import { HEAD_END, readPlainHead, type PlainHead } from './plain-head.ts';

/** Longer ones are read anew each time: this much of memory a connection may take while it does nothing. */
const BYTES_MAX = 4096;
/** Keys, in the form that every client writes, and all that is secret besides. Of several none is known to be the one. */
const SECRET_HEADERS = [
  'authorization',
  ...KEY_HEADERS,
  'cookie',
  'proxy-authorization',
  'x-amz-security-token',
];
const LENGTH = /\r\ncontent-length:[\t ]*(\d+)/di;
const TOKEN =
  /\r\n(?:authorization|x-api-key|x-goog-api-key|api-key):[\t ]*((?:bearer )?([\w-]+))[\t ]*\r\n/di;
/** Up to here a loop costs less than a call out of JavaScript. */
const LOOP_BYTES_MAX = 32;
const LENGTH_DIGITS_MAX = 9;
const ZERO = 0x30;
const NINE = 0x39;
/** What a key consists of: nothing that ends a header, or a word in it. */
const IN_TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

type Range = { readonly from: number; readonly to: number };

/** @param bytes Begin with the head that was read as `head`. Null: it is none that could be recognised. */
export function knownHead(bytes: Buffer, head: PlainHead): KnownHead | null {
  if (head.bytes > BYTES_MAX || head.url.includes('?')) return null;
  const [secretHeader, ...others] = SECRET_HEADERS.filter((name) => head.timesSent(name) > 0);
  if (secretHeader === undefined || others.length > 0) return null;
  const text = bytes.toString('latin1', 0, head.bytes);
  const length = LENGTH.exec(text)?.indices?.[1];
  const found = TOKEN.exec(text);
  const [value, token] = [found?.indices?.[1], found?.indices?.[2]];
  if (length === undefined || value === undefined || token === undefined) return null;
  // Else something else of this head says who it is of. With one header and no query there are no two keys to throw for.
  if (text.slice(...token) !== head.token()) return null;
  return new KnownHead(bytes.subarray(0, head.bytes), {
    length: rangeOf(length),
    token: rangeOf(token),
    secretHeader,
    scheme: text.slice(value[0], token[0]),
  });
}

type Holes = {
  readonly length: Range;
  readonly token: Range;
  readonly secretHeader: string;
  /** What stands before the token. */
  readonly scheme: string;
};

function rangeOf([from, to]: readonly [number, number]): Range {
  return { from, to };
}

export class KnownHead {
  /** With a line of dashes for the token. */
  readonly bytes: Buffer;
  /** Name → value, as they are with such a token. */
  readonly headers: ReadonlyMap<string, string>;
  readonly #url: string;
  readonly #holes: Holes;
  /** What stands around the holes, in order. */
  readonly #pieces: readonly Range[];

  constructor(bytes: Buffer, holes: Holes) {
    // Its own: a piece of what was read would keep the whole.
    this.bytes = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(this.bytes);
    const { length, token } = holes;
    this.bytes.fill('-', token.from, token.to);
    const head = readPlainHead(this.bytes.toString('latin1', 0, bytes.length - HEAD_END.length));
    if (head === null) throw new Error('a head is plain or not whatever its token is');
    this.#url = ownText(head.url);
    this.headers = new Map(head.names.map((name) => [ownText(name), ownText(head.header(name) ?? '')]));
    this.#holes = holes;
    const [first, second] = length.from < token.from ? [length, token] : [token, length];
    this.#pieces = [
      { from: 0, to: first.from },
      { from: first.to, to: second.from },
      { from: second.to, to: bytes.length },
    ];
  }

  /** Null: it is another head, or not all there. */
  recognise(bytes: Buffer): PlainHead | null {
    const { length, token } = this.#holes;
    const digits = digitsAt(bytes, length.from);
    const shift = digits - (length.to - length.from);
    const end = this.bytes.length + shift;
    if (digits === 0 || bytes.length < end) return null;
    for (const piece of this.#pieces) {
      if (!isSame(bytes, shiftedBy(shift, piece.from, length), this.bytes, piece)) return null;
    }
    const tokenAt = shiftedBy(shift, token.from, length);
    const tokenEnd = tokenAt + token.to - token.from;
    for (let at = tokenAt; at < tokenEnd; at += 1) if (IN_TOKEN[bytes[at] ?? 0] === 0) return null;
    return new RecognisedHead(this, this.#holes, {
      url: this.#url,
      bytes: end,
      bodyBytes: numberAt(bytes, length.from, digits),
      token: bytes.toString('latin1', tokenAt, tokenEnd),
    });
  }
}

/** A piece of another text keeps that in memory, and is read more slowly. */
function ownText(piece: string): string {
  return Buffer.from(piece, 'latin1').toString('latin1');
}

/** What stands behind the length moves with its digits. */
function shiftedBy(shift: number, from: number, length: Range): number {
  return from < length.to ? from : from + shift;
}

function isSame(bytes: Buffer, at: number, known: Buffer, { from, to }: Range): boolean {
  if (to - from > LOOP_BYTES_MAX) return bytes.compare(known, from, to, at, at + to - from) === 0;
  for (let index = from; index < to; index += 1) if (bytes[at + index - from] !== known[index]) return false;
  return true;
}

/** How many digits of a length as everybody writes it; 0: there is none, or another form of one. */
function digitsAt(bytes: Buffer, from: number): number {
  const last = Math.min(from + LENGTH_DIGITS_MAX, bytes.length);
  let at = from;
  while (at < last && isDigit(bytes[at] ?? 0)) at += 1;
  return at - from > 1 && bytes[from] === ZERO ? 0 : at - from;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function numberAt(bytes: Buffer, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) value = value * 10 + (bytes[at] ?? 0) - ZERO;
  return value;
}

type Anew = {
  readonly url: string;
  readonly bytes: number;
  readonly bodyBytes: number;
  readonly token: string;
};

class RecognisedHead implements PlainHead {
  readonly method = 'POST';
  readonly url: string;
  readonly bytes: number;
  readonly bodyBytes: number;
  readonly #known: KnownHead;
  readonly #holes: Holes;
  readonly #token: string;

  constructor(known: KnownHead, holes: Holes, { url, bytes, bodyBytes, token }: Anew) {
    this.url = url;
    this.bytes = bytes;
    this.bodyBytes = bodyBytes;
    this.#known = known;
    this.#holes = holes;
    this.#token = token;
  }

  header(name: string): string | undefined {
    if (name === 'content-length') return String(this.bodyBytes);
    if (name === this.#holes.secretHeader) return this.#holes.scheme + this.#token;
    return this.#known.headers.get(name);
  }

  timesSent(name: string): number {
    return this.#known.headers.has(name) ? 1 : 0;
  }

  token(): string {
    return this.#token;
  }
}
