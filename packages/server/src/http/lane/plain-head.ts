/**
 * Which requests the lane takes: the plainest form of HTTP/1.1 (RFC 9112), in which nothing can be read in two ways. Everything else is
 * left to `node:http`, bytes untouched, so that no request is refused here and none is understood here that it would understand
 * differently. Pure.
 */
import { tokenOf } from '../caller.ts';
import type { CallerHead } from '../caller-exchange.ts';

/** The head of a request that the lane may take, as far as its form is concerned. */
export type PlainHead = CallerHead & {
  /** Of the head itself, with the empty line at its end. */
  readonly bytes: number;
  readonly bodyBytes: number;
};

export const HEAD_END = '\r\n\r\n';

/** The request line and every header as a whole, without the empty line. Neither bytes above 0x7e nor a folded line. */
const HEAD = /^POST \/[!-~]* HTTP\/1\.1(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*)+$/;
const TARGET_AT = 'POST '.length;
const HEADERS_MAX = 40;
/** One length, as everybody writes it. */
const LENGTH = /^(?:0|[1-9]\d{0,8})$/;

/** What changes how the message is framed or its body read, or who answers it. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'content-encoding',
  'expect',
  'http2-settings',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @param text In Latin-1, without the empty line at its end. Null: it is for `node:http`. */
export function readPlainHead(text: string): ReadHead | null {
  if (!HEAD.test(text)) return null;
  const names: string[] = [];
  const values: string[] = [];
  // Of the same length, for all is ASCII.
  const lower = text.toLowerCase();
  const firstEnd = text.indexOf('\r\n');
  let end = firstEnd;
  while (end !== -1) {
    const start = end + 2;
    const colon = text.indexOf(':', start);
    end = text.indexOf('\r\n', colon);
    const name = lower.slice(start, colon);
    // Which of two counts, or whether they are one, is not for the lane to say.
    if (names.length === HEADERS_MAX || names.includes(name) || NOT_PLAIN.has(name)) return null;
    names.push(name);
    values.push(text.slice(colon + 1, end === -1 ? text.length : end).trim());
  }
  const head = new ReadHead(text, names, values);
  const connection = head.header('connection');
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return null;
  const length = head.header('content-length');
  if (head.header('host') === undefined || length === undefined || !LENGTH.test(length)) return null;
  head.bodyBytes = Number(length);
  return head;
}

export class ReadHead implements PlainHead {
  readonly method = 'POST';
  readonly url: string;
  readonly bytes: number;
  bodyBytes = 0;
  /** In lower case, each once. */
  readonly names: readonly string[];
  readonly #values: readonly string[];

  constructor(text: string, names: readonly string[], values: readonly string[]) {
    this.url = text.slice(TARGET_AT, text.indexOf(' ', TARGET_AT));
    this.bytes = text.length + HEAD_END.length;
    this.names = names;
    this.#values = values;
  }

  header(name: string): string | undefined {
    const at = this.names.indexOf(name);
    return at === -1 ? undefined : this.#values[at];
  }

  timesSent(name: string): number {
    return this.names.includes(name) ? 1 : 0;
  }

  token(): string | undefined {
    return tokenOf(this);
  }
}
