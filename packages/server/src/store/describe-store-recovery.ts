/* oxlint-disable max-lines-per-function -- a suite is one function, as in a test file */
import type { Instant, WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore, OpenStore } from './store-harness.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const END_OF_TIME = branded<Instant>(Number.MAX_SAFE_INTEGER);
const LATER = branded<Instant>(NOON + 5000);

export function describeRecovery(open: OpenStore): void {
  describe('recovery', () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open(standingClock(NOON + 1000));
    });
    afterEach(() => opened.remove());

    test('attempts that an earlier process left open are settled once as interrupted, this one’s are left alone', async () => {
      const orphans = Array.from({ length: 1203 }, () => sampleOpened());
      await Promise.all(orphans.map((row) => opened.store.ledger.open(row)));
      const done = sampleOpened();
      await opened.store.ledger.open(done);
      await opened.store.ledger.settle(sampleSettled(done));
      opened = await opened.reopen();
      const { recovery, ledger, generations } = opened.store;
      const own = sampleOpened({ generation: sampleHeader({ createdAt: LATER }) });
      await ledger.open(own);
      expect(await recovery.settleOrphans(LATER)).toBe(1203);
      expect(await recovery.settleOrphans(LATER)).toBe(0);
      const view = await generations.get(WORKSPACE, orphans[0]?.generation.id ?? '');
      expect(view).toMatchObject({ status: 'interrupted', callerStatus: null });
      expect(view?.attempts[0]).toMatchObject({ outcome: 'interrupted', usage: null, settledAt: LATER });
      expect((await generations.get(WORKSPACE, own.generation.id))?.status).toBe('running');
      expect(await opened.store.verify()).toEqual([]);
      opened = await opened.reopen();
      expect(await opened.store.recovery.settleOrphans(LATER)).toBe(1);
    });

    test('an orphan books its input estimate, never more than was reserved, and charges no credits', async () => {
      const cases = [
        { given: { reservedNano: 1000, inputCostEstimateNano: 300 }, booked: 300 },
        { given: { reservedNano: 1000, inputCostEstimateNano: 5000 }, booked: 1000 },
        { given: { reservedNano: 1000, inputCostEstimateNano: null }, booked: 1000 },
        { given: { reservedNano: 0, inputCostEstimateNano: 300 }, booked: null },
      ] as const;
      const rows = cases.map(({ given }) => {
        const { reservedNano, inputCostEstimateNano } = given;
        return sampleOpened({
          credits: 'charged',
          reservedNano: branded(reservedNano),
          inputCostEstimateNano: inputCostEstimateNano === null ? null : branded(inputCostEstimateNano),
        });
      });
      await Promise.all(rows.map((row) => opened.store.ledger.open(row)));
      opened = await opened.reopen();
      await opened.store.recovery.settleOrphans(LATER);
      const views = await Promise.all(
        rows.map((row) => opened.store.generations.get(WORKSPACE, row.generation.id)),
      );
      expect(views.map((view) => view?.attempts[0]?.costNano)).toEqual(cases.map(({ booked }) => booked));
      expect(views.map((view) => view?.attempts[0]?.chargedNano)).toEqual([0, 0, 0, 0]);
      const spend = await opened.store.usage.providerKeySpend(
        [branded('pk_one'), branded('pk_two')],
        branded(NOON),
        END_OF_TIME,
      );
      expect(spend).toEqual(new Map([['pk_one', 2300]]));
    });

    test('of several attempts that a crash left behind, only the last ends the generation', async () => {
      const generation = sampleHeader();
      const [first, second] = [sampleOpened({ generation }), sampleOpened({ generation, attemptNo: 2 })];
      const [settled, third] = [sampleOpened(), sampleOpened()];
      for (const row of [first, second, settled, third]) await opened.store.ledger.open(row);
      // Settled out of order: the first attempt's row was still waiting when the process died.
      const last = sampleOpened({ generation: settled.generation, attemptNo: 2 });
      await opened.store.ledger.open(last);
      await opened.store.ledger.settle(sampleSettled(last));
      opened = await opened.reopen();
      expect(await opened.store.recovery.settleOrphans(LATER)).toBe(4);
      expect(await opened.store.verify()).toEqual([]);
      const statusOf = async ({ generation: { id } }: typeof first) =>
        (await opened.store.generations.get(WORKSPACE, id))?.status;
      expect(await Promise.all([first, settled, third].map(statusOf))).toEqual([
        'interrupted',
        'succeeded',
        'interrupted',
      ]);
    });

    test('a generation whose last attempt was settled before the process died between two is interrupted', async () => {
      const row = sampleOpened();
      await opened.store.ledger.open(row);
      await opened.store.ledger.settle(sampleSettled(row, { outcome: 'failed', final: false }));
      opened = await opened.reopen();
      const view = await opened.store.generations.get(WORKSPACE, row.generation.id);
      expect(view?.status).toBe('interrupted');
      const { rows } = await opened.store.generations.list(
        WORKSPACE,
        { status: 'interrupted' },
        { cursor: null, limit: 9 },
      );
      expect(rows).toHaveLength(1);
    });

    test('counters are rebuilt from spend, dispatches and balances', async () => {
      const { ledger, recovery, credits, usage } = opened.store;
      await credits.grant({
        id: 'g',
        workspaceId: WORKSPACE,
        kind: 'grant',
        description: '',
        amountNano: branded(100),
        createdAt: branded(NOON),
      });
      const at = (ms: number) => sampleHeader({ createdAt: branded(NOON + ms) });
      const early = sampleOpened({ generation: at(-7_200_000) });
      const byok = sampleOpened({ generation: at(0) });
      const platform = sampleOpened({
        generation: at(5),
        source: 'platform',
        providerKeyId: branded('pk_two'),
      });
      for (const row of [early, platform, byok]) {
        await ledger.open(row);
        await ledger.settle(
          sampleSettled(row, {
            costNano: branded(7),
            chargedNano: branded(row.source === 'platform' ? 7 : 0),
          }),
        );
      }
      const from = branded<Instant>(NOON);
      expect(await usage.providerKeySpend([branded('pk_one'), branded('pk_two')], from, END_OF_TIME)).toEqual(
        new Map([
          ['pk_one', 7],
          ['pk_two', 7],
        ] as const),
      );
      expect(await usage.apiKeySpend(WORKSPACE, branded('AbCdEfGhIjKl'), from, END_OF_TIME)).toEqual({
        byokNano: 7,
        platformNano: 7,
      });
      expect(await recovery.dispatchesSince(from)).toEqual([
        { at: NOON, providerKeyId: 'pk_one', apiKeyId: 'AbCdEfGhIjKl' },
        { at: NOON + 5, providerKeyId: 'pk_two', apiKeyId: 'AbCdEfGhIjKl' },
      ]);
      expect(await recovery.balances()).toEqual(new Map([[WORKSPACE, 93]]));
    });
  });
}
