// oxlint-disable-next-line no-restricted-imports -- reads published vectors
import { readFileSync, readdirSync } from 'node:fs';
// oxlint-disable-next-line no-restricted-imports -- see above
import { join } from 'node:path';
// oxlint-disable-next-line no-restricted-imports -- an independent checksum
import { crc32 } from 'node:zlib';
import { DialectError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { trafficFolder } from '../../manifest/recorded-traffic.ts';
import {
  createEventMessageParser,
  encodeEventMessage,
  encodeJsonEvent,
  type EventMessage,
  type HeaderValue,
  textHeader,
} from './aws-event-stream.ts';

const folder = join(trafficFolder() ?? '', 'aws-eventstream');
const vectors = (kind: 'positive' | 'negative') =>
  trafficFolder() === null ? [] : readdirSync(join(folder, 'encoded', kind));

type Decoded = {
  readonly headers: readonly { readonly name: string; readonly type: number; readonly value: unknown }[];
  readonly payload: string;
};

describe.skipIf(trafficFolder() === null)('the published vectors', () => {
  test('there are five good ones and four damaged ones', () => {
    expect([vectors('positive').length, vectors('negative').length]).toEqual([5, 4]);
  });

  test.each(vectors('positive'))('%s is read and written', (name) => {
    const encoded = readFileSync(join(folder, 'encoded/positive', name));
    const wanted = JSON.parse(readFileSync(join(folder, 'decoded/positive', name), 'utf8')) as Decoded;
    const [message, ...more] = createEventMessageParser().push(encoded);
    if (message === undefined) throw new Error('no message');
    expect(more).toEqual([]);
    expect(described(message)).toEqual({ headers: wanted.headers, payload: wanted.payload });
    expect(encodeEventMessage(message.headers, message.payload)).toEqual(encoded);
  });

  test.each(vectors('negative'))('%s is refused', (name) => {
    const encoded = readFileSync(join(folder, 'encoded/negative', name));
    const wanted = readFileSync(join(folder, 'decoded/negative', name), 'utf8');
    const refusal = /prelude/i.test(wanted) ? /prelude checksum/ : /has a wrong checksum/;
    expect(() => createEventMessageParser().push(encoded)).toThrow(refusal);
  });
});

const TYPE_NUMBERS = { byte: 2, short: 3, integer: 4, long: 5, bytes: 6, string: 7, timestamp: 8, uuid: 9 };

const stream = Buffer.concat([
  encodeJsonEvent('event', 'messageStart', { role: 'assistant' }),
  encodeEventMessage(new Map(), new Uint8Array()),
  encodeJsonEvent('event', 'contentBlockDelta', { delta: { text: 'Grüße' }, contentBlockIndex: 0 }),
  encodeJsonEvent('exception', 'throttlingException', { message: 'Too many requests' }),
]);
const whole = createEventMessageParser().push(stream).map(described);

test('a stream cut at every byte gives the same messages, and all of its bytes', () => {
  expect(whole).toHaveLength(4);
  for (let cut = 1; cut < stream.length; cut++) {
    const parser = createEventMessageParser();
    const messages = [...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))];
    expect(messages.map(described)).toEqual(whole);
    expect(Buffer.concat(messages.map(({ raw }) => raw))).toEqual(stream);
    expect(parser.atBoundary).toBe(true);
  }
});

test('a stream that arrives byte by byte gives the same messages', () => {
  const parser = createEventMessageParser();
  const messages = [...stream].flatMap((byte) => parser.push(Uint8Array.of(byte)));
  expect(messages.map(described)).toEqual(whole);
});

test('a cut-off message is waited for, not guessed', () => {
  const parser = createEventMessageParser();
  expect(parser.push(stream.subarray(0, stream.length - 1))).toHaveLength(3);
  expect(parser.atBoundary).toBe(false);
});

test('every changed bit is noticed', () => {
  const message = encodeJsonEvent('event', 'metadata', { usage: { inputTokens: 1 } });
  for (let at = 0; at < message.length; at++) {
    const damaged = Buffer.from(message);
    damaged[at] = (damaged[at] ?? 0) ^ 0x04;
    const parser = createEventMessageParser();
    expect(() => parser.push(Buffer.concat([damaged, message]))).toThrow(DialectError);
  }
});

test('a message beyond the bound is refused before it is held', () => {
  const parser = createEventMessageParser(64);
  const large = encodeEventMessage(new Map(), new Uint8Array(64));
  expect(() => parser.push(large.subarray(0, 12))).toThrow(/more than 64 bytes/);
});

test('headers that end beyond their block are refused although the checksums agree', () => {
  const good = encodeEventMessage(new Map([['a', { type: 'string', value: 'bcd' }]]), new Uint8Array());
  const cut = new Map<string, HeaderValue>([['a', { type: 'bytes', value: good.subarray(0, 2) }]]);
  const message = encodeEventMessage(cut, new Uint8Array());
  // The length of the header's value, one more than there is; then both checksums again.
  const headers = message.subarray(12, message.length - 4);
  headers[4] = 9;
  const forged = encodeEventMessage(new Map(), headers);
  forged.writeUInt32BE(headers.length, 4);
  expect(() => createEventMessageParser().push(rechecked(forged))).toThrow(/cut off/);
});

test('the kind and name of an event are text headers', () => {
  const [message] = createEventMessageParser().push(encodeJsonEvent('exception', 'throttlingException', {}));
  if (message === undefined) throw new Error('no message');
  expect(textHeader(message, ':message-type')).toBe('exception');
  expect(textHeader(message, ':exception-type')).toBe('throttlingException');
  expect(textHeader(message, ':event-type')).toBeUndefined();
});

/** Both checksums set anew: zlib's CRC-32 is the reference here. */
function rechecked(message: Buffer): Buffer {
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

/** As the vectors write it: texts and bytes as base64, 64-bit numbers as numbers. */
function described({ headers, payload }: EventMessage) {
  return {
    headers: [...headers].map(([name, header]) => ({
      name,
      type: header.type === 'boolean' ? (header.value ? 0 : 1) : TYPE_NUMBERS[header.type],
      value: describedValue(header),
    })),
    payload: Buffer.from(payload).toString('base64'),
  };
}

function describedValue({ value }: HeaderValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
