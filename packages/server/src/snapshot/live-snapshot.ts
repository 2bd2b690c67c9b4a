/**
 * The present snapshot, and its renewal after each configuration change. A renewal that fails is tried again until it
 * succeeds, and where that lasts nothing is served from what is known to be old: a key that was disabled while the
 * database could not be read must not go on serving.
 */
import { GatewayError, type Clock, type ConfigSnapshot } from '@arouter/core';
import type { ConfigRows, Store } from '../store/store.ts';

export type LiveSnapshot = {
  /** Throws `service_unavailable` where a change could not be read for `UNREAD_CHANGE_MS_MAX`. */
  readonly current: () => ConfigSnapshot;
  /** Resolves when the snapshot holds every change that was durable before the call. */
  refresh(): Promise<void>;
};

/** Between two tries to read a configuration that could not be read. */
const AGAIN_MS = 1000;
/** For so long a change may be durable and not yet in force. */
const UNREAD_CHANGE_MS_MAX = 5000;

export async function createLiveSnapshot(options: {
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  readonly store: Pick<Store, 'loadConfig' | 'onConfigChange'>;
  readonly build: (rows: ConfigRows) => ConfigSnapshot;
  /** Runs before the new snapshot is used: budgets that a person has just set must know what was spent already. */
  readonly beforeSwitch: (rows: ConfigRows) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): Promise<LiveSnapshot> {
  const { clock, store, build, beforeSwitch } = options;

  async function load(): Promise<ConfigSnapshot> {
    const rows = await store.loadConfig();
    await beforeSwitch(rows);
    return build(rows);
  }

  let latest = await load();
  let tail: Promise<void> = Promise.resolve();

  // One after another: an older load must not replace a newer one. What comes before a load has begun is in it: were each change read by
  // itself, one workspace that makes hundreds at once would keep the rest of them from being in force in time, and nobody served.
  let waiting: Promise<void> | null = null;
  function refresh(): Promise<void> {
    if (waiting !== null) return waiting;
    const next = tail.then(async () => {
      waiting = null;
      latest = await load();
    });
    waiting = next;
    tail = next.catch(() => undefined);
    return next;
  }

  /** Since when a change is known that no finished reading holds. */
  let unreadSinceMs: number | null = null;
  /** A change was made that no reading has begun after. */
  let isStale = false;
  let isFollowing = false;
  async function follow(): Promise<void> {
    unreadSinceMs ??= clock.monotonicMs();
    isStale = true;
    if (isFollowing) return;
    isFollowing = true;
    while (isStale) {
      isStale = false;
      const begunMs = clock.monotonicMs();
      try {
        await refresh();
        // What came while it was read came after it began.
        unreadSinceMs = isStale ? begunMs : null;
      } catch (error) {
        isStale = true;
        options.onError(error);
        await clock.sleep(AGAIN_MS);
      }
    }
    isFollowing = false;
  }

  function current(): ConfigSnapshot {
    if (unreadSinceMs === null || clock.monotonicMs() - unreadSinceMs <= UNREAD_CHANGE_MS_MAX) return latest;
    throw new GatewayError(
      'service_unavailable',
      'A change of the configuration cannot be read from the database, so nothing is sent by what may no longer hold. Try again in a moment.',
      { retryAfterMs: AGAIN_MS },
    );
  }

  store.onConfigChange(() => void follow());
  return { current, refresh };
}
