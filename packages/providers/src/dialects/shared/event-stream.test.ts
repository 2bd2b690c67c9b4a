import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventStreamParser, eventJson, type EventBlock } from './event-stream.ts';

type Read = { readonly name: string; readonly data: string | null; readonly raw: string };

function readAll(pieces: readonly Uint8Array[]): readonly Read[] {
  const parser = createEventStreamParser();
  const blocks: EventBlock[] = [];
  for (const piece of pieces) blocks.push(...parser.push(piece));
  blocks.push(...parser.end());
  return blocks.map(({ name, data, raw }) => ({
    name,
    data: data === null ? null : Buffer.from(data).toString(),
    raw: Buffer.from(raw).toString('latin1'),
  }));
}
const whole = (text: string) => readAll([Buffer.from(text)]);
const events = (text: string) =>
  whole(text)
    .filter(({ data }) => data !== null)
    .map(({ name, data }) => [name, data]);

test.each([
  [
    'data: a\n\ndata: b\n\n',
    [
      ['', 'a'],
      ['', 'b'],
    ],
  ],
  ['data:a\n\n', [['', 'a']]],
  ['data:  a\n\n', [['', ' a']]],
  ['data: a\ndata: b\n\n', [['', 'a\nb']]],
  ['data\n\n', [['', '']]],
  ['data:\n\n', [['', '']]],
  ['event: error\r\ndata: {}\r\n\r\n', [['error', '{}']]],
  [
    'data: a\r\rdata: b\r\r',
    [
      ['', 'a'],
      ['', 'b'],
    ],
  ],
  [
    'data: a\r\r\ndata: b\n\n',
    [
      ['', 'a'],
      ['', 'b'],
    ],
  ],
  [': comment\n\n: other\ndata: a\n\n', [['', 'a']]],
  ['\ufeffdata: a\n\n', [['', 'a']]],
  ['id: 1\nretry: 5\nunknown\ndatax: 1\ndata: a\n\n', [['', 'a']]],
  ['event: x\n\ndata: a\n\n', [['', 'a']]],
  ['\n\n\ndata: a\n\n\n\n', [['', 'a']]],
  [
    'data: a\n\ndata: rest',
    [
      ['', 'a'],
      ['', 'rest'],
    ],
  ],
  ['data: a\n', [['', 'a']]],
])('%j gives %j', (text, expected) => {
  expect(events(text)).toEqual(expected);
});

const line = fc.oneof(
  fc.constantFrom('data: é😀', 'data:x', 'data', 'event: error', ': ping', 'id: 7', 'data: {"a":1}', '', ''),
  fc.string({ maxLength: 8 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
);
const stream = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', '\r\n', '\r')), { maxLength: 20 }),
  )
  .map(([mark, lines]) => Buffer.from(mark + lines.map(([text, end]) => text + end).join('')));

test('however the bytes are cut, blocks and raw bytes are the same, and the raw bytes are all the bytes', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
      const expected = readAll([bytes]);
      expect(expected.map(({ raw }) => raw).join('')).toBe(bytes.toString('latin1'));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      expect(readAll(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))).toEqual(expected);
      expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('an event goes out with its last byte, not with the next event', () => {
  for (const end of ['\n\n', '\r\n\r\n', '\r\r']) {
    const parser = createEventStreamParser();
    expect(parser.push(Buffer.from(`data: a${end}`))).toHaveLength(1);
    expect(parser.atBoundary).toBe(true);
  }
});

test('blocks given out stay as they are when more bytes come', () => {
  const parser = createEventStreamParser();
  parser.push(Buffer.from('data: fir'));
  const [first] = parser.push(Buffer.from('st\n\ndata: se'));
  for (const byte of Buffer.from('cond\n\n'.repeat(500))) parser.push(Buffer.from([byte]));
  expect(Buffer.from(first?.raw ?? []).toString()).toBe('data: first\n\n');
});

test('lines and events are bounded, whether they come at once or in pieces', () => {
  const limits = { lineBytesMax: 100, eventBytesMax: 250 };
  const long = Buffer.from(`data: ${'x'.repeat(200)}\n\n`);
  const many = Buffer.from(`data: ${'x'.repeat(80)}\n`.repeat(4).concat('\n'));
  for (const bytes of [long, many]) {
    expect(() => createEventStreamParser(limits).push(bytes)).toThrow(DialectError);
    const parser = createEventStreamParser(limits);
    expect(() => [...bytes].forEach((byte) => parser.push(Buffer.from([byte])))).toThrow(DialectError);
  }
});

test('data that is not JSON is undefined', () => {
  const [done, object] = createEventStreamParser().push(Buffer.from('data: [DONE]\n\ndata: {"a":1}\n\n'));
  expect(done && eventJson(done)).toBeUndefined();
  expect(object && eventJson(object)).toEqual({ a: 1 });
});
