/** The Random port. Ids and seeds come from the secure source; fetched in blocks, since each call into it costs. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '@arouter/core';

const BLOCK_BYTES = 8192;
const block = Buffer.alloc(BLOCK_BYTES);
let used = BLOCK_BYTES;

/** Where the bytes begin in the block; nobody else gets them. */
function take(bytes: number): number {
  if (used + bytes > BLOCK_BYTES) {
    randomFillSync(block);
    used = 0;
  }
  const from = used;
  used += bytes;
  return from;
}

export const systemRandom: Random = {
  uniform: () => block.readUInt32LE(take(4)) / 4_294_967_296,
  seed: () => block.readInt32LE(take(4)),
  hex(bytes) {
    const from = take(bytes);
    return block.toString('hex', from, from + bytes);
  },
};
