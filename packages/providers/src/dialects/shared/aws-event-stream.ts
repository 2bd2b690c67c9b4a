/**
 * Messages of `application/vnd.amazon.eventstream` from bytes cut anywhere, and back. How the bytes are cut changes
 * neither the messages nor their raw bytes; both checksums are verified, so that a damaged message is never an event.
 * Layout (big endian): total length 4, headers length 4, CRC-32 of these 4, headers, payload, CRC-32 of all before 4.
 * Source: AWS event stream encoding as in Smithy's specification and its published vectors.
 */
import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';
import { asBuffer } from './scan-json.ts';

export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** The bound of the specification. */
const HEADERS_BYTES_MAX = 128 * 1024;

export type HeaderValue =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte' | 'short' | 'integer'; readonly value: number }
  | { readonly type: 'long' | 'timestamp'; readonly value: bigint }
  | { readonly type: 'bytes' | 'uuid'; readonly value: Uint8Array }
  | { readonly type: 'string'; readonly value: string };
export type MessageHeaders = ReadonlyMap<string, HeaderValue>;
export type EventMessage = {
  readonly headers: MessageHeaders;
  readonly payload: Uint8Array;
  /** The whole message as it came. */
  readonly raw: Uint8Array;
};

export interface EventMessageParser {
  /** The messages that these bytes complete. Throws DialectError for damage and beyond the bounds. */
  push(bytes: Uint8Array): readonly EventMessage[];
  /** True when no part of a message is waiting for its rest. */
  readonly atBoundary: boolean;
}

export function createEventMessageParser(messageBytesMax = MESSAGE_BYTES_MAX): EventMessageParser {
  return new Parser(messageBytesMax);
}

/** A header that holds text; undefined for any other. */
export function textHeader(message: Pick<EventMessage, 'headers'>, name: string): string | undefined {
  const header = message.headers.get(name);
  return header?.type === 'string' ? header.value : undefined;
}

export function encodeEventMessage(headers: MessageHeaders, payload: Uint8Array): Buffer {
  const head = Buffer.concat([...headers].map(([name, value]) => encodeHeader(name, value)));
  const message = Buffer.alloc(PRELUDE_BYTES + head.length + payload.length + CRC_BYTES);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message, 0, 8), 8);
  message.set(head, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + head.length);
  const end = message.length - CRC_BYTES;
  message.writeUInt32BE(crc32(message, 0, end), end);
  return message;
}

/** The message of one event as AWS services write it: text headers and a JSON payload. */
export function encodeJsonEvent(kind: 'event' | 'exception', name: string, payload: unknown): Buffer {
  const headers = new Map<string, HeaderValue>([
    [`:${kind}-type`, { type: 'string', value: name }],
    [':content-type', { type: 'string', value: 'application/json' }],
    [':message-type', { type: 'string', value: kind }],
  ]);
  return encodeEventMessage(headers, Buffer.from(JSON.stringify(payload), 'utf8'));
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const NO_MESSAGES: readonly EventMessage[] = [];

class Parser implements EventMessageParser {
  readonly #messageBytesMax: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Length of the message that is waiting; 0 while its prelude is not whole. */
  #expected = 0;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  get atBoundary(): boolean {
    return this.#held === 0;
  }

  push(bytes: Uint8Array): readonly EventMessage[] {
    if (bytes.length === 0) return NO_MESSAGES;
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    // Joining only when something is whole keeps a large message from being copied once per piece.
    if (this.#held < (this.#expected || PRELUDE_BYTES)) return NO_MESSAGES;
    const all = this.#pieces.length === 1 ? asBuffer(bytes) : Buffer.concat(this.#pieces, this.#held);
    const messages: EventMessage[] = [];
    let at = 0;
    this.#expected = 0;
    while (all.length - at >= PRELUDE_BYTES) {
      const length = this.#readPrelude(all, at);
      if (all.length - at < length) {
        this.#expected = length;
        break;
      }
      messages.push(decodeMessage(all.subarray(at, at + length)));
      at += length;
    }
    this.#pieces = at === all.length ? [] : [all.subarray(at)];
    this.#held = all.length - at;
    return messages;
  }

  #readPrelude(bytes: Buffer, at: number): number {
    if (crc32(bytes, at, at + 8) !== bytes.readUInt32BE(at + 8)) {
      throw new DialectError('a message of the event stream has a wrong prelude checksum');
    }
    const length = bytes.readUInt32BE(at);
    const headersLength = bytes.readUInt32BE(at + 4);
    if (length > this.#messageBytesMax || headersLength > HEADERS_BYTES_MAX) {
      throw new DialectError(`a message of the event stream has more than ${this.#messageBytesMax} bytes`);
    }
    if (length < PRELUDE_BYTES + headersLength + CRC_BYTES) {
      throw new DialectError('a message of the event stream is shorter than its headers');
    }
    return length;
  }
}

