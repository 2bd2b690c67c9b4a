/**
 * The process dies at every single write of twelve scripted lives, once before the write and once after it but before
 * its acknowledgement. After the start that follows, ledger, rollups, balances and counters must agree.
 */
import { usdToNano, type ProviderId } from '@arouter/core';
import { expect, test } from 'vitest';
import type { CallOptions } from './callers.ts';
import type { Fate } from './fates.ts';
import { die, start } from './lives.ts';
import { openScriptedWorld, type Script, type ScriptedWorld } from './scripted-world.ts';
import type { WriteMoment } from './simulated-process.ts';

const error = (status: number, type = 'server_error'): Fate => ({
  kind: 'refusal',
  status,
  body: JSON.stringify({ error: { type, message: 'no' } }),
  headers: { 'content-type': 'application/json' },
});
const PLATFORM = { source: 'platform' } as const;
const OTHER = { provider: 'gamma' as ProviderId };
const HARD = { dailyBudgetNano: usdToNano(0.6), hardBudget: true };

type Life = Script & {
  readonly name: string;
  readonly asks: readonly CallOptions[];
  /** After so many events the first caller leaves. */
  readonly leavesAfter?: number;
};

const LIVES: readonly Life[] = [
  { name: 'one answer', keys: { pk_a: {} }, asks: [{}] },
  { name: 'an answer for credits', keys: { pk_p: PLATFORM }, asks: [{}] },
  { name: 'a stream for credits', keys: { pk_p: PLATFORM }, asks: [{ stream: true }] },
  {
    name: 'a stream that breaks off',
    keys: { pk_p: PLATFORM },
    asks: [{ stream: true }],
    fates: { pk_p: [{ kind: 'cut', after: 3, how: 'connection_reset' }] },
  },
  {
    name: 'a failover',
    keys: { pk_a: { weight: 1000 }, pk_b: {} },
    asks: [{}],
    fates: { pk_a: [error(500)] },
  },
  {
    name: 'a fallback to a platform key',
    keys: { pk_a: {}, pk_p: PLATFORM },
    asks: [{}],
    fates: { pk_a: [error(429, 'rate_limit_error')] },
  },
  {
    name: 'three failures',
    keys: { pk_a: {}, pk_b: OTHER, pk_p: PLATFORM },
    asks: [{}],
    fates: { pk_a: [error(500)], pk_b: [error(503)], pk_p: [error(401, 'authentication_error')] },
  },
  { name: 'a caller who leaves while the row is written', keys: { pk_a: {} }, asks: [{}], leavesAfter: 0 },
  {
    name: 'a caller who leaves mid-stream',
    keys: { pk_p: PLATFORM },
    asks: [{ stream: true }],
    leavesAfter: 7,
  },
  {
    name: 'an answer without usage',
    keys: { pk_a: HARD },
    asks: [{ outputCap: 3 }],
    fates: { pk_a: [{ kind: 'answer', usage: 'absent' }] },
  },
  { name: 'two callers and room for one', keys: { pk_a: HARD }, asks: [{}, {}] },
  {
    name: 'an API key at its limit',
    keys: { pk_a: {}, pk_p: { ...PLATFORM, ...OTHER } },
    apiKey: { limitNano: usdToNano(0.1), limitReset: 'daily', includeByokInLimit: true },
    asks: [{}, { stream: true }, {}],
  },
];

async function live(life: Life, prepare: (scripted: ScriptedWorld) => void): Promise<ScriptedWorld> {
  const scripted = await openScriptedWorld(life);
  prepare(scripted);
  const calls = [];
  for (const options of life.asks) {
    // The process may be dead already; then nobody asks any more.
    if (scripted.world.process !== null) calls.push(await scripted.ask(options));
  }
  if (life.leavesAfter !== undefined) {
    for (let event = 0; event < life.leavesAfter; event += 1) await scripted.scheduler.step();
    const [first] = calls;
    await scripted.scheduler.happen('the caller leaves', () => {
      if (first !== undefined && first.end === 'waiting') first.end = 'left';
      first?.signal.abort();
    });
  }
  await scripted.rest();
  await scripted.restart();
  await scripted.rest();
  return scripted;
}

async function countWrites(life: Life): Promise<number> {
  let writes = 0;
  await live(life, ({ world }) => {
    world.weather.killsAt = (moment) => {
      if (moment === 'before') writes += 1;
      return false;
    };
  });
  return writes;
}

/** The process dies of the nth write, and someone starts it again. */
function killAt({ world }: ScriptedWorld, nth: number, moment: WriteMoment): void {
  let writes = 0;
  world.weather.killsAt = (now) => {
    if (now === moment) writes += 1;
    if (now !== moment || writes !== nth) return false;
    world.weather.killsAt = null;
    die(world);
    start(world);
    return true;
  };
}

test.each(LIVES)('$name: a death at any write leaves books that agree', async (life) => {
  const writes = await countWrites(life);
  expect(writes).toBeGreaterThanOrEqual(2);
  for (let nth = 1; nth <= writes; nth += 1) {
    for (const moment of ['before', 'after'] as const) {
      await live(life, (scripted) => killAt(scripted, nth, moment));
    }
  }
});

test('there are twelve of them', () => {
  expect(LIVES).toHaveLength(12);
});
