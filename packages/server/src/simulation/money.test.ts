/** Budgets and credits under two hundred callers at once, and at the ends of their periods. */
import { usdToNano, type ApiKeyRecord } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { OVERSTATED_TOKENS } from './faulty-transport.ts';
import { openScriptedWorld, type ScriptedWorld } from './scripted-world.ts';
import { PRICE } from './tenants.ts';

const AT_ONCE = 200;
const OUTPUT_USD = PRICE.output / 1e15;
const SEEDS = [1, 2, 3, 4, 5];

async function askAll(scripted: ScriptedWorld, count: number) {
  const calls = [];
  for (let nth = 0; nth < count; nth += 1) calls.push(await scripted.ask({ stream: nth % 2 === 0 }));
  await scripted.rest();
  return calls;
}

describe('200 callers at once against ten dollars', () => {
  test.each(SEEDS)('a hard budget is never exceeded, and most of it can be used (seed %i)', async (seed) => {
    const scripted = await openScriptedWorld({
      seed,
      keys: { pk_a: { dailyBudgetNano: usdToNano(10), hardBudget: true } },
    });
    const calls = await askAll(scripted, AT_ONCE);
    // As much again, now that it is known what the first ones really cost.
    await askAll(scripted, AT_ONCE);
    const { day } = scripted.world.ledger.fullestPeriods('pk_a');
    expect(day).toBeLessThanOrEqual(usdToNano(10));
    expect(day).toBeGreaterThan(usdToNano(5));
    expect(calls.some(({ end }) => end === 'refused')).toBe(true);
  });

  test.each([1, 2, 10, 50, AT_ONCE])(
    'where the provider says more than the caller allowed, a hard budget overshoots by no more than that of what is in flight (%i at once)',
    async (atOnce) => {
      const scripted = await openScriptedWorld({
        keys: { pk_a: { dailyBudgetNano: usdToNano(10), hardBudget: true } },
        fates: {
          pk_a: Array.from({ length: 1000 }, () => ({ kind: 'answer', usage: 'overstated' }) as const),
        },
      });
      // Until nothing is let in any more.
      for (let calls = await askAll(scripted, atOnce); calls.some(({ end }) => end === 'complete');)
        calls = await askAll(scripted, atOnce);
      const { day } = scripted.world.ledger.fullestPeriods('pk_a');
      expect(day).toBeGreaterThan(usdToNano(9));
      expect(day).toBeLessThanOrEqual(usdToNano(10 + atOnce * OVERSTATED_TOKENS * OUTPUT_USD));
      expect(scripted.world.ledger.aboveReserved('pk_a')).toBeGreaterThan(0);
    },
  );

  test.each(SEEDS)('a soft budget overshoots by at most what is in flight (seed %i)', async (seed) => {
    const scripted = await openScriptedWorld({ seed, keys: { pk_a: { dailyBudgetNano: usdToNano(10) } } });
    await askAll(scripted, AT_ONCE);
    const { day } = scripted.world.ledger.fullestPeriods('pk_a');
    // A request costs at most 0.7 USD here and is held with about 0.45: so many were let in at once.
    const inFlight = Math.ceil(10 / 0.4);
    expect(day).toBeLessThanOrEqual(usdToNano(10 + inFlight * 0.7));
    const [refused] = await askAll(scripted, 1);
    if (day >= usdToNano(10)) expect(refused?.end).toBe('refused');
  });

  test.each(SEEDS)('credits are never below zero, and never short of a charge (seed %i)', async (seed) => {
    const scripted = await openScriptedWorld({
      seed,
      creditsUsd: 10,
      keys: { pk_p: { source: 'platform' } },
    });
    await askAll(scripted, AT_ONCE);
    await askAll(scripted, AT_ONCE);
    const workspace = scripted.apiKey.workspaceId;
    const balance = scripted.world.ledger.balance({ workspace });
    expect(balance).toBeGreaterThanOrEqual(0);
    expect(balance).toBeLessThan(usdToNano(5));
  });

  const REPORTS = ['overstated', 'tenfold', 'billion'] as const;
  test.each([1, 2, 10, 50, AT_ONCE].flatMap((atOnce) => REPORTS.map((usage) => [usage, atOnce] as const)))(
    'credits are never below zero whatever a provider reports (%s), and the ledger keeps what it reported (%i at once)',
    async (usage, atOnce) => {
      const scripted = await openScriptedWorld({
        seed: atOnce,
        creditsUsd: 10,
        keys: { pk_p: { source: 'platform' } },
        // An honest one now and then: what is taken for it is what it cost.
        fates: {
          pk_p: Array.from({ length: 1000 }, (_, nth) => ({
            kind: 'answer',
            usage: nth % 4 === 3 ? 'honest' : usage,
          })),
        },
      });
      // Until nothing is let in any more.
      for (let calls = await askAll(scripted, atOnce); calls.some(({ end }) => end === 'complete');)
        calls = await askAll(scripted, atOnce);
      const { ledger } = scripted.world;
      const workspace = scripted.apiKey.workspaceId;
      const left = ledger.balance({ workspace });
      expect(left).toBeGreaterThanOrEqual(0);
      const { cost, charged, aboveHeld } = ledger.charges('pk_p');
      expect(aboveHeld).toBe(0);
      expect(charged).toBeGreaterThan(usdToNano(5));
      expect(left).toBe(usdToNano(10) - charged);
      expect(cost).toBeGreaterThan(charged);
    },
  );

  test('an estimate, where the provider gives no usage, is never above what was held', async () => {
    const scripted = await openScriptedWorld({
      keys: { pk_a: { dailyBudgetNano: usdToNano(0.25), hardBudget: true } },
      fates: { pk_a: Array.from({ length: 9 }, () => ({ kind: 'answer', usage: 'absent' }) as const) },
    });
    // Three tokens are the caller's cap, and the body of the answer has some hundred bytes.
    const calls = [];
    for (let nth = 0; nth < 3; nth += 1) {
      calls.push(await scripted.ask({ outputCap: 3 }));
      await scripted.rest();
    }
    expect(calls[0]?.end).toBe('complete');
    expect(scripted.world.ledger.fullestPeriods('pk_a').day).toBeLessThanOrEqual(usdToNano(0.25));
  });

  test('an API key’s limit holds for all of its callers together', async () => {
    const scripted = await openScriptedWorld({
      apiKey: { limitNano: usdToNano(10), includeByokInLimit: true },
      keys: { pk_a: {} },
    });
    const calls = await askAll(scripted, AT_ONCE);
    const served = calls.filter(({ end }) => end === 'complete').length;
    expect(served).toBeGreaterThan(10);
    expect(served).toBeLessThan(AT_ONCE / 2);
  });
});

