import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamTail, TAIL_BYTES_MIN } from './stream-tail.ts';

/** Bytes that tell where they stand: no two parts of the stream look alike. */
function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length + 4);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes.subarray(0, length);
}

test('the tail is the very end of the stream: at least its minimum, bounded, without a gap', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 3 * TAIL_BYTES_MIN }));
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), fc.nat(TAIL_BYTES_MIN), (sizes, last) => {
      const all = numbered(sizes.reduce((sum, length) => sum + length, 0));
      const tail = new StreamTail();
      let at = 0;
      for (const length of sizes) {
        tail.append(all.subarray(at, at + length));
        at += length;
        const kept = tail.read();
        expect(tail.bytesSeen).toBe(at);
        expect(kept.equals(all.subarray(at - kept.length, at))).toBe(true);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(at, TAIL_BYTES_MIN));
        expect(kept.length).toBeLessThanOrEqual(Math.max(...sizes) + 2 * TAIL_BYTES_MIN);
      }
      expect(tail.readLast(last).equals(all.subarray(Math.max(0, at - last), at))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('small chunks are copied: the buffer that they came in may be used again', () => {
  const tail = new StreamTail();
  const chunk = Buffer.from('abc');
  tail.append(chunk);
  chunk.fill(0);
  expect(tail.read().toString()).toBe('abc');
});
