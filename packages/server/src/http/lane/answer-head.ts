/** The head of an answer, as `node:http` would write it. */
import { STATUS_CODES } from 'node:http';

export type AnswerFraming = {
  /** In seconds; null: the connection ends with this answer. */
  readonly keepAliveS: number | null;
  /** Null: in chunks. */
  readonly bodyBytes: number | null;
};

const NAME_OR_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * In Latin-1, with the empty line.
 * @param headers Names and values in turn. Throws where one of them holds what would begin another header.
 */
export function answerHead(
  status: number,
  headers: readonly string[],
  { keepAliveS, bodyBytes }: AnswerFraming,
): string {
  // All of them at once: what ends a line is nowhere in them.
  if (!NAME_OR_VALUE.test(headers.join('')))
    throw new Error('a header of an answer holds what no header may hold');
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  if (bodyBytes === null) head += 'Transfer-Encoding: chunked\r\n';
  else head += `content-length: ${bodyBytes}\r\n`;
  const connection =
    keepAliveS === null ? 'Connection: close' : `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveS}`;
  return `${head}Date: ${dateNow()}\r\n${connection}\r\n\r\n`;
}

let dateSecond = 0;
let dateText = '';

/** RFC 9110, 6.6.1; written once a second. */
function dateNow(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
