/** What was deleted and cannot be brought back goes, with its sealed secret, also where nobody deletes anything any more. */
import type { Clock } from '@arouter/core';
import type { ControlPlaneStore, Log } from './deps.ts';
import { restorableSince } from './undo-deletion.ts';

const PURGE_EVERY_MS = 60_000;

type Deps = {
  readonly store: Pick<ControlPlaneStore, 'apiKeys' | 'providerKeys'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly log: Pick<Log, 'error'>;
};

/** Purges now, and then once a minute. `close` resolves when nothing of it is under way. */
export function startPurging(deps: Deps, everyMs = PURGE_EVERY_MS): { close(): Promise<void> } {
  const closing = new AbortController();
  const done = run(deps, everyMs, closing.signal);
  return {
    async close() {
      closing.abort();
      await done;
    },
  };
}

async function run({ store, clock, log }: Deps, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const until = restorableSince({ clock });
    try {
      await store.apiKeys.purge(until);
      await store.providerKeys.purge(until);
    } catch (error) {
      // The store may be away for a while; the next round does what this one could not.
      const errorName = error instanceof Error ? error.name : 'unknown';
      log.error({ requestId: '', route: 'purge', errorName }, 'deleted keys could not be purged');
    }
    await clock.sleep(everyMs, signal);
  }
}
