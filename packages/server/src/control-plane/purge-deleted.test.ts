/** Deleted keys go by themselves, and not before their deletion can no longer be undone. */
import type { Instant } from '@arouter/core';
import { expect, test } from 'vitest';
import { sampleApiKey, sampleProviderKey } from '../store/sample-rows.ts';
import { standingClock } from '../store/store-harness.ts';
import { startPurging } from './purge-deleted.ts';
import { openTestInstance, WORKSPACE } from './testing/open-test-instance.ts';

const MINUTE_MS = 60_000;

test('a deleted key is gone ten minutes later, without another deletion, and none that works', async () => {
  const { store, deps, world, close } = await openTestInstance();
  const clock = { now: deps.clock.now, sleep: standingClock(0).sleep };
  const workspaceId = WORKSPACE;
  const [apiKey, providerKey] = [sampleApiKey({ workspaceId }), sampleProviderKey({ workspaceId })];
  const id = 'KeptKeptKept' as typeof apiKey.id;
  const kept = sampleApiKey({ workspaceId, id, hash: 'b'.repeat(64) });
  for (const key of [apiKey, kept]) await store.apiKeys.create(key);
  await store.providerKeys.create(providerKey);
  await store.apiKeys.delete(WORKSPACE, apiKey.hash, clock.now());
  await store.providerKeys.delete(WORKSPACE, providerKey.id, clock.now());
  const deleted = () => store.apiKeys.getDeleted(WORKSPACE, apiKey.hash, 0 as Instant);
  const errors: string[] = [];
  const purging = startPurging(
    { store, clock, log: { error: (_fields, message) => errors.push(message) } },
    1,
  );
  world.now += 10 * MINUTE_MS - 1;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await deleted()).toEqual(apiKey);
  world.now += 1;
  await expect.poll(deleted).toBeUndefined();
  await purging.close();
  expect(await store.providerKeys.restore(WORKSPACE, providerKey.id, 0 as Instant)).toBe(false);
  expect(await store.apiKeys.getByHash(WORKSPACE, kept.hash)).toEqual(kept);
  expect(errors).toEqual([]);
  await close();
});
