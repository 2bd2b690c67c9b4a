/* oxlint-disable max-lines-per-function -- a suite is one function, as in a test file */
import type { AttemptOpened, AttemptOutcome, Instant, WorkspaceId } from '@arouter/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore, OpenStore } from './store-harness.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled, sampleUsage } from './sample-rows.ts';
import type { UsageDimension, UsageSums } from './store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const HOUR_MS = 3_600_000;
const ALL_TIME = { from: branded<Instant>(0), to: branded<Instant>(NOON * 2) };

/** One settled attempt of a random history. */
type Deed = {
  readonly workspace: string;
  readonly apiKey: string;
  readonly providerKey: string;
  readonly source: 'byok' | 'platform';
  readonly model: string;
  readonly hoursAgo: number;
  readonly outcome: AttemptOutcome;
  readonly final: boolean;
  readonly costNano: number | null;
  readonly chargedNano: number;
  readonly settleTimes: number;
};
const deed: fc.Arbitrary<Deed> = fc.record({
  workspace: fc.constantFrom('ws_one', 'ws_two'),
  apiKey: fc.constantFrom('AAAAAAAAAAAA', 'BBBBBBBBBBBB'),
  providerKey: fc.constantFrom('pk_one', 'pk_two'),
  source: fc.constantFrom('byok', 'platform'),
  model: fc.constantFrom('openai/a', 'openai/b'),
  hoursAgo: fc.integer({ min: 0, max: 72 }),
  outcome: fc.constantFrom('succeeded', 'failed', 'cancelled', 'interrupted'),
  final: fc.boolean(),
  costNano: fc.option(fc.integer({ min: 0, max: 10_000_000_000 })),
  chargedNano: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 })),
  settleTimes: fc.integer({ min: 1, max: 2 }),
});

