/** The reading of answers: cut anywhere it reads the same, and what could be read in two ways is refused. */
import { TransportFault } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser } from './answer-parser.ts';
import { TRANSPORT_BOUNDS } from './transport-bounds.ts';

type Parsed = { status: number; head: AnswerHead | null; body: string; ended: boolean; canReuse: boolean };

function parse(pieces: readonly (Buffer | string)[]): Parsed {
  const parsed: Parsed = { status: 0, head: null, body: '', ended: false, canReuse: false };
  const parser = new AnswerParser(
    {
      onHead: (head) => Object.assign(parsed, { head, status: head.status }),
      onBody: (bytes) => (parsed.body += Buffer.from(bytes).toString('latin1')),
      onEnd: (canReuse) => Object.assign(parsed, { ended: true, canReuse }),
    },
    TRANSPORT_BOUNDS,
  );
  for (const piece of pieces) {
    // As sockets do: one buffer for every read, overwritten by the next.
    const shared = Buffer.from(piece);
    parser.push(shared);
    shared.fill(0);
  }
  return parsed;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

function chunked(body: string, sizes: readonly number[]): string {
  let text = CHUNKED;
  let at = 0;
  for (const size of [...sizes, body.length]) {
    const piece = body.slice(at, at + size);
    if (piece !== '') text += `${piece.length.toString(16)};note=x\r\n${piece}\r\n`;
    at += size;
  }
  return `${text}0\r\nTrailer: dropped\r\n\r\n`;
}

describe('an answer', () => {
  it('in chunks is read the same however its bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    const text = fc.string({ maxLength: 120, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(text, sizes, cuts, (body, chunks, positions) => {
        const bytes = Buffer.from(chunked(body, chunks));
        const edges = [0, ...positions.toSorted((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, i) => bytes.subarray(Math.min(edges[i] ?? 0, edge), edge));
        expect(parse(pieces)).toMatchObject({ status: 200, body, ended: true, canReuse: true });
      }),
    );
  });

  it('with a head longer than most is read the same, whole or cut', () => {
    const long = `HTTP/1.1 200 OK\r\nx-long: ${'v'.repeat(5000)}\r\ncontent-length: 2\r\n\r\nok`;
    for (const pieces of [[long], [long.slice(0, 3000), long.slice(3000)]]) {
      const parsed = parse(pieces);
      expect(parsed).toMatchObject({ body: 'ok', ended: true, canReuse: true });
      expect(parsed.head?.header('x-long')).toHaveLength(5000);
    }
  });

  it('with a length is read byte by byte, after an informational one', () => {
    const text =
      'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 429 Too Many\r\nContent-Length:\t4 \r\n\r\nslow';
    const pieces = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    expect(parse(pieces)).toMatchObject({
      status: 429,
      head: { length: 4 },
      body: 'slow',
      ended: true,
      canReuse: true,
    });
  });

  it.each([
    ['more than was asked for', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'],
    ['the wish to close', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nok'],
    ['the older version', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('with %s is whole, and its connection is not used again', (_name, text) => {
    expect(parse([text])).toMatchObject({ body: 'ok', ended: true, canReuse: false });
  });

  it.each([204, 304])('%i has no body, whatever its length says', (status) => {
    const parsed = parse([`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`]);
    expect(parsed).toMatchObject({ status, body: '', ended: true, canReuse: true });
  });
});

describe('refused is', () => {
  const withHeaders = (headers: string): string => `HTTP/1.1 200 OK\r\n${headers}\r\nhello`;
  it.each([
    ['a length beside chunks', withHeaders('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')],
    ['chunks beside a length', withHeaders('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n')],
    ['two lengths, even the same', withHeaders('Content-Length: 5\r\nContent-Length: 5\r\n')],
    ['a list of lengths', withHeaders('Content-Length: 5, 5\r\n')],
    ['a signed length', withHeaders('Content-Length: +5\r\n')],
    ['no digits', withHeaders('Content-Length: \r\n')],
    ['a length beyond all numbers', withHeaders('Content-Length: 9999999999999999\r\n')],
    ['another coding', withHeaders('Transfer-Encoding: gzip, chunked\r\n')],
    ['a coding that only a trim makes chunked', withHeaders('Transfer-Encoding: \x0bchunked\r\n')],
    ['chunked twice', withHeaders('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
    ['a folded header', withHeaders('X-A: 1\r\n 2\r\n')],
    ['a space before the colon', withHeaders('Content-Length : 5\r\n')],
    ['a header without a name', withHeaders(': 5\r\n')],
    ['a bare line feed in the head', withHeaders('X-A: 1\nX-B: 2\r\n')],
    ['a bare carriage return in the head', withHeaders('X-A: 1\rX-B: 2\r\n')],
    ['a zero byte in the head', withHeaders('X-A: 1\0\r\n')],
    ['line feeds for line ends', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a chunk that is longer than it says', `${CHUNKED}2\r\nabc\r\n0\r\n\r\n`],
    ['a chunk size with a sign', `${CHUNKED}-2\r\nab\r\n0\r\n\r\n`],
    ['a blank behind a chunk size', `${CHUNKED}2 \r\nab\r\n0\r\n\r\n`],
    ['a chunk size with a prefix', `${CHUNKED}0x2\r\nab\r\n0\r\n\r\n`],
    ['a chunk size of thirteen digits', `${CHUNKED}0000000000002\r\nab\r\n0\r\n\r\n`],
    ['a chunk that ends with a line feed', `${CHUNKED}2\nab\r\n0\r\n\r\n`],
    ['an endless chunk size line', `${CHUNKED}2;${'x'.repeat(300)}`],
    ['a trailer that is no header', `${CHUNKED}0\r\nnonsense\r\n\r\n`],
    ['endless trailers', `${CHUNKED}0\r\n${`X-T: ${'t'.repeat(200)}\r\n`.repeat(100)}`],
    ['an endless head', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(20_000)}`],
  ])('%s', (_name, text) => {
    expect(() => parse([text])).toThrow(TransportFault);
    expect(() => parse([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toThrow(TransportFault);
  });
});
