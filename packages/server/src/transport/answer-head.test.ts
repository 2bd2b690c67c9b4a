/** Headers are found where they stand, whatever stands behind the head; what may be believed is held by answer-parser.test.ts. */
import { expect, test } from 'vitest';
import { readAnswerHead } from './answer-head.ts';
import { TRANSPORT_BOUNDS } from './transport-bounds.ts';

function headOf(lines: readonly string[], body = ''): ReturnType<typeof readAnswerHead> {
  const text = `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
  return readAnswerHead(Buffer.from(text, 'latin1'), 0, TRANSPORT_BOUNDS);
}

test('of a header that is repeated the first value counts, however its name is written', () => {
  const head = headOf([
    'Date: x',
    'Retry-After:\t5 ',
    'retry-after: 7200',
    'CONTENT-TYPE: a/b',
    'content-type: c/d',
  ]);
  expect(head?.header('retry-after')).toBe('5');
  expect(head?.header('date')).toBe('x');
  expect(head?.header('content-type')).toBe('a/b');
});

test('an empty value is one, a header that is not there has none, and no part of a name is a name', () => {
  const head = headOf(['retry-after:', 'retry-after-ms: 9', 'x-retry: date: 1']);
  expect(head?.header('retry-after')).toBe('');
  expect(head?.header('retry')).toBeUndefined();
  expect(head?.header('date')).toBeUndefined();
  expect(head?.header('content-type')).toBeUndefined();
});

test('a body that looks like a header is none', () => {
  const head = headOf(['content-length: 30'], 'retry-after: 5\r\ncontent-type: text/html\r\n\r\n');
  expect(head?.text).toBe('HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n');
  expect(head?.header('retry-after')).toBeUndefined();
  expect(head?.header('content-type')).toBeUndefined();
});

test('a head without a header has none', () => {
  expect(headOf([], 'x: y\r\n')?.header('x')).toBeUndefined();
});

test.each(['connection', 'content-length', 'transfer-encoding', 'content-encoding', 'keep-alive'])(
  '%s can be asked for like any other',
  (name) => {
    const value = name === 'content-length' ? '5' : name === 'transfer-encoding' ? 'chunked' : 'close';
    expect(headOf([`${name.toUpperCase()}: ${value}`])?.header(name)).toBe(value);
  },
);
