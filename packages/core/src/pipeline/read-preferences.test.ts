import { describe, expect, test } from 'vitest';
import type { ProviderId } from '../values.ts';
import { readPreferences } from './read-preferences.ts';

const config = {
  providerId: (name: string) => (name.toLowerCase() === 'alpha' ? ('alpha' as ProviderId) : undefined),
};
const read = (value: unknown) => readPreferences(value, config, () => ['seed']);

describe('the provider object', () => {
  test('is a wish for nothing when absent or empty', () => {
    expect(read({})).toEqual(read(undefined));
  });

  test('sorts by price, throughput or latency, written as a string or as an object', () => {
    for (const sort of ['price', 'throughput', 'latency'] as const) {
      expect(read({ sort }).sort).toBe(sort);
      expect(read({ sort: { by: sort, partition: 'none' } }).sort).toBe(sort);
    }
    expect(read({ sort: 'exacto' }).sort).toBeNull();
    expect(() => read({ sort: 'cheap' })).toThrow(
      '"provider.sort" must be one of price, throughput, latency',
    );
  });

  test('takes the highest price in USD per million tokens, as a number or in a string', () => {
    expect(read({ max_price: { prompt: 1.5, completion: '2', image: 3 } }).maxPrice).toEqual({
      prompt: 1_500_000_000,
      completion: 2_000_000_000,
    });
    expect(read({ max_price: {} }).maxPrice).toBeNull();
    for (const prompt of [-1, Number.NaN, 'free', true, 1e300, ''])
      expect(() => read({ max_price: { prompt } })).toThrow('max_price.prompt');
    expect(() => read({ max_price: 3 })).toThrow('"provider.max_price" must be an object');
  });

  test('names the fields that must be heeded only where they are required', () => {
    expect(read({ require_parameters: true }).requiredParameters).toEqual(['seed']);
    expect(read({ require_parameters: false }).requiredParameters).toEqual([]);
    expect(() => read({ require_parameters: 'yes' })).toThrow(
      '"provider.require_parameters" must be a boolean',
    );
  });

  test('names providers in any spelling, and refuses unknown ones', () => {
    expect(read({ order: ['Alpha'] }).order).toEqual(['alpha']);
    expect(() => read({ only: ['gamma'] })).toThrow('names an unknown provider');
    expect(() => read('alpha')).toThrow('must be an object');
  });
});
