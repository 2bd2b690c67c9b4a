/**
 * The present snapshot, and its renewal after each configuration change. A renewal that fails is tried again until it
 * succeeds: a key that was disabled while the database could not be read must not go on serving.
 */
import type { Clock, ConfigSnapshot } from '@arouter/core';
import type { ConfigRows, Store } from '../store/store.ts';

export type LiveSnapshot = {
  readonly current: () => ConfigSnapshot;
  /** Resolves when the snapshot holds every change that was durable before the call. */
  refresh(): Promise<void>;
};

/** Between two tries to read a configuration that could not be read. */
const AGAIN_MS = 1000;

export async function createLiveSnapshot(options: {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly store: Pick<Store, 'loadConfig' | 'onConfigChange'>;
  readonly build: (rows: ConfigRows) => ConfigSnapshot;
  /** Runs before the new snapshot is used: budgets that a person has just set must know what was spent already. */
  readonly beforeSwitch: (rows: ConfigRows) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): Promise<LiveSnapshot> {
  const { store, build, beforeSwitch } = options;

  async function load(): Promise<ConfigSnapshot> {
    const rows = await store.loadConfig();
    await beforeSwitch(rows);
    return build(rows);
  }

  let current = await load();
  let tail: Promise<void> = Promise.resolve();

  // One after another: an older load must not replace a newer one.
  function refresh(): Promise<void> {
    const next = tail.then(async () => {
      current = await load();
    });
    tail = next.catch(() => undefined);
    return next;
  }

  /** A change was made that no reading has begun after. */
  let isStale = false;
  let isFollowing = false;
  async function follow(): Promise<void> {
    isStale = true;
    if (isFollowing) return;
    isFollowing = true;
    while (isStale) {
      isStale = false;
      try {
        await refresh();
      } catch (error) {
        isStale = true;
        options.onError(error);
        await options.clock.sleep(AGAIN_MS);
      }
    }
    isFollowing = false;
  }

  store.onConfigChange(() => void follow());
  return { current: () => current, refresh };
}