function decodeMessage(raw: Buffer): EventMessage {
  const end = raw.length - CRC_BYTES;
  if (crc32(raw, 0, end) !== raw.readUInt32BE(end)) {
    throw new DialectError('a message of the event stream has a wrong checksum');
  }
  const headersEnd = PRELUDE_BYTES + raw.readUInt32BE(4);
  return {
    headers: decodeHeaders(raw.subarray(PRELUDE_BYTES, headersEnd)),
    payload: raw.subarray(headersEnd, end),
    raw,
  };
}

function decodeHeaders(bytes: Buffer): MessageHeaders {
  const headers = new Map<string, HeaderValue>();
  let at = 0;
  try {
    while (at < bytes.length) {
      const nameEnd = at + 1 + bytes.readUInt8(at);
      const name = bytes.toString('utf8', at + 1, nameEnd);
      const { value, end } = decodeValue(bytes, bytes.readUInt8(nameEnd), nameEnd + 1);
      if (end > bytes.length) throw new RangeError('beyond the headers');
      headers.set(name, value);
      at = end;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DialectError('a header of the event stream is cut off', { cause: error });
  }
  return headers;
}

/** The numbers of the types are those of the specification. */
function decodeValue(
  bytes: Buffer,
  type: number,
  at: number,
): { readonly value: HeaderValue; readonly end: number } {
  switch (type) {
    case 0:
    case 1:
      return { value: { type: 'boolean', value: type === 0 }, end: at };
    case 2:
      return { value: { type: 'byte', value: bytes.readInt8(at) }, end: at + 1 };
    case 3:
      return { value: { type: 'short', value: bytes.readInt16BE(at) }, end: at + 2 };
    case 4:
      return { value: { type: 'integer', value: bytes.readInt32BE(at) }, end: at + 4 };
    case 5:
      return { value: { type: 'long', value: bytes.readBigInt64BE(at) }, end: at + 8 };
    case 6: {
      const end = at + 2 + bytes.readUInt16BE(at);
      return { value: { type: 'bytes', value: bytes.subarray(at + 2, end) }, end };
    }
    case 7: {
      const end = at + 2 + bytes.readUInt16BE(at);
      return { value: { type: 'string', value: bytes.toString('utf8', at + 2, end) }, end };
    }
    case 8:
      return { value: { type: 'timestamp', value: bytes.readBigInt64BE(at) }, end: at + 8 };
    case 9:
      return { value: { type: 'uuid', value: bytes.subarray(at, at + 16) }, end: at + 16 };
    default:
      throw new DialectError('a header of the event stream has a type that does not exist');
  }
}

function encodeHeader(name: string, header: HeaderValue): Buffer {
  const named = Buffer.from(name, 'utf8');
  return Buffer.concat([Buffer.from([named.length]), named, encodeValue(header)]);
}

function encodeValue(header: HeaderValue): Buffer {
  switch (header.type) {
    case 'boolean':
      return Buffer.from([header.value ? 0 : 1]);
    case 'byte':
      return sized(2, 1, (bytes) => bytes.writeInt8(header.value, 1));
    case 'short':
      return sized(3, 2, (bytes) => bytes.writeInt16BE(header.value, 1));
    case 'integer':
      return sized(4, 4, (bytes) => bytes.writeInt32BE(header.value, 1));
    case 'long':
      return sized(5, 8, (bytes) => bytes.writeBigInt64BE(header.value, 1));
    case 'bytes':
      return withLength(6, Buffer.from(header.value));
    case 'string':
      return withLength(7, Buffer.from(header.value, 'utf8'));
    case 'timestamp':
      return sized(8, 8, (bytes) => bytes.writeBigInt64BE(header.value, 1));
    case 'uuid':
      return Buffer.concat([Buffer.from([9]), header.value]);
  }
}

function sized(type: number, size: number, write: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = type;
  write(bytes);
  return bytes;
}

function withLength(type: number, value: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0]);
  head.writeUInt16BE(value.length, 1);
  return Buffer.concat([head, value]);
}

/** CRC-32 as in ISO 3309 (the one of zip files), of `bytes[start, end)`. */
function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let at = start; at < end; at++) {
    crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});
