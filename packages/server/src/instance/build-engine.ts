/** The ports of the data plane, and what both faces share, over an open instance. */
import { join, resolve } from 'node:path';
import {
  PLATFORM_WORKSPACE,
  type HealthUpdate,
  type Ports,
  type ProviderId,
  type ProviderManifest,
} from '@arouter/core';
import { manifests } from '@arouter/providers';
import { createBodyStore, type BodyStore } from '../bodies/body-store.ts';
import type { Settings } from '../config/settings.ts';
import { createSpeedBook } from '../counters/speed-book.ts';
import type { MemoryCounters } from '../counters/memory-counters.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import type { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import type { StoreLog } from '../store/store-log.ts';
import { createTransport, type ClosableTransport } from '../transport/create-transport.ts';
import type { EgressPolicy } from '../transport/egress-policy.ts';
import { parseEgressAllow } from '../transport/parse-egress-allow.ts';
import { createGenerationFeed, type GenerationFeed } from './generation-feed.ts';
import { parseEgressReroute } from '../transport/parse-egress-reroute.ts';
import type { Instance } from './open-instance.ts';
import { rebuildState } from './rebuild-state.ts';

export type Engine = {
  readonly ports: Ports;
  readonly counters: MemoryCounters;
  readonly generationFeed: GenerationFeed;
  readonly bodies: BodyStore;
  /** Calls back, in this process, when the health of a key changes. */
  readonly listenToHealth: (listener: (updates: readonly HealthUpdate[]) => void) => void;
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
  const reroutes = parseEgressReroute(settings.egressReroute);
  const transport = createTransport({ clock, policy: egress, reroutes });
  const healthListeners: ((updates: readonly HealthUpdate[]) => void)[] = [];
  const { counters, live, orphansSettled } = await rebuildState({
    store,
    clock,
    log,
    manifests,
    onHealthChange: (updates) => {
      for (const listener of healthListeners) listener(updates);
    },
  });
  const generationFeed = createGenerationFeed();
  const ports: Ports = {
    clock,
    random,
    config: live.current,
    keyVerifier: verifier,
    ledger: generationFeed.observe(metrics.observe(store.ledger)),
    counters,
    speeds: createSpeedBook(),
    vault,
    transport,
    wireLimits: settings.timeLimits.wire,
    providers: manifests,
  };
  return {
    ports,
    counters,
    generationFeed,
    bodies: createBodyStore({
      folder: join(resolve(settings.dataDir), 'bodies'),
      rules: settings.bodyRules,
      vault,
      config: live.current,
      clock,
      counts: metrics.bodies,
      log,
    }),
    listenToHealth: (listener) => void healthListeners.push(listener),
    live,
    transport,
    egress,
    providers: manifests,
    orphansSettled,
  };
}