describe('a limit counts from the beginning of its period, in UTC', () => {
  const cases: readonly (readonly [reset: ApiKeyRecord['limitReset'], last: string, first: string])[] = [
    ['daily', '2026-11-25T23:59:58Z', '2026-11-26T00:00:00Z'],
    ['daily', '2028-02-28T23:59:58Z', '2028-02-29T00:00:00Z'],
    ['weekly', '2026-11-29T23:59:58Z', '2026-11-30T00:00:00Z'],
    ['weekly', '2027-01-03T23:59:58Z', '2027-01-04T00:00:00Z'],
    ['monthly', '2026-11-30T23:59:58Z', '2026-12-01T00:00:00Z'],
    ['monthly', '2028-02-29T23:59:58Z', '2028-03-01T00:00:00Z'],
    ['monthly', '2027-02-28T23:59:58Z', '2027-03-01T00:00:00Z'],
    ['monthly', '2026-12-31T23:59:58Z', '2027-01-01T00:00:00Z'],
  ];

  /** Spent to its end an hour before; then asked just before the boundary and at it. */
  async function openSpent(limitReset: ApiKeyRecord['limitReset'], last: string) {
    const hourBefore = new Date(Date.parse(last) - 3_600_000).toISOString();
    const scripted = await openScriptedWorld({
      at: hourBefore,
      apiKey: { limitNano: usdToNano(0.000001), limitReset, includeByokInLimit: true },
      keys: { pk_a: {} },
    });
    const spending = await scripted.ask();
    await scripted.rest();
    expect(spending.end).toBe('complete');
    return scripted;
  }

  async function moveTo({ scheduler }: ScriptedWorld, time: string): Promise<void> {
    await scheduler.pass(Date.parse(time) - scheduler.wall());
  }

  test.each(cases)('%s: refused until %s, served from %s', async (reset, last, first) => {
    const scripted = await openSpent(reset, last);
    await moveTo(scripted, last);
    const before = await scripted.ask();
    await scripted.rest();
    expect([before.end, before.status]).toEqual(['refused', 403]);
    await moveTo(scripted, first);
    const after = await scripted.ask();
    await scripted.rest();
    expect(after.end).toBe('complete');
  });

  test('a limit without a reset is for a lifetime, across years and restarts', async () => {
    const scripted = await openSpent(null, '2026-12-31T23:59:58Z');
    await moveTo(scripted, '2028-03-01T00:00:00Z');
    await scripted.restart();
    const refused = await scripted.ask();
    await scripted.rest();
    expect(refused.end).toBe('refused');
  });

  test.each([
    ['dailyBudgetNano', '2028-02-29T00:00:00Z'],
    ['monthlyBudgetNano', '2028-03-01T00:00:00Z'],
  ] as const)(
    'a key’s %s begins anew at %s, once, also where a clock is set back over it',
    async (field, first) => {
      const scripted = await openScriptedWorld({
        at: new Date(Date.parse(first) - 3_600_000).toISOString(),
        keys: { pk_a: { [field]: usdToNano(0.000001) } },
      });
      const ends: string[] = [];
      const ask = async (): Promise<void> => {
        const call = await scripted.ask();
        await scripted.rest();
        ends.push(call.end);
      };
      await ask();
      await ask();
      await moveTo(scripted, first);
      await ask();
      // Back over the boundary: the old period does not open again, and the new one not a second time.
      scripted.scheduler.setWallClock(-3_600_000);
      await ask();
      await moveTo(scripted, first);
      await ask();
      expect(ends).toEqual(['complete', 'refused', 'complete', 'refused', 'refused']);
    },
  );

  test('what is under way at midnight counts for the day on which it was let in', async () => {
    const scripted = await openScriptedWorld({
      at: '2026-11-25T23:59:59Z',
      keys: { pk_a: { dailyBudgetNano: usdToNano(0.000001) } },
    });
    const call = await scripted.ask();
    await scripted.scheduler.pass(2000);
    await scripted.rest();
    expect(call.end).toBe('complete');
    const next = await scripted.ask();
    await scripted.rest();
    expect(next.end).toBe('complete');
    await scripted.restart();
    const third = await scripted.ask();
    await scripted.rest();
    expect(third.end).toBe('refused');
  });
});

