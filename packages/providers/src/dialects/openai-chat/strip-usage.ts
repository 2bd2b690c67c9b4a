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
  return asBuffer(data).toString('latin1', member.valueStart + 1, member.valueEnd - 1).trim() === '';
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
