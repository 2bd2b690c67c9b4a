/** The store that tests run in memory is held to the same contract as the product's. */
import { instant, type Clock } from '@arouter/core';
import { describeStore } from './describe-store.ts';
import { NOON } from './sample-rows.ts';
import type { OpenedStore } from './store-harness.ts';
import { createMemoryDatabase, type MemoryDatabase } from './testing/memory-database.ts';
import { openGate, openMemoryStore } from './testing/open-memory-store.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

function openOver(database: MemoryDatabase, clock: Clock): OpenedStore {
  const store = openMemoryStore({ database, clock, log: silent, gate: openGate });
  return {
    store,
    async reopen() {
      await store.close();
      return openOver(database, clock);
    },
    async remove() {
      await store.close();
      database.close();
    },
  };
}

describeStore('SQLite in memory', async (clock) => openOver(createMemoryDatabase(instant(NOON)), clock));
