import { expect, it } from 'vitest';
import { systemRandom } from './system-random.ts';

it('ids have the asked length, and nothing of one is in another', () => {
  const drawn: string[] = [];
  let before = '';
  // Beyond several blocks, and across their ends in all ways.
  for (let count = 0; count < 3000; count += 1) {
    const bytes = 12 + (count % 5);
    const id = systemRandom.hex(bytes);
    expect(id).toMatch(/^[0-9a-f]*$/);
    expect(id).toHaveLength(2 * bytes);
    // Eight bytes of a secure source are never twice the same in a test's life.
    drawn.push(id.slice(0, 16));
    expect(before).not.toContain(id.slice(0, 8));
    before = id;
    systemRandom.seed();
    expect(systemRandom.uniform()).toBeLessThan(1);
  }
  expect(new Set(drawn).size).toBe(drawn.length);
});

it('the bytes of an id are drawn evenly', () => {
  const counts = new Map<string, number>();
  const ids = Array.from({ length: 4000 }, () => systemRandom.hex(16)).join('');
  for (const digit of ids) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  expect(counts.size).toBe(16);
  // 8000 of each are expected; 87 is one standard deviation.
  for (const count of counts.values()) expect(Math.abs(count - 8000)).toBeLessThan(8 * 87);
});

it('what is longer than a block is whole, too', () => {
  expect(systemRandom.hex(4096)).toMatch(/^[0-9a-f]{8192}$/);
});
