/** What a start rebuilds from the store: attempts that a crash left open are settled, counters know what the ledger knows. */
import type { Clock, HealthUpdate, ProviderId, ProviderManifest } from '@arouter/core';
import { MemoryCounters } from '../counters/memory-counters.ts';
import { primeSpends, restoreCounters } from '../counters/restore-counters.ts';
import { buildSnapshot } from '../snapshot/build-snapshot.ts';
import { createCatalogue } from '../snapshot/catalogue.ts';
import { createLiveSnapshot, type LiveSnapshot } from '../snapshot/live-snapshot.ts';
import type { StoreLog } from '../store/store-log.ts';
import type { Store } from '../store/store.ts';

export type RebuiltState = {
  readonly counters: MemoryCounters;
  readonly live: LiveSnapshot;
  /** Attempts that an earlier process left open and this start settled. */
  readonly orphansSettled: number;
};
export type RebuildOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly manifests: ReadonlyMap<ProviderId, ProviderManifest>;
  /** After the store has been asked to keep it. */
  readonly onHealthChange?: (updates: readonly HealthUpdate[]) => void;
};

export async function rebuildState({
  store,
  clock,
  log,
  manifests,
  onHealthChange,
}: RebuildOptions): Promise<RebuiltState> {
  const counters = new MemoryCounters({
    clock,
    onHealthChange: (updates) => {
      saveHealth(store, log, updates);
      onHealthChange?.(updates);
    },
  });
  const orphansSettled = await store.recovery.settleOrphans(clock.now());
  await restoreCounters({ store, counters, clock }, await store.loadConfig());
  const catalogue = createCatalogue(manifests);
  const live = await createLiveSnapshot({
    clock,
    store,
    build: (rows) => buildSnapshot(rows, catalogue, manifests),
    beforeSwitch: (rows) => primeSpends({ store, counters, clock }, rows),
    onError: (error) =>
      log.error(
        { fault: String(error) },
        'the configuration could not be reloaded and is read again each second',
      ),
  });
  return { counters, live, orphansSettled };
}

/** Health must survive a restart, but no request waits for it. */
function saveHealth(store: Pick<Store, 'health'>, log: StoreLog, updates: readonly HealthUpdate[]): void {
  store.health
    .save(updates)
    .catch((error: unknown) => log.error({ fault: String(error) }, 'a key’s health could not be saved'));
}
