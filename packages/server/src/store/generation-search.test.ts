/** One question looks at a bounded number of rows, however large the ledger is; pages of a search join as others do. */
import { instant, type Instant, type WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';
import { standingClock } from './store-harness.ts';
import type { Store } from './store.ts';
import type { GenerationFilter } from './generation-ports.ts';
import { createMemoryDatabase } from './testing/memory-database.ts';
import { openGate, openMemoryStore } from './testing/open-memory-store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const LOOKED_AT = 4;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let store: Store;
let close: () => Promise<void>;
beforeEach(() => {
  const database = createMemoryDatabase(instant(NOON));
  store = openMemoryStore({
    database,
    clock: standingClock(NOON),
    log: silent,
    gate: openGate,
    generationsLookedAtMax: LOOKED_AT,
  });
  close = async () => {
    await store.close();
    database.close();
  };
});
afterEach(() => close());

async function serve(msLater: number, given: Parameters<typeof sampleSettled>[1] = {}) {
  const row = sampleOpened({ generation: sampleHeader({ createdAt: branded<Instant>(NOON + msLater) }) });
  await store.ledger.open(row);
  await store.ledger.settle(sampleSettled(row, given));
  return row.generation.id;
}

async function search(filter: GenerationFilter, limit = 100) {
  const pages: { readonly ids: readonly string[]; readonly backTo: number | null }[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store['generations']['list']>> = await store.generations.list(
      WORKSPACE,
      filter,
      { cursor, limit },
    );
    pages.push({ ids: page.rows.map(({ header }) => header.id), backTo: page.searchedBackTo });
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}

test('a search that finds nothing says how far back it looked, and goes on from there to the end', async () => {
  for (let ms = 0; ms < 10; ms += 1) await serve(ms);
  const pages = await search({ requestId: 'nobody' });
  // The bound is the moment of the first row beyond it, which is looked at too.
  expect(pages.map(({ backTo }) => backTo)).toEqual([NOON + 5, NOON, null]);
  expect(pages.flatMap(({ ids }) => ids)).toEqual([]);
});

test('what matches is found once, wherever it lies, also where many share a millisecond', async () => {
  const failed: string[] = [];
  for (const ms of [0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4, 9, 9]) {
    const fails = failed.length < 5 && ms % 2 === 0;
    const id = await serve(ms, fails ? { outcome: 'failed', errorCode: 'upstream_error' } : {});
    if (fails) failed.push(id);
  }
  for (const limit of [1, 2, 100]) {
    const found = (await search({ status: 'failed' }, limit)).flatMap(({ ids }) => ids);
    expect(found.toSorted()).toEqual(failed.toSorted());
  }
});

test('a full page, and a list of all or by time alone, are not bounded', async () => {
  for (let ms = 0; ms < 12; ms += 1) await serve(ms);
  expect(await search({})).toMatchObject([{ ids: { length: 12 }, backTo: null }]);
  expect(await search({ from: instant(NOON + 1) })).toMatchObject([{ ids: { length: 11 }, backTo: null }]);
  const [first] = await search({ status: 'succeeded' }, 3);
  expect(first).toMatchObject({ ids: { length: 3 }, backTo: null });
});

test("the provider's own id is found beyond the bound at once, with the other filters kept", async () => {
  const oldest = await serve(0, { upstreamId: 'chatcmpl-old' });
  for (let ms = 1; ms < 12; ms += 1) await serve(ms);
  expect(await search({ upstreamId: 'chatcmpl-old' })).toEqual([{ ids: [oldest], backTo: null }]);
  expect(await search({ upstreamId: 'chatcmpl-old', status: 'failed' })).toEqual([{ ids: [], backTo: null }]);
  expect(await search({ upstreamId: 'chatcmpl-none' })).toEqual([{ ids: [], backTo: null }]);
});
