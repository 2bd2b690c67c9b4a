/** Takes out of a stream what our own switch `stream_options.include_usage` brought into it. */
import { Buffer } from 'node:buffer';
import type { EventBlock } from '../shared/event-stream.ts';
import { asBuffer, findMember, JsonScanError, scanJsonObject, type JsonMember } from '../shared/scan-json.ts';
import { spliceJson } from '../shared/splice.ts';

/** The block without `"usage":null`; null for the usage chunk itself (no choices, a usage object). */
export function stripUsage(block: EventBlock): Uint8Array | null {
  const { data } = block;
  if (data === null) return block.raw;
  const members = membersOf(data);
  const usage = findMember(members, 'usage');
  if (usage === undefined) return block.raw;
  if (usage.kind === 'object') return isEmptyArray(data, findMember(members, 'choices')) ? null : block.raw;
  if (usage.kind !== 'null') return block.raw;
  return withData(block, spliceJson(data, members, [{ kind: 'remove', key: 'usage' }]));
}

/**
 * The same for whole blocks at once, as they almost always come: `,"usage":null` at the end of each event or nearly so.
 * Undefined when one of them is not of that kind and must be looked at by itself. No byte within a string can match:
 * there the quote would be escaped; and what follows must close the top-level object and the block.
 */
export function stripNullUsage(blocks: Buffer): Buffer | undefined {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = blocks.indexOf(USAGE_KEY); at >= 0; at = blocks.indexOf(USAGE_KEY, start)) {
    const end = at + NULL_USAGE.length;
    const blockEnd = blocks.indexOf(BLOCK_END, end) + BLOCK_END.length;
    const isPlain =
      blocks[at - 1] === COMMA &&
      blocks.compare(NULL_USAGE, 0, NULL_USAGE.length, at, end) === 0 &&
      blockEnd - end <= EVENT_REST_BYTES_MAX &&
      EVENT_REST.test(blocks.toString('latin1', end, blockEnd));
    if (!isPlain) return undefined;
    pieces.push(blocks.subarray(start, at - 1));
    start = end;
  }
  if (start === 0) return blocks;
  pieces.push(blocks.subarray(start));
  return Buffer.concat(pieces);
}

const USAGE_KEY = Buffer.from('"usage"');
const NULL_USAGE = Buffer.from('"usage":null');
const BLOCK_END = Buffer.from('\n\n');
const COMMA = 0x2c;
/** Further members with plain values (OpenAI's `obfuscation`), the end of the object and of the block. */
const EVENT_REST = /^(?:,"\w{1,40}":(?:"[^"\\]*"|null|true|false|-?[\d.]+))*\}\n\n$/;
const EVENT_REST_BYTES_MAX = 512;

function membersOf(data: Uint8Array): readonly JsonMember[] {
  try {
    return scanJsonObject(data);
  } catch (error) {
    // Not ours to judge: it is passed on as it came.
    if (error instanceof JsonScanError) return [];
    throw error;
  }
}

function isEmptyArray(data: Uint8Array, member: JsonMember | undefined): boolean {
  if (member?.kind !== 'array') return false;
  return (
    asBuffer(data)
      .toString('latin1', member.valueStart + 1, member.valueEnd - 1)
      .trim() === ''
  );
}

function withData(block: EventBlock, data: Uint8Array): Uint8Array {
  const { raw } = block;
  const old = block.data ?? raw;
  const start = old.byteOffset - raw.byteOffset;
  // The data of one line is a view within the raw bytes; several lines were joined elsewhere and are written as one.
  if (old.buffer === raw.buffer && start > 0 && start + old.length <= raw.length) {
    return Buffer.concat([raw.subarray(0, start), data, raw.subarray(start + old.length)]);
  }
  const name = block.name === '' ? '' : `event: ${block.name}\n`;
  return Buffer.concat([Buffer.from(`${name}data: `), data, Buffer.from('\n\n')]);
}
