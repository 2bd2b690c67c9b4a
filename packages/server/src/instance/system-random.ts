/** The Random port. Ids and seeds come from the secure source; fetched in blocks, since each call into it costs. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '@arouter/core';

const BLOCK_BYTES = 8192;
const block = Buffer.alloc(BLOCK_BYTES);
let used = BLOCK_BYTES;

function take(bytes: number): Buffer {
  if (used + bytes > BLOCK_BYTES) {
    randomFillSync(block);
    used = 0;
  }
  const taken = block.subarray(used, used + bytes);
  used += bytes;
  return taken;
}

export const systemRandom: Random = {
  uniform: () => take(4).readUInt32LE() / 4_294_967_296,
  seed: () => take(4).readInt32LE(),
  hex: (bytes) => take(bytes).toString('hex'),
};
