import { expect, test } from 'vitest';
import { nanoToUsd, nanoUsd, usdToNano } from './values.ts';

test('USD becomes integer nano-USD and back', () => {
  expect(usdToNano(0.184918)).toBe(184_918_000);
  expect(nanoToUsd(usdToNano(12.5))).toBe(12.5);
});

test('a fraction of a nano-dollar is not an amount', () => {
  expect(() => nanoUsd(0.5)).toThrow(RangeError);
});
