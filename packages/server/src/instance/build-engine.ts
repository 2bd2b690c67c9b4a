/** The ports of the data plane, and what both faces share, over an open instance. */
import {
  PLATFORM_WORKSPACE,
  type HealthUpdate,
  type Ports,
  type ProviderId,
  type ProviderManifest,
} from '@arouter/core';
import { manifests } from '@arouter/providers';
import type { Settings } from '../config/settings.ts';
import { createSpeedBook } from '../counters/speed-book.ts';
import { MemoryCounters } from '../counters/memory-counters.ts';
import { primeSpends, restoreCounters } from '../counters/restore-counters.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { buildSnapshot } from '../snapshot/build-snapshot.ts';
import { createCatalogue } from '../snapshot/catalogue.ts';
import { createLiveSnapshot, type LiveSnapshot } from '../snapshot/live-snapshot.ts';
import type { StoreLog } from '../store/store-log.ts';
import { createTransport, type ClosableTransport } from '../transport/create-transport.ts';
import type { EgressPolicy } from '../transport/egress-policy.ts';
import { parseEgressAllow } from '../transport/parse-egress-allow.ts';
import type { Instance } from './open-instance.ts';

export type Engine = {
  readonly ports: Ports;
  readonly counters: MemoryCounters;
  readonly live: LiveSnapshot;
  readonly transport: ClosableTransport;
  readonly egress: EgressPolicy;
  readonly providers: ReadonlyMap<ProviderId, ProviderManifest>;
  /** Attempts that an earlier process left open and this start settled. */
  readonly orphansSettled: number;
};

export async function buildEngine(
  settings: Settings,
  instance: Instance,
  { log, metrics }: { readonly log: StoreLog; readonly metrics: Metrics },
): Promise<Engine> {
  const { store, vault, clock, random, verifier } = instance;
  await vault.ensureWorkspace(PLATFORM_WORKSPACE);
  const egress = parseEgressAllow(settings.egressAllow);
  const transport = createTransport({ clock, policy: egress });
  const counters = new MemoryCounters({
    clock,
    onHealthChange: (updates) => saveHealth(instance, log, updates),
  });
  const orphansSettled = await store.recovery.settleOrphans(clock.now());
  await restoreCounters({ store, counters, clock }, await store.loadConfig());
  const catalogue = createCatalogue(manifests);
  const live = await createLiveSnapshot({
    store,
    build: (rows) => buildSnapshot(rows, catalogue, manifests),
    beforeSwitch: (rows) => primeSpends({ store, counters, clock }, rows),
    onError: (error) =>
      log.error({ fault: String(error) }, 'the configuration could not be reloaded; the last one stays'),
  });
  const ports: Ports = {
    clock,
    random,
    config: live.current,
    keyVerifier: verifier,
    ledger: metrics.observe(store.ledger),
    counters,
    speeds: createSpeedBook(),
    vault,
    transport,
    providers: manifests,
  };
  return { ports, counters, live, transport, egress, providers: manifests, orphansSettled };
}

/** Health must survive a restart, but no request waits for it. */
function saveHealth({ store }: Instance, log: StoreLog, updates: readonly HealthUpdate[]): void {
  store.health
    .save(updates)
    .catch((error: unknown) => log.error({ fault: String(error) }, 'a key’s health could not be saved'));
}
