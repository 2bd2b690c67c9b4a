/** The gateway's process begins and ends: what dies with it, and what a start must find again. */
import type { Clock, Counters } from '@arouter/core';
import { StoreUnavailable } from '../store/store.ts';
import type { Call } from './callers.ts';
import { CounterAudit } from './counter-audit.ts';
import type { KeyChange } from './dispatch-audit.ts';
import type { Scheduler } from './scheduler.ts';
import { startProcess, type SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** Who watches over the process starts it again after this. */
const RESTART_MS = 1000;

export function start(world: World): void {
  const { scheduler, violated } = world;
  world.life += 1;
  const { life } = world;
  forgetMisdatedWindows(world);
  world.weather.fails = false;
  startProcess({
    ...world,
    onOpened(row) {
      world.dispatches.opened(row);
      world.choices.opened(row);
    },
    watch(counters, clock) {
      const audit = watch(world, counters, clock);
      if (life === world.life) world.audit = audit;
      return audit;
    },
  })
    .then((started) => {
      if (life !== world.life) return;
      world.process = started;
      forgetMisdatedWindows(world);
      relearnKeys(world, started);
    })
    .catch((error: unknown) => {
      if (life !== world.life) return;
      if (!(error instanceof StoreUnavailable)) return violated('start', String(error));
      scheduler.after(RESTART_MS, 'the process is started again', () => start(world));
    });
}

/** Callers who wait lose their connection, and so do the providers. */
export function die(world: World): void {
  const { scheduler, calls, dispatches } = world;
  scheduler.note('the process dies');
  scheduler.killProcess();
  world.process = null;
  world.audit = null;
  for (const call of calls.values()) {
    call.signal.forgetListeners();
    if (isUnsettled(world, call)) call.end = 'lost';
  }
  for (const dispatch of dispatches.all) dispatch.ended = true;
}

function watch(world: World, counters: Counters, clock: Clock): CounterAudit {
  return new CounterAudit({
    counters,
    ledger: world.ledger,
    now: () => clock.now(),
    steadyMs: () => world.scheduler.steadyMs(),
    byokCounts: world.byokCounts,
    violated: world.violated,
  });
}

/** What the ledger dates before a clock was set forward seems longer ago than it was; a start knows no better. */
function forgetMisdatedWindows(world: World): void {
  if (world.setForward) world.dispatches.forgetWindows();
  world.setForward = false;
}

/** A change whose acknowledgement died with the process may be stored or not: the snapshot that was just read says it. */
function relearnKeys({ keys, scheduler }: World, { ports }: SimulatedProcess): void {
  for (const { key } of keys.values()) {
    const stored = ports
      .config()
      .providerKeys(key.workspaceId)
      .find(({ id }) => id === key.id);
    if (stored !== undefined) keys.set(key.id, changedNow(scheduler, stored));
  }
}

export function changedNow(scheduler: Scheduler, key: KeyChange['key']): KeyChange {
  return { key, changedAtMs: scheduler.steadyMs(), changedAtEvent: scheduler.events };
}

function isUnsettled({ ledger }: World, { end, requestId }: Call): boolean {
  const { attempts, settled } = ledger.count(requestId);
  return end === 'waiting' || settled < attempts;
}
