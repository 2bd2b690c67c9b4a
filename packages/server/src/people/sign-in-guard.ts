/**
 * Counts failures to prove who one is, per account and per address, in memory. Five for an account and thirty from an
 * address in a quarter of an hour; then everybody is refused there until the oldest is forgotten, the right password
 * included, so that guessing learns nothing.
 */
import { hash } from 'node:crypto';
import { GatewayError, laterBy, type Clock, type Instant } from '@arouter/core';
import { networkOf } from './network-of.ts';

const WINDOW_MS = 15 * 60_000;
const ACCOUNT_FAILURES_MAX = 5;
const ADDRESS_FAILURES_MAX = 30;
const REMEMBERED_MAX = 20_000;

export type SignInGuard = {
  /**
   * Call before the proof is looked at. Throws `rate_limit_exceeded`, or counts a failure until `succeeded` takes it
   * back: guesses that come together are counted too.
   */
  attempt(who: Who): void;
  succeeded(who: Who): void;
};
/** `account` is what was typed, known or not: both are counted alike. */
export type Who = { readonly account: string; readonly address: string };

export function createSignInGuard(clock: Pick<Clock, 'now'>): SignInGuard {
  const failures = new Map<string, readonly Instant[]>();
  const recent = (key: string): readonly Instant[] =>
    (failures.get(key) ?? []).filter((at) => laterBy(at, WINDOW_MS) > clock.now());
  const limitsOf = ({ account, address }: Who) =>
    [
      [accountKey(account), ACCOUNT_FAILURES_MAX],
      [addressKey(address), ADDRESS_FAILURES_MAX],
    ] as const;
  return {
    attempt(who) {
      for (const [key, max] of limitsOf(who)) {
        const oldest = recent(key).at(-max);
        if (oldest === undefined) continue;
        throw new GatewayError(
          'rate_limit_exceeded',
          'Too many failed attempts. Wait until the time in Retry-After, then try again.',
          { retryAfterMs: laterBy(oldest, WINDOW_MS) - clock.now() },
        );
      }
      for (const [key] of limitsOf(who)) {
        const times = [...recent(key), clock.now()];
        failures.delete(key);
        failures.set(key, times);
        // The oldest entry makes room: a flood of names cannot fill the memory.
        const [first] = failures.keys();
        if (failures.size > REMEMBERED_MAX && first !== undefined) failures.delete(first);
      }
    },
    succeeded({ account, address }) {
      failures.delete(accountKey(account));
      const key = addressKey(address);
      const others = recent(key).slice(0, -1);
      if (others.length === 0) failures.delete(key);
      else failures.set(key, others);
    },
  };
}

function addressKey(address: string): string {
  return `address ${networkOf(address)}`;
}

/** A hash, so that what people type is not kept: some type their password into the wrong field. */
function accountKey(account: string): string {
  return `account ${hash('sha256', account.trim().toLowerCase(), 'base64')}`;
}
