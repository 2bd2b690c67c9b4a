/** What is read from the ledger is booked into the period it was spent in, whatever the clocks do meanwhile. */
import { instant, nanoUsd, type Clock, type SpendScope } from '@arouter/core';
import { expect, test } from 'vitest';
import { branded } from '../store/columns.ts';
import { sampleApiKey, sampleOpened, sampleProviderKey, sampleSettled } from '../store/sample-rows.ts';
import { createMemoryDatabase } from '../store/testing/memory-database.ts';
import { openMemoryStore } from '../store/testing/open-memory-store.ts';
import { MemoryCounters } from './memory-counters.ts';
import { restoreCounters } from './restore-counters.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const LATE = Date.UTC(2026, 10, 25, 23, 59, 59, 900);
const DAY_MS = 86_400_000;
const KEY = sampleProviderKey({ id: branded('pk_one'), dailyBudgetNano: branded(1_000_000) });
const SCOPE: SpendScope = { owner: 'provider_key', id: KEY.id, period: 'day' };

/** One answer for 700 nano-USD, at the given time; every reading of the store takes `readMs`. */
async function openSpent(openedAt: number, readMs: number) {
  let now = openedAt;
  const clock: Clock = {
    now: () => instant(now),
    monotonicMs: () => now,
    sleep: () => Promise.resolve(),
  };
  const store = openMemoryStore({
    database: createMemoryDatabase(instant(openedAt)),
    clock,
    log: silent,
    gate: async (label, operation) => {
      if (label === 'read') now += readMs;
      return operation();
    },
  });
  const second = Math.floor(openedAt / 1000);
  const header = sampleOpened().generation;
  const generation = {
    ...header,
    id: branded<never>(`gen-${second}-${'0'.repeat(24)}`),
    createdAt: instant(openedAt),
  };
  const row = sampleOpened({ generation, openedAt: instant(openedAt) });
  await store.ledger.open(row);
  await store.ledger.settle(sampleSettled(row, { costNano: nanoUsd(700) }));
  const counters = new MemoryCounters({ clock, onHealthChange: () => undefined });
  const rows = { version: 1, workspaces: [], apiKeys: [sampleApiKey()], providerKeys: [KEY], prices: [] };
  return {
    counters,
    setNow: (ms: number) => void (now = ms),
    restore: () => restoreCounters({ store, counters, clock }, rows),
  };
}

function spent(counters: MemoryCounters): number {
  const [reading] = counters.readings([
    { kind: 'spend', scope: SCOPE, limitNano: nanoUsd(0), holdNano: nanoUsd(0), enforcement: 'soft' },
  ]);
  return reading?.kind === 'full' ? (reading.spentNano ?? 0) : 0;
}

test('a start during which midnight passes does not book yesterday’s spend into today', async () => {
  const { counters, restore } = await openSpent(LATE, 50);
  await restore();
  expect(spent(counters)).toBe(0);
});

test('what the ledger dates ahead of a clock that was set back waits for its day', async () => {
  const { counters, restore, setNow } = await openSpent(LATE, 0);
  setNow(LATE - DAY_MS);
  await restore();
  expect(spent(counters)).toBe(0);
  setNow(LATE);
  expect(spent(counters)).toBe(700);
});
