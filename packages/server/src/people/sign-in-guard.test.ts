import { instant, type GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { networkOf } from './network-of.ts';
import { createSignInGuard } from './sign-in-guard.ts';

describe('guesses', () => {
  const guessFrom = (addressOf: (turn: number) => string): number => {
    const guard = createSignInGuard({ now: () => instant(0) });
    for (let turn = 0; turn < 100; turn += 1) {
      try {
        guard.attempt({ account: `person${turn}@example.com`, address: addressOf(turn) });
      } catch (error) {
        expect((error as GatewayError).code).toBe('rate_limit_exceeded');
        return turn;
      }
    }
    return 100;
  };

  test('from one address end after thirty, whoever they are for', () => {
    expect(guessFrom(() => '192.0.2.7')).toBe(30);
  });
  test('from the many addresses of one network of IPv6 end as early', () => {
    expect(guessFrom((turn) => `2001:db8:1:2:${turn.toString(16)}::${turn}`)).toBe(30);
  });
  test('from different networks do not count together', () => {
    expect(guessFrom((turn) => `192.0.2.${turn}`)).toBe(100);
    expect(guessFrom((turn) => `2001:db8:1:${turn.toString(16)}::1`)).toBe(100);
  });
});

test.each([
  ['192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:0:1::1', '2001:0db8:0000:0001:ffff::'],
])('%s and %s are one network', (first, second) => {
  expect(networkOf(first)).toBe(networkOf(second));
});
test.each([
  ['192.0.2.7', '192.0.2.8'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.8'],
  ['2001:db8:0:1::1', '2001:db8:0:2::1'],
  ['::1', 'no address'],
])('%s and %s are two', (first, second) => {
  expect(networkOf(first)).not.toBe(networkOf(second));
});
