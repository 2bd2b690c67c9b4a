/** One life of the gateway's process: the real pipeline, counters, health, snapshot and ledger over simulated edges. */
import type {
  AttemptOpened,
  Clock,
  Counters,
  HealthScope,
  Ledger,
  Ports,
  ProviderKeyId,
  Transport,
} from '@arouter/core';
import { createSpeedBook } from '../counters/speed-book.ts';
import { readSettings } from '../config/settings.ts';
import { rebuildState } from '../instance/rebuild-state.ts';
import { steadyWallClock } from '../instance/steady-wall-clock.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import type { MemoryDatabase } from '../store/testing/memory-database.ts';
import { openMemoryStore, type Gate } from '../store/testing/open-memory-store.ts';
import type { FirstChoices } from './first-choices.ts';
import type { Scheduler } from './scheduler.ts';
import { secretOf, simulatedProviders } from './tenants.ts';

export type ProcessOptions = {
  readonly scheduler: Scheduler;
  readonly database: MemoryDatabase;
  readonly transport: Transport;
  /** Once an attempt's row is durable. */
  readonly onOpened: (row: AttemptOpened) => void;
  readonly choices: FirstChoices;
  readonly weather: StoreWeather;
  /** Wraps the counters, once they are rebuilt. */
  readonly watch: (counters: Counters, clock: Clock) => Counters;
  readonly violated: (rule: string, detail: string) => void;
};

/** How the disk feels; changed from outside. */
export type StoreWeather = {
  fails: boolean;
  slow: boolean;
  /** A key's health could not be written. */
  lostHealth: boolean;
  /** Called before each write and after it, before it is acknowledged. True: the process has just died of it. */
  killsAt: ((moment: WriteMoment) => boolean) | null;
};
export type WriteMoment = 'before' | 'after';

export type SimulatedProcess = {
  readonly ports: Ports;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly track: (tail: Promise<unknown>) => void;
  readonly tails: ReadonlySet<Promise<unknown>>;
  readonly choices: FirstChoices;
};

/** An acknowledgement may come this long after the commit. */
const SLOW_MS_MAX = 9000;

export async function startProcess(options: ProcessOptions): Promise<SimulatedProcess> {
  const { scheduler, database, transport, violated } = options;
  const startedMs = scheduler.steadyMs();
  const clock: Clock = {
    now: steadyWallClock({ wallMs: () => scheduler.wall(), steadyMs: () => scheduler.steadyMs() }),
    monotonicMs: () => scheduler.steadyMs() - startedMs,
    sleep: (ms, signal) => scheduler.sleep(ms, signal),
  };
  const log = {
    info: () => {},
    error: (_fields: object, message: string) => {
      if (message.includes('health could not be saved')) options.weather.lostHealth = true;
    },
    warn: (fields: object, message: string) => {
      if ('shortfallNano' in fields) violated('INV-4', `${message}: ${JSON.stringify(fields)}`);
    },
  };
  const store = openMemoryStore({ database, clock, log, gate: createGate(options) });
  const { counters: bare, live } = await rebuildState({ store, clock, log, manifests: simulatedProviders });
  const counters = options.watch(bare, clock);
  const tails = new Set<Promise<unknown>>();
  return {
    store,
    counters,
    clock,
    tails,
    choices: options.choices,
    track(tail) {
      tails.add(tail);
      const forget = (): void => void tails.delete(tail);
      tail.then(forget, forget);
    },
    ports: {
      clock,
      random: {
        uniform: () => scheduler.uniform(),
        seed: () => scheduler.between(-(2 ** 31), 2 ** 31 - 1),
        hex: (bytes) =>
          Array.from({ length: bytes * 2 }, () => scheduler.between(0, 15).toString(16)).join(''),
      },
      config: live.current,
      keyVerifier: { verify: (token, snapshot) => snapshot.apiKey(token) },
      ledger: watchLedger(store.ledger, options),
      counters,
      speeds: createSpeedBook(),
      vault: {
        isReadable: () => true,
        openCredential: (key) => ({ api_key: secretOf(key) }),
      },
      transport,
      wireLimits: readSettings({}).timeLimits.wire,
      providers: simulatedProviders,
    },
  };
}

function watchLedger(ledger: Ledger, { onOpened }: Pick<ProcessOptions, 'onOpened'>): Ledger {
  return {
    async open(row) {
      await ledger.open(row);
      onOpened(row);
    },
    settle: (row) => ledger.settle(row),
    refuse: (row) => ledger.refuse(row),
  };
}

/**
 * Writes are committed in their order and acknowledged in any, each at an event of its own: the process may die between
 * the two. Reads see what is committed.
 */
function createGate({ scheduler, weather, violated }: ProcessOptions): Gate {
  const queue: (() => void)[] = [];
  return async <Result>(label: string, operation: () => Result): Promise<Result> => {
    if (label === 'read') {
      const fails = weather.fails && scheduler.chance(0.3);
      return scheduler.later(fails ? 'read fails' : label, () => {
        if (fails) throw new StoreUnavailable('the disk cannot be read');
        return operation();
      });
    }
    const committed = new Promise<Result>((resolve, reject) => {
      const fails = weather.fails && scheduler.chance(0.8);
      queue.push(() => {
        try {
          if (fails) throw new StoreUnavailable('no disk left');
          if (weather.killsAt?.('before') === true) return;
          const result = operation();
          if (weather.killsAt?.('after') === true) return;
          resolve(result);
        } catch (error) {
          // Not the disk: a row that breaks a rule of the schema.
          if (!(error instanceof StoreUnavailable)) violated('store', `${label}: ${String(error)}`);
          reject(error);
        }
      });
      void scheduler.later(`commit${fails ? ' fails' : ''}: ${label}`, () => queue.shift()?.());
    });
    const result = await committed;
    if (weather.slow) await scheduler.sleep(scheduler.between(0, SLOW_MS_MAX));
    return scheduler.later(`acknowledged: ${label}`, () => result);
  };
}

/** A person says that the key is good again. */
export function resetKey({ counters, clock }: SimulatedProcess, key: ProviderKeyId): void {
  const scope: HealthScope = { kind: 'key', key };
  counters.applyOutcome([scope], { kind: 'reset', at: clock.now() });
}
