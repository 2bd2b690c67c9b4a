/** A simulated world: what outlives the gateway's process, and the process, while there is one. */
import type { ApiKeyRecord, Clock, Transport } from '@arouter/core';
import { borrowDatabase, type MemoryDatabase } from '../store/testing/memory-database.ts';
import { openGate, openMemoryStore } from '../store/testing/open-memory-store.ts';
import type { Call } from './callers.ts';
import type { CounterAudit } from './counter-audit.ts';
import { DispatchAudit, type KeyChange } from './dispatch-audit.ts';
import type { Fate } from './fates.ts';
import { createFaultyTransport } from './faulty-transport.ts';
import { FirstChoices } from './first-choices.ts';
import { LedgerQueries } from './ledger-queries.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedProcess, StoreWeather } from './simulated-process.ts';
import { settleTenants, storeTenants, type Tenants } from './tenants.ts';

export type World = {
  readonly scheduler: Scheduler;
  readonly database: MemoryDatabase;
  readonly transport: Transport;
  readonly ledger: LedgerQueries;
  readonly dispatches: DispatchAudit;
  readonly choices: FirstChoices;
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly calls: Map<string, Call>;
  /** As a person last saved them. */
  readonly keys: Map<string, KeyChange>;
  /** By secret: the key's provider treats all its calls alike. */
  readonly moods: Map<string, Fate>;
  readonly weather: StoreWeather;
  readonly byokCounts: (apiKey: string) => boolean;
  readonly violated: (rule: string, detail: string) => void;
  /** The first one; null while everything holds. */
  violation: string | null;
  /** Grows with each start. */
  life: number;
  /** Null while it starts. */
  process: SimulatedProcess | null;
  audit: CounterAudit | null;
  /** The wall clock was set forward since the last start. */
  setForward: boolean;
};

export type WorldOptions = {
  readonly tenants: Tenants;
  /** USD that each workspace begins with. */
  readonly creditsUsd: number;
  /** What becomes of a call with this secret; drawn where it is undefined. */
  readonly fateFor: (secret: string) => Fate | undefined;
};

export function drawWorld(scheduler: Scheduler): WorldOptions {
  return {
    tenants: settleTenants(scheduler),
    creditsUsd: scheduler.between(1, 20),
    fateFor: () => undefined,
  };
}

export async function createWorld(
  scheduler: Scheduler,
  { tenants, creditsUsd, fateFor }: WorldOptions,
): Promise<World> {
  const database = borrowDatabase(scheduler.wall());
  await storeTenants(setupStore(database, scheduler), tenants, { creditsUsd, now: scheduler.wall() });
  const ledger = new LedgerQueries(database);
  const calls: World['calls'] = new Map();
  const keys: World['keys'] = new Map(
    tenants.providerKeys.map((key) => [key.id, { key, changedAtMs: -Infinity, changedAtEvent: -Infinity }]),
  );
  const moods: World['moods'] = new Map();
  const limits = new Map<string, boolean>(tenants.apiKeys.map((key) => [key.id, key.includeByokInLimit]));
  const violated: World['violated'] = (rule, detail) => {
    world.violation ??= `${rule}: ${detail}`;
    scheduler.note(`VIOLATION ${rule}: ${detail}`);
  };
  const dispatches = new DispatchAudit({ scheduler, ledger, calls, keys, violated });
  const world: World = {
    scheduler,
    database,
    transport: createFaultyTransport({
      scheduler,
      moodOf: (secret) => moods.get(secret) ?? fateFor(secret),
      onDispatch: (dispatch) => dispatches.sent(dispatch),
    }),
    ledger,
    dispatches,
    choices: new FirstChoices((id) => keys.get(id)?.key.weight ?? 0),
    apiKeys: tenants.apiKeys,
    calls,
    keys,
    moods,
    weather: { fails: false, slow: false, lostHealth: false, killsAt: null },
    byokCounts: (apiKey) => limits.get(apiKey) ?? false,
    violated,
    violation: null,
    life: 0,
    process: null,
    audit: null,
    setForward: false,
  };
  return world;
}

/** Before the first start everything is stored at once. */
function setupStore(database: MemoryDatabase, scheduler: Scheduler) {
  const clock: Clock = {
    now: () => scheduler.wall(),
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
  };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return openMemoryStore({ database, clock, log, gate: openGate });
}
