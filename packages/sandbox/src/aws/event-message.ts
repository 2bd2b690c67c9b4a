/** One message of `application/vnd.amazon.eventstream`, as AWS writes the events of its streams. */
import { crc32 } from 'node:zlib';

export function eventMessage(kind: 'event' | 'exception', name: string, payload: unknown): Buffer {
  const headers = Buffer.concat(
    [
      [`:${kind}-type`, name],
      [':content-type', 'application/json'],
      [':message-type', kind],
    ].map(([key = '', value = '']) =>
      Buffer.concat([
        Buffer.from([key.length]),
        Buffer.from(key),
        Buffer.from([7, 0, value.length]),
        Buffer.from(value),
      ]),
    ),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}
