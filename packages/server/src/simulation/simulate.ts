/**
 * One simulated life of a gateway, from one seed: callers ask, providers fail, the disk is slow or full, clocks are set,
 * people change keys, the process dies and starts again. After every event the invariants are checked; at the end all
 * that was begun must be settled, and ledger, rollups, balances and counters must agree.
 */
import { giveBack } from '../store/testing/memory-database.ts';
import { checkAtRest, checkTables } from './final-checks.ts';
import { checkNothingPromised } from './nothing-held.ts';
import type { Draws } from './first-choices.ts';
import { checkHealthsKept, healthsNow } from './health-across-starts.ts';
import { nextEvent } from './happenings.ts';
import { die, start } from './lives.ts';
import { Scheduler } from './scheduler.ts';
import { PLATFORM_SECRETS } from './tenants.ts';
import { createWorld, drawWorld, type World } from './world.ts';

export type SimulationOptions = {
  readonly seed: number;
  readonly events: number;
  /** Called with each event; null keeps only the last few for the report. */
  readonly log: ((line: string) => void) | null;
};
export type SimulationReport = {
  readonly seed: number;
  readonly events: number;
  /** Null: everything held. */
  readonly violation: string | null;
  readonly lastEvents: readonly string[];
  readonly seen: Seen;
  readonly draws: readonly Draws[];
};
/** What happened, so that a simulation in which nothing happens cannot pass for a test. */
export type Seen = {
  calls: number;
  complete: number;
  dispatches: number;
  failovers: number;
  platform: number;
  starts: number;
  left: number;
};

/** Events after which the world must have come to rest once nothing new begins. */
const REST_EVENTS_MAX = 20_000;

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { stackTraceLimit } = Error;
  // Many requests end in an error, and nobody reads its stack but in a replay, which has a log.
  if (options.log === null) Error.stackTraceLimit = 0;
  try {
    return await live(options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function live({ seed, events, log }: SimulationOptions): Promise<SimulationReport> {
  const scheduler = new Scheduler(seed, log);
  const world = await createWorld(scheduler, drawWorld(scheduler));
  start(world);
  while (scheduler.events < events && world.violation === null) {
    await nextEvent(world);
    world.audit?.checkAges();
  }
  await comeToRest(world);
  checkAtRest(world);
  await checkNothingPromised(world);
  const healths = healthsNow(world);
  // What is true now must be true again after a start: then nothing was only in memory.
  die(world);
  start(world);
  await comeToRest(world);
  checkAtRest(world);
  checkHealthsKept(world, healths);
  await checkTables(world);
  const seen = seenIn(world);
  giveBack(world.database);
  return {
    seed,
    events: scheduler.events,
    violation: world.violation,
    lastEvents: scheduler.lastEvents,
    seen,
    draws: world.choices.all,
  };
}

/** Until nothing waits for anything. */
export async function comeToRest(world: World): Promise<void> {
  const { scheduler } = world;
  const until = scheduler.events + REST_EVENTS_MAX;
  while (!scheduler.idle && scheduler.events < until && world.violation === null) {
    await scheduler.step();
    world.audit?.checkAges();
  }
  if (world.violation === null && !scheduler.idle)
    world.violated('INV-13', 'the world does not come to rest');
}

function seenIn({ calls, dispatches, life }: World): Seen {
  const all = [...calls.values()];
  return {
    calls: all.length,
    complete: all.filter(({ end }) => end === 'complete').length,
    dispatches: dispatches.all.length,
    failovers: all.filter(({ requestId }) => dispatches.of(requestId).length > 1).length,
    platform: dispatches.all.filter(({ secret }) => secret.startsWith(PLATFORM_SECRETS)).length,
    starts: life,
    left: all.filter(({ end }) => end === 'left').length,
  };
}
