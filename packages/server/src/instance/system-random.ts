/** The Random port. Ids and seeds come from the secure source; fetched and written down in blocks, since each call out of JavaScript costs. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '@arouter/core';

/** Not larger: an id may be a piece of the block's text, and then keeps the whole in memory. */
const BLOCK_BYTES = 2048;
const block = Buffer.alloc(BLOCK_BYTES);
let hexOfBlock = '';
let used = BLOCK_BYTES;
/** What is longer may be a secret: it is drawn by itself, so that no id keeps it in memory with the block's text. */
const ID_BYTES_MAX = 16;

/** Where the bytes begin in the block; nobody else gets them. */
function take(bytes: number): number {
  if (used + bytes > BLOCK_BYTES) {
    randomFillSync(block);
    hexOfBlock = block.toString('hex');
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
    if (bytes > ID_BYTES_MAX) return randomBytes(bytes).toString('hex');
    const from = take(bytes);
    return hexOfBlock.slice(2 * from, 2 * (from + bytes));
  },
};
