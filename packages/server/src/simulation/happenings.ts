/** What people, callers, providers, clocks and disks do of their own accord. */
import { make, startCall } from './callers.ts';
import { drawFate } from './fates.ts';
import { checkCall } from './final-checks.ts';
import { changedNow, die, start } from './lives.ts';
import { resetKey } from './simulated-process.ts';
import { secretOf } from './tenants.ts';
import type { World } from './world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SHORT_MS = [SECOND, 5 * SECOND, 20 * SECOND, 61 * SECOND];
const LONG_MS = [10 * MINUTE, HOUR, DAY, 8 * DAY];
const CLOCK_STEPS_MS = [-DAY, -HOUR, -5 * SECOND, 5 * SECOND, HOUR, 366 * DAY];

/** Of a thousand events, so many are of each kind; the rest is whatever is due. */
const SHARES: readonly (readonly [perMille: number, happens: (world: World) => void])[] = [
  [100, ask],
  [15, leave],
  [5, dieAndStart],
  [8, changeKey],
  [15, changeMood],
  [4, setClock],
  [8, changeWeather],
  [3, resetAnyKey],
];
const PASS_SHORT = 20;
const PASS_LONG = 10;
/** Of a thousand events when nothing else is due. */
const ASK_WHEN_IDLE = 800;

export async function nextEvent(world: World): Promise<void> {
  const { scheduler } = world;
  let draw = scheduler.uniform() * 1000;
  if (scheduler.idle && draw < ASK_WHEN_IDLE) return scheduler.happen('', () => ask(world));
  for (const [share, happens] of SHARES) {
    if (draw < share) return scheduler.happen('', () => happens(world));
    draw -= share;
  }
  if (draw < PASS_SHORT) return scheduler.pass(scheduler.pick(SHORT_MS));
  if (draw < PASS_SHORT + PASS_LONG && scheduler.idle) return scheduler.pass(scheduler.pick(LONG_MS));
  return scheduler.step();
}

function ask(world: World): void {
  const { scheduler, process, calls, apiKeys } = world;
  if (process === null) return;
  const call = startCall(scheduler, apiKeys, calls.size + 1);
  calls.set(call.requestId, call);
  scheduler.note(`${call.requestId} asks for ${call.models.join(', ')}${call.stream ? ' as a stream' : ''}`);
  void make(call, scheduler, process).then(() => checkCall(world, call));
}

function leave({ scheduler, calls }: World): void {
  const waiting = [...calls.values()].filter(({ end }) => end === 'waiting');
  if (waiting.length === 0) return;
  const call = scheduler.pick(waiting);
  scheduler.note(`${call.requestId} leaves`);
  call.end = 'left';
  call.signal.abort();
}

function dieAndStart(world: World): void {
  die(world);
  start(world);
}

function changeKey({ scheduler, keys, process }: World): void {
  if (process === null) return;
  const { key } = scheduler.pick([...keys.values()]);
  const changed = {
    ...key,
    enabled: key.enabled ? scheduler.chance(0.7) : true,
    alwaysUse: key.source === 'byok' && scheduler.chance(0.2),
    version: key.version + 1,
  };
  scheduler.note(`${key.id} is saved: ${changed.enabled ? 'enabled' : 'disabled'}`);
  // Until it is known whether the change was stored, neither the old nor the new is asked for.
  keys.set(key.id, { key, changedAtMs: Infinity, changedAtEvent: Infinity });
  process.store.providerKeys.update(changed, key.version).then(
    (result) => keys.set(key.id, changedNow(scheduler, result === 'stored' ? changed : key)),
    () => keys.set(key.id, changedNow(scheduler, key)),
  );
}

function changeMood({ scheduler, keys, moods }: World): void {
  const { key } = scheduler.pick([...keys.values()]);
  const secret = secretOf(key);
  const drawn = drawFate(scheduler, secret);
  if (moods.has(secret) || drawn.kind === 'answer') moods.delete(secret);
  else moods.set(secret, drawn);
  scheduler.note(`${key.id} is ${moods.has(secret) ? `in trouble: ${drawn.kind}` : 'well'}`);
}

function setClock(world: World): void {
  const { scheduler } = world;
  const byMs = scheduler.pick(CLOCK_STEPS_MS);
  if (byMs > 0) world.setForward = true;
  scheduler.note(`the wall clock is set by ${byMs / SECOND} s`);
  scheduler.setWallClock(byMs);
}

function changeWeather({ scheduler, weather }: World): void {
  weather.fails = !weather.fails && scheduler.chance(0.5);
  weather.slow = !weather.slow && scheduler.chance(0.5);
  scheduler.note(`the disk is ${weather.fails ? 'full' : weather.slow ? 'slow' : 'well'}`);
}

function resetAnyKey({ scheduler, keys, process }: World): void {
  if (process !== null) resetKey(process, scheduler.pick([...keys.values()]).key.id);
}