describe('a caller who leaves', () => {
  test.each(Array.from({ length: 24 }, (_, nth) => nth))(
    'after %i events of a stream is billed once, and never zero after content',
    async (events) => {
      const scripted = await openScriptedWorld({ seed: 9, keys: { pk_p: { source: 'platform' } } });
      const call = await scripted.ask({ stream: true });
      for (let event = 0; event < events; event += 1) await scripted.scheduler.step();
      await scripted.scheduler.happen('leaves', () => {
        if (call.end === 'waiting') call.end = 'left';
        call.signal.abort();
      });
      await scripted.rest();
      const { attempts, settled, finals } = scripted.world.ledger.count(call.requestId);
      expect(settled).toBe(attempts);
      expect(finals).toBe(attempts === 0 ? 0 : 1);
      if (call.received.includes('word'))
        expect(scripted.world.ledger.cost(call.requestId)).toBeGreaterThan(0);
    },
  );

  test.each([2, 3, 4])(
    'pays for what was generated until the provider was cut off (after %i events)',
    async (after) => {
      const scripted = await openScriptedWorld({
        seed: 9,
        keys: { pk_p: { source: 'platform' } },
        fates: { pk_p: [{ kind: 'cut', after, how: 'idle_timeout' }] },
      });
      const call = await scripted.ask({ stream: true });
      while (!call.received.includes('word')) await scripted.scheduler.step();
      await scripted.scheduler.happen('leaves', () => {
        call.end = 'left';
        call.signal.abort();
      });
      await scripted.rest();
      expect(scripted.world.ledger.finalOutcome(call.requestId)).toBe('cancelled');
      expect(scripted.world.ledger.cost(call.requestId)).toBeGreaterThan(0);
    },
  );
});
