import type { ProviderKeyRecord } from '@arouter/core';
import { describe, expect, it } from 'vitest';
import { createCredentialCache, PLAINTEXT_MS_MAX } from './credential-cache.ts';

const record = (id: string) =>
  ({ id, workspaceId: 'ws_1', secretVersion: 1, destination: 'https://a.example:443' }) as ProviderKeyRecord;

/** A clock whose sleepers are woken by hand. */
function handClock() {
  let nowMs = 0;
  let wakes: (() => void)[] = [];
  return {
    monotonicMs: () => nowMs,
    sleep: () => new Promise<void>((wake) => wakes.push(wake)),
    pass: (ms: number) => (nowMs += ms),
    async wake() {
      for (const wake of wakes.splice(0)) wake();
      wakes = [];
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a remembered credential', () => {
  it('is not given out after its time, even when the sweep is late', () => {
    const clock = handClock();
    const cache = createCredentialCache(clock);
    const credential = { api_key: 'x' };
    cache.put(record('pk_1'), credential);
    clock.pass(PLAINTEXT_MS_MAX - 1);
    expect(cache.get(record('pk_1'))).toBe(credential);
    clock.pass(1);
    expect(cache.get(record('pk_1'))).toBeUndefined();
  });

  it('leaves memory although nobody asks for it again, each in its time', async () => {
    const clock = handClock();
    const cache = createCredentialCache(clock);
    cache.put(record('pk_1'), {});
    clock.pass(PLAINTEXT_MS_MAX / 2);
    cache.put(record('pk_2'), {});
    clock.pass(PLAINTEXT_MS_MAX / 2);
    await clock.wake();
    expect(cache.size).toBe(1);
    clock.pass(PLAINTEXT_MS_MAX / 2);
    await clock.wake();
    expect(cache.size).toBe(0);
  });

  it('is gone once the cache is closed', () => {
    const cache = createCredentialCache(handClock());
    cache.put(record('pk_1'), {});
    cache.close();
    expect(cache.size).toBe(0);
  });
});
