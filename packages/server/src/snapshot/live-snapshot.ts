/** The present snapshot, and its renewal after each configuration change. */
import type { ConfigSnapshot } from '@arouter/core';
import type { ConfigRows, Store } from '../store/store.ts';

export type LiveSnapshot = {
  readonly current: () => ConfigSnapshot;
  /** Resolves when the snapshot holds every change that was durable before the call. */
  refresh(): Promise<void>;
};

export async function createLiveSnapshot(options: {
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

  store.onConfigChange(() => void refresh().catch(options.onError));
  return { current: () => current, refresh };
}
