/* oxlint-disable max-lines-per-function -- a suite is one function, as in a test file */
import type { WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore, OpenStore } from './store-harness.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';
import { StoreConflict } from './store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const ALL_TIME = { from: branded<never>(0), to: branded<never>(NOON * 2) };

export function describeLedger(open: OpenStore): void {
  describe('ledger', () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open(standingClock(NOON));
    });
    afterEach(() => opened.remove());

    async function grant(id: string, amountNano: number): Promise<void> {
      await opened.store.credits.grant({
        id,
        workspaceId: WORKSPACE,
        kind: 'grant',
        description: 'test',
        amountNano: branded(amountNano),
        createdAt: branded(NOON),
      });
    }

    test('an opened and settled attempt reads back with every field', async () => {
      const { ledger, generations } = opened.store;
      const row = sampleOpened();
      const refusals = [{ providerKeyId: branded<never>('pk_two'), code: 'rpm_exceeded', resetsAt: null }];
      const settled = sampleSettled(row, { refusals, fallbackReason: 'over budget', latencyMs: 12.4 });
      await ledger.open(row);
      await ledger.settle(settled);
      expect(await generations.get(WORKSPACE, row.generation.id)).toEqual({
        header: row.generation,
        status: 'succeeded',
        callerStatus: 200,
        errorCode: null,
        plans: row.plans,
        refusals,
        attempts: [
          {
            attemptNo: 1,
            providerKeyId: 'pk_one',
            provider: 'openai',
            source: 'byok',
            model: row.model,
            upstreamModel: 'gpt-5.4-mini',
            openedAt: row.openedAt,
            settledAt: settled.settledAt,
            outcome: 'succeeded',
            failure: null,
            upstreamStatus: 200,
            upstreamId: settled.upstreamId,
            finishReason: 'stop',
            usage: settled.usage,
            costNano: 525e3,
            costLines: settled.costLines,
            chargedNano: 0,
            reservedNano: 2e6,
            latencyMs: 12,
            firstByteMs: 320,
            fallbackReason: 'over budget',
          },
        ],
      });
    });

    test('settling twice changes nothing: no second rollup, no second charge', async () => {
      const { ledger, usage, credits } = opened.store;
      await grant('g1', 1_000_000);
      const row = sampleOpened();
      await ledger.open(row);
      const settled = sampleSettled(row, { chargedNano: branded(400_000) });
      await ledger.settle(settled);
      await Promise.all([ledger.settle(settled), ledger.settle({ ...settled, costNano: branded(9) })]);
      const [sums] = await usage.sums(WORKSPACE, ALL_TIME, []);
      expect(sums).toMatchObject({ requests: 1, attempts: 1, costNano: 525_000 });
      expect(await credits.balance(WORKSPACE)).toEqual({ grantedNano: 1_000_000, usedNano: 400_000 });
      expect(await opened.store.verify()).toEqual([]);
    });

    test('an attempt is opened once; the refusal of the second harms none that commit with it', async () => {
      const { ledger, generations } = opened.store;
      const rows = Array.from({ length: 50 }, () => sampleOpened());
      const twice = rows[25] ?? sampleOpened();
      const results = await Promise.allSettled([...rows, twice].map((row) => ledger.open(row)));
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      const last = results.at(-1);
      expect(last?.status === 'rejected' && last.reason).toBeInstanceOf(StoreConflict);
      const { rows: stored } = await generations.list(WORKSPACE, {}, { cursor: null, limit: 100 });
      expect(stored.map(({ header }) => header.id).toSorted()).toEqual(
        rows.map(({ generation }) => generation.id).toSorted(),
      );
    });

    test('an attempt that was never opened cannot be settled', async () => {
      await expect(opened.store.ledger.settle(sampleSettled(sampleOpened()))).rejects.toThrow('never opened');
    });

    test('a generation whose id does not carry its time is refused, for it could not be found again', async () => {
      const generation = sampleHeader({ id: branded('gen-1763900000-000000000000000000000000') });
      await expect(opened.store.ledger.open(sampleOpened({ generation }))).rejects.toThrow('creation time');
    });

    test('credits are charged what is there and never go below zero', async () => {
      const { ledger, credits, generations } = opened.store;
      await grant('g1', 500_000);
      const rows = [sampleOpened(), sampleOpened(), sampleOpened()];
      await Promise.all(rows.map((row) => ledger.open(row)));
      await Promise.all(
        rows.map((row) => ledger.settle(sampleSettled(row, { chargedNano: branded(300_000) }))),
      );
      expect(await credits.balance(WORKSPACE)).toEqual({ grantedNano: 500_000, usedNano: 500_000 });
      const views = await Promise.all(rows.map((row) => generations.get(WORKSPACE, row.generation.id)));
      expect(views.map((view) => view?.attempts[0]?.chargedNano).toSorted()).toEqual([0, 200_000, 300_000]);
      const entries = await credits.list(WORKSPACE, { offset: 0, limit: 10 });
      expect(entries.map(({ kind, amountNano }) => [kind, amountNano])).toContainEqual(['usage', -200_000]);
      expect(entries.find(({ kind }) => kind === 'usage')?.description).toBe(
        'openai/gpt-5.4-mini - 500 input tokens, 200 output tokens',
      );
      expect(await opened.store.verify()).toEqual([]);
    });

    test('a grant counts once per id, and one that would overdraw is refused whole', async () => {
      const { credits, recovery } = opened.store;
      await grant('g1', 700);
      await grant('g1', 700);
      await expect(grant('g2', -701)).rejects.toBeInstanceOf(StoreConflict);
      await grant('g3', -200);
      expect(await credits.balance(WORKSPACE)).toEqual({ grantedNano: 500, usedNano: 0 });
      expect(await credits.list(WORKSPACE, { offset: 0, limit: 10 })).toHaveLength(2);
      expect(await recovery.balances()).toEqual(new Map([[WORKSPACE, 500]]));
      expect(await credits.balance(branded('ws_two'))).toEqual({ grantedNano: 0, usedNano: 0 });
    });

    test('what was acknowledged is there after closing and opening again', async () => {
      const row = sampleOpened();
      await opened.store.ledger.open(row);
      await opened.store.ledger.settle(sampleSettled(row));
      opened = await opened.reopen();
      const view = await opened.store.generations.get(WORKSPACE, row.generation.id);
      expect(view?.status).toBe('succeeded');
    });
  });
}