export function describeUsage(open: OpenStore): void {
  describe('usage', () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open(standingClock(NOON));
    });
    afterEach(() => opened.remove());

    async function carryOut(given: Deed): Promise<void> {
      const createdAt = branded<Instant>(NOON - given.hoursAgo * HOUR_MS);
      const generation = sampleHeader({
        createdAt,
        workspaceId: branded(given.workspace),
        apiKeyId: branded(given.apiKey),
      });
      const row: AttemptOpened = sampleOpened({
        generation,
        providerKeyId: branded(given.providerKey),
        source: given.source,
        model: branded(given.model),
      });
      await opened.store.ledger.open(row);
      const settled = sampleSettled(row, {
        outcome: given.outcome,
        final: given.final,
        costNano: given.costNano === null ? null : branded(given.costNano),
        chargedNano: branded(given.chargedNano),
      });
      await Promise.all(Array.from({ length: given.settleTimes }, () => opened.store.ledger.settle(settled)));
    }

    test('in any history the rollups are the sums of the settlements, and balances those of their entries', async () => {
      const history: Deed[] = [];
      await opened.store.credits.grant({
        id: 'g1',
        workspaceId: WORKSPACE,
        kind: 'grant',
        description: '',
        amountNano: branded(2e4),
        createdAt: branded(NOON),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 30 }), async (deeds) => {
          await Promise.all(deeds.map(carryOut));
          history.push(...deeds);
          expect(await opened.store.verify()).toEqual([]);
          for (const workspace of ['ws_one', 'ws_two']) {
            const mine = history.filter((one) => one.workspace === workspace);
            const [sums] = await opened.store.usage.sums(branded(workspace), ALL_TIME, []);
            if (mine.length > 0) expect(sums).toMatchObject(expectedSums(mine));
            await expectEveryViewToAgree(workspace, mine);
          }
          const { grantedNano, usedNano } = await opened.store.credits.balance(WORKSPACE);
          expect(grantedNano - usedNano).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 25 },
      );
    });

    async function expectEveryViewToAgree(workspace: string, mine: readonly Deed[]): Promise<void> {
      const dimensions: UsageDimension[] = [
        ...(['provider', 'model', 'provider_key', 'api_key'] as const),
        ...(['source', 'hour', 'day', 'month'] as const),
      ];
      for (const dimension of dimensions) {
        const rows = await opened.store.usage.sums(branded(workspace), ALL_TIME, [dimension]);
        const total = rows.reduce((sum, row) => sum + row.costNano, 0);
        expect([dimension, total]).toEqual([dimension, expectedSums(mine).costNano]);
      }
    }

    test('a failover counts one request, at the key that served it, and two attempts', async () => {
      const { ledger, usage } = opened.store;
      const first = sampleOpened();
      const second = sampleOpened({
        generation: first.generation,
        attemptNo: 2,
        providerKeyId: branded('pk_platform'),
        source: 'platform',
      });
      await ledger.open(first);
      await ledger.settle(
        sampleSettled(first, { outcome: 'failed', final: false, usage: null, costNano: null }),
      );
      await ledger.open(second);
      await ledger.settle(sampleSettled(second));
      const rows = await usage.sums(WORKSPACE, ALL_TIME, ['source']);
      expect(rows).toEqual([
        expect.objectContaining({ source: 'byok', requests: 0, errors: 0, attempts: 1, failedAttempts: 1 }),
        expect.objectContaining({
          source: 'platform',
          requests: 1,
          errors: 0,
          attempts: 1,
          costNano: 525_000,
        }),
      ]);
    });

    test('an unpriced success is counted as unpriced and costs nothing', async () => {
      await carryOut({ ...sampleDeed, costNano: null });
      const [sums] = await opened.store.usage.sums(WORKSPACE, ALL_TIME, ['model']);
      expect(sums).toMatchObject({ requests: 1, unpricedRequests: 1, costNano: 0, model: 'openai/a' });
    });

    test('buckets begin at the UTC hour, day and month', async () => {
      await carryOut({ ...sampleDeed, hoursAgo: 0 });
      await carryOut({ ...sampleDeed, hoursAgo: 13 });
      await carryOut({ ...sampleDeed, hoursAgo: 24 * 30 });
      const buckets = async (dimension: UsageDimension) =>
        (await opened.store.usage.sums(WORKSPACE, ALL_TIME, [dimension])).map((row) => row.bucket);
      expect(await buckets('hour')).toEqual([NOON - 720 * HOUR_MS, NOON - 13 * HOUR_MS, NOON]);
      expect(await buckets('day')).toEqual([
        Date.UTC(2026, 9, 24),
        Date.UTC(2026, 10, 22),
        Date.UTC(2026, 10, 23),
      ]);
      expect(await buckets('month')).toEqual([Date.UTC(2026, 9), Date.UTC(2026, 10)]);
    });

    test('spend by key covers exactly the hours of its window', async () => {
      const { usage } = opened.store;
      await carryOut({ ...sampleDeed, hoursAgo: 1, costNano: 10 });
      await carryOut({ ...sampleDeed, hoursAgo: 0, costNano: 1, source: 'platform', workspace: 'ws_two' });
      await carryOut({ ...sampleDeed, hoursAgo: 25, costNano: 100 });
      const from = branded<Instant>(NOON - HOUR_MS);
      const to = branded<Instant>(NOON + HOUR_MS);
      const key = branded<never>('pk_one');
      expect(await usage.providerKeySpend([key], from, to)).toEqual(new Map([[key, 11]]));
      expect(await usage.providerKeySpend([key], from, branded(NOON))).toEqual(new Map([[key, 10]]));
      expect(await usage.providerKeySpend([], from, to)).toEqual(new Map());
      expect(await usage.apiKeySpend(WORKSPACE, branded('AAAAAAAAAAAA'), from, to)).toEqual({
        byokNano: 10,
        platformNano: 0,
      });
      expect(await usage.lastUsed([key, branded('pk_never')])).toEqual(new Map([[key, NOON]]));
    });

    test('sums beyond 2^53 nano-USD keep fifteen digits', async () => {
      const costNano = 9_000_000_000_000_000;
      for (let count = 0; count < 3; count += 1) await carryOut({ ...sampleDeed, costNano });
      const [sums] = await opened.store.usage.sums(WORKSPACE, ALL_TIME, []);
      expect(sums?.costNano).toBe(3 * costNano);
    });
  });
}

const sampleDeed: Deed = {
  workspace: 'ws_one',
  apiKey: 'AAAAAAAAAAAA',
  providerKey: 'pk_one',
  source: 'byok',
  model: 'openai/a',
  hoursAgo: 1,
  outcome: 'succeeded',
  final: true,
  costNano: 5,
  chargedNano: 0,
  settleTimes: 1,
};

/** The sums, added up the slow way. */
function expectedSums(deeds: readonly Deed[]): UsageSums {
  const failed = (one: Deed) => one.outcome === 'failed' || one.outcome === 'interrupted';
  const final = deeds.filter((one) => one.final);
  const tokens = sampleUsage();
  return {
    requests: final.length,
    errors: final.filter(failed).length,
    attempts: deeds.length,
    failedAttempts: deeds.filter(failed).length,
    inputTokens: deeds.length * tokens.inputTokens,
    outputTokens: deeds.length * tokens.outputTokens,
    costNano: deeds.reduce((sum, one) => sum + (one.costNano ?? 0), 0),
    unpricedRequests: final.filter((one) => one.outcome === 'succeeded' && one.costNano === null).length,
  };
}
