import { expect, test } from 'vitest';
import { createBodyBuilder } from './body-builder.ts';

function piece(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

test('pieces of every size come out as one, in their order, however many', () => {
  for (const sizes of [
    [],
    [5],
    [1, 1],
    [3, 70_000, 2, 0, 900],
    Array.from({ length: 300 }, (_, nth) => nth),
  ]) {
    const texts = sizes.map((size, nth) => String(nth % 10).repeat(size));
    const body = createBodyBuilder(1_000_000);
    for (const text of texts) body.append(piece(text));
    expect(body.whole().toString('latin1')).toBe(texts.join(''));
  }
});

test('the memory of a piece is given back as soon as it is copied, and that of all when the body is dropped', () => {
  const body = createBodyBuilder(100);
  const pieces = [piece('first'), piece('second')];
  for (const each of pieces) body.append(each);
  expect(pieces.map((each) => each.buffer.byteLength)).toEqual([0, 0]);
  const whole = body.whole();
  body.drop();
  expect([whole.buffer.byteLength, body.whole().length]).toEqual([0, 0]);
});

test('memory that others use too is left alone', () => {
  const shared = piece('what is ours and theirs');
  const body = createBodyBuilder(100);
  body.append(shared.subarray(0, 5));
  body.append(shared.subarray(5, 12));
  body.drop();
  expect(shared.toString()).toBe('what is ours and theirs');
});

test('no more is taken than the body may be long', () => {
  const body = createBodyBuilder(12);
  for (let count = 0; count < 4; count += 1) body.append(piece('abc'));
  expect(body.whole().buffer.byteLength).toBeLessThanOrEqual(12);
});
