/* oxlint-disable max-lines-per-function -- a suite is one function, as in a test file */
import type { Instant, TokenUsage, WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore, OpenStore } from './store-harness.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';
import type { GenerationFilter } from './generation-ports.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const OTHER = branded<WorkspaceId>('ws_two');

export function describeGenerations(open: OpenStore): void {
  describe('generations', () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open(standingClock(NOON));
    });
    afterEach(() => opened.remove());

    async function serve(
      given: Parameters<typeof sampleSettled>[1] = {},
      msLater = 0,
      workspace = WORKSPACE,
    ) {
      const createdAt = branded<Instant>(NOON + msLater);
      const row = sampleOpened({ generation: sampleHeader({ createdAt, workspaceId: workspace }) });
      await opened.store.ledger.open(row);
      const settled = sampleSettled(row, given);
      await opened.store.ledger.settle(settled);
      return settled;
    }

    async function refuse(msLater: number) {
      const generation = sampleHeader({ createdAt: branded(NOON + msLater) });
      opened.store.ledger.refuse({
        generation,
        plans: sampleOpened().plans,
        refusals: [],
        callerStatus: 402,
        errorCode: 'provider_key_budget_exceeded',
      });
      // Refusals are not awaited; a write that resolves after them has them before it.
      await opened.store.vaultRows.setMeta('after', new Uint8Array(1));
      return generation;
    }

    async function listIds(filter: GenerationFilter = {}) {
      const { rows } = await opened.store.generations.list(WORKSPACE, filter, { cursor: null, limit: 100 });
      return rows.map(({ header }) => header.id);
    }

    test('one is found by its id and by the id its provider gave, in its own workspace only', async () => {
      const { generations } = opened.store;
      const settled = await serve();
      const { id } = settled.generation;
      expect((await generations.get(WORKSPACE, id))?.header.id).toBe(id);
      expect((await generations.get(WORKSPACE, settled.upstreamId ?? ''))?.header.id).toBe(id);
      expect(await generations.get(OTHER, id)).toBeUndefined();
      expect(await generations.get(OTHER, settled.upstreamId ?? '')).toBeUndefined();
      expect(await generations.get(WORKSPACE, 'chatcmpl-unknown')).toBeUndefined();
    });

    test('the id of a provider is found in a later segment of the ledger, and where many rows share it', async () => {
      const rows = await Promise.all(Array.from({ length: 1100 }, () => serve()));
      const last = rows.at(-1);
      const shared = await serve({ upstreamId: 'same' }, 0, OTHER);
      const mine = await serve({ upstreamId: 'same' });
      const { generations } = opened.store;
      expect((await generations.get(WORKSPACE, last?.upstreamId ?? ''))?.header.id).toBe(last?.generation.id);
      expect((await generations.get(WORKSPACE, 'same'))?.header.id).toBe(mine.generation.id);
      expect((await generations.get(OTHER, 'same'))?.header.id).toBe(shared.generation.id);
    });

    test('lists are newest first to the millisecond, refused requests among them, other workspaces not', async () => {
      const [b, a] = [await serve({}, 10), await serve({}, 5)];
      const refused = await refuse(7);
      await serve({}, 8, OTHER);
      expect(await listIds()).toEqual([b.generation.id, refused.id, a.generation.id]);
      const view = await opened.store.generations.get(WORKSPACE, refused.id);
      expect(view).toMatchObject({
        status: 'refused',
        callerStatus: 402,
        errorCode: 'provider_key_budget_exceeded',
        attempts: [],
        plans: sampleOpened().plans,
      });
    });

    test('pages join without a gap or a repetition, also within one millisecond', async () => {
      for (const msLater of [0, 0, 0, 1, 1, 2, 3]) await serve({}, msLater);
      await refuse(1);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof opened.store.generations.list>> =
          await opened.store.generations.list(WORKSPACE, {}, { cursor, limit: 3 });
        seen.push(...page.rows.map(({ header }) => header.id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(await listIds());
      expect(new Set(seen).size).toBe(8);
    });

    test('filters choose by time, key, model, source and status', async () => {
      const succeeded = await serve({}, 0);
      const failed = await serve({ outcome: 'failed', errorCode: 'upstream_error', callerStatus: 502 }, 1);
      const cancelled = await serve({ outcome: 'cancelled' }, 2);
      const refused = await refuse(3);
      const running = sampleOpened({ generation: sampleHeader({ createdAt: branded(NOON + 4) }) });
      await opened.store.ledger.open(running);
      const served = [running, cancelled, failed, succeeded].map((row) => row.generation.id);
      expect(await listIds({ status: 'succeeded' })).toEqual([succeeded.generation.id]);
      expect(await listIds({ status: 'failed' })).toEqual([failed.generation.id]);
      expect(await listIds({ status: 'cancelled' })).toEqual([cancelled.generation.id]);
      expect(await listIds({ status: 'refused' })).toEqual([refused.id]);
      expect(await listIds({ status: 'running' })).toEqual([running.generation.id]);
      expect(await listIds({ status: 'interrupted' })).toEqual([]);
      expect(await listIds({ source: 'byok' })).toEqual(served);
      expect(await listIds({ source: 'platform' })).toEqual([]);
      expect(await listIds({ provider: branded('openai'), providerKeyId: branded('pk_one') })).toEqual(
        served,
      );
      expect(await listIds({ model: 'openai/gpt-5.4-mini' })).toEqual(served);
      expect(await listIds({ model: 'gpt-5.4-mini' })).toHaveLength(5);
      expect(await listIds({ apiKeyId: branded('nobody') })).toEqual([]);
      expect(await listIds({ from: branded(NOON + 1), to: branded(NOON + 3) })).toEqual(served.slice(1, 3));
    });

    test('filters choose by attempts and by tokens of the last one; refused requests have neither', async () => {
      const usage = (inputTokens: number, outputTokens: number) =>
        ({ ...sampleSettled(sampleOpened()).usage, inputTokens, outputTokens }) as TokenUsage;
      const small = await serve({ usage: usage(40, 60) }, 1);
      const large = await serve({ usage: usage(600, 400) }, 2);
      await refuse(3);
      const first = sampleOpened({ generation: sampleHeader({ createdAt: branded(NOON + 4) }) });
      await opened.store.ledger.open(first);
      await opened.store.ledger.settle(
        sampleSettled(first, { outcome: 'failed', final: false, usage: usage(5000, 0) }),
      );
      const second = { ...first, attemptNo: 2 };
      await opened.store.ledger.open(second);
      await opened.store.ledger.settle(sampleSettled(second, { usage: usage(99, 0) }));
      const [a, b, c] = [small.generation.id, large.generation.id, first.generation.id];
      expect(await listIds({ attemptsMin: 1 })).toEqual([c, b, a]);
      expect(await listIds({ attemptsMin: 2 })).toEqual([c]);
      expect(await listIds({ attemptsMin: 3 })).toEqual([]);
      expect(await listIds({ tokensMin: 1 })).toEqual([c, b, a]);
      expect(await listIds({ tokensMin: 100 })).toEqual([b, a]);
      expect(await listIds({ tokensMin: 101 })).toEqual([b]);
      expect(await listIds({ tokensMin: 1001 })).toEqual([]);
      expect(await listIds({ tokensMin: 50, attemptsMin: 2 })).toEqual([c]);
    });

    test('attempts of one generation are shown in their order, with all refusals once', async () => {
      const refusals = [{ providerKeyId: branded<never>('pk_two'), code: 'rpm_exceeded', resetsAt: null }];
      const first = sampleOpened();
      const second = sampleOpened({ generation: first.generation, attemptNo: 2 });
      await opened.store.ledger.open(first);
      const failure = { class: 'rate_limited', message: 'slow down', providerCode: 'rate_limit' } as const;
      await opened.store.ledger.settle(
        sampleSettled(first, { outcome: 'failed', failure, final: false, refusals }),
      );
      expect((await opened.store.generations.get(WORKSPACE, first.generation.id))?.status).toBe('running');
      await opened.store.ledger.open(second);
      await opened.store.ledger.settle(sampleSettled(second, { refusals }));
      const view = await opened.store.generations.get(WORKSPACE, first.generation.id);
      expect(view?.attempts.map(({ attemptNo, outcome }) => [attemptNo, outcome])).toEqual([
        [1, 'failed'],
        [2, 'succeeded'],
      ]);
      expect(view?.attempts[0]?.failure).toEqual(failure);
      expect(view?.refusals).toEqual(refusals);
      expect(await listIds()).toHaveLength(1);
    });
  });
}
