/** HTTP/1.1 framing that a client must refuse or survive: written past node's writer, which would not send it. */
import type { FramingDamage } from './behaviour.ts';
import { toBytes } from '../script.ts';
import type { Answer, Script } from '../script.ts';

const HEADER_BYTES = 65_536;

export function framingScript(damage: FramingDamage, answer: Answer): Script {
  const body = Buffer.concat(answer.frames.map(toBytes));
  const bytes = Buffer.concat([Buffer.from(HEADS[damage](body.length), 'latin1'), bodyBytes(damage, body)]);
  // Closed in order: what is wrong must be the framing, not a reset that hides it.
  return [{ kind: 'raw', bytes }, { kind: 'wait', ms: 20 }, { kind: 'close' }];
}

const START = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const HEADS: Readonly<Record<FramingDamage, (length: number) => string>> = {
  short_content_length: (length) => `${START}content-length: ${Math.max(1, length - 10)}\r\n\r\n`,
  long_content_length: (length) => `${START}content-length: ${length + 10}\r\n\r\n`,
  duplicate_content_length: (length) =>
    `${START}content-length: ${length}\r\ncontent-length: ${length + 1}\r\n\r\n`,
  content_length_and_chunked: (length) =>
    `${START}content-length: ${length}\r\ntransfer-encoding: chunked\r\n\r\n`,
  bad_chunk_size: () => `${START}transfer-encoding: chunked\r\n\r\n`,
  header_of_64_kib: (length) =>
    `${START}content-length: ${length}\r\nx-long: ${'a'.repeat(HEADER_BYTES)}\r\n\r\n`,
  header_count_200: (length) =>
    `${START}content-length: ${length}\r\n${Array.from({ length: 200 }, (_, index) => `x-many-${index}: 1\r\n`).join('')}\r\n`,
  not_http: () => '',
};

function bodyBytes(damage: FramingDamage, body: Uint8Array): Uint8Array {
  if (damage === 'bad_chunk_size')
    return Buffer.concat([Buffer.from('zz\r\n'), body, Buffer.from('\r\n0\r\n\r\n')]);
  if (damage === 'content_length_and_chunked')
    return Buffer.concat([
      Buffer.from(`${body.length.toString(16)}\r\n`),
      body,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
  if (damage === 'not_http') return Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n');
  return body;
}
