/**
 * No window of sixty seconds ever holds more dispatches than the limit, however many ask at once, and across deaths. The
 * world's own audit counts at the provider's side; these tests make the load that presses against the limit.
 */
import { expect, test } from 'vitest';
import { openScriptedWorld } from './scripted-world.ts';
import { comeToRest } from './simulate.ts';

const LIMIT = 10;
const WINDOW_MS = 60_000;

function fullestWindow(sent: readonly number[]): number {
  return Math.max(0, ...sent.map((from) => sent.filter((at) => at >= from && at < from + WINDOW_MS).length));
}

test.each([
  [1, false],
  [10, false],
  [200, false],
  [1, true],
  [10, true],
  [200, true],
] as const)('%i at once, deaths: %s', async (atOnce, deaths) => {
  const scripted = await openScriptedWorld({ seed: atOnce, keys: { pk_a: { rpmLimit: LIMIT } } });
  const { scheduler, world } = scripted;
  const end = scheduler.steadyMs() + 4 * WINDOW_MS;
  while (scheduler.steadyMs() < end) {
    for (let nth = 0; nth < atOnce; nth += 1) await scripted.ask();
    if (deaths && scheduler.chance(0.15)) {
      for (let event = 0; event < 5; event += 1) await scheduler.step();
      await scripted.restart();
    } else await comeToRest(world);
    await scheduler.pass(atOnce === 1 ? 1500 : 5000);
  }
  await scripted.rest();
  const sent = world.dispatches.all.map(({ sentAtMs }) => sentAtMs);
  const fullest = fullestWindow(sent);
  expect(fullest).toBeLessThanOrEqual(LIMIT);
  expect(fullest).toBeGreaterThan(LIMIT / 2);
  // What the limit allows is given: no slot is lost but to a death.
  if (!deaths) expect([fullest, sent.length >= 4 * LIMIT]).toEqual([LIMIT, true]);
});

test('the caller’s own requests per minute hold in the same way, and failing over does not count twice', async () => {
  const scripted = await openScriptedWorld({
    apiKey: { rpmLimit: 3 },
    keys: { pk_a: { weight: 1000 }, pk_b: {} },
    fates: {
      pk_a: [{ kind: 'refusal', status: 500, body: '{"error":{"message":"no"}}', headers: {} }],
    },
  });
  const calls = [];
  for (let nth = 0; nth < 10; nth += 1) {
    calls.push(await scripted.ask());
    await scripted.rest();
  }
  expect(calls.filter(({ end }) => end === 'complete')).toHaveLength(3);
  expect(calls.filter(({ status }) => status === 429)).toHaveLength(7);
});
