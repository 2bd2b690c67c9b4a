/**
 * The authentication library puts words of its own in place of what its database said, or goes on as if nothing had been
 * found; then who is signed in would hear that they are not, or that we have a bug. What the store said is kept beside the
 * call that met it, and wins.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IdentityStore } from '../store/people-ports.ts';
import { StoreUnavailable } from '../store/store.ts';

const calls = new AsyncLocalStorage<{ fault: StoreUnavailable | null }>();

/** A call of the library. Rejects with `StoreUnavailable` where the store could not be reached meanwhile. */
export async function withStoreFaults<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  const met: { fault: StoreUnavailable | null } = { fault: null };
  const answer = await calls.run(met, run).catch((error: unknown) => {
    throw met.fault ?? error;
  });
  if (met.fault !== null) throw met.fault;
  return answer;
}

/** The same store; its faults are remembered for the call of the library that is under way. */
export function rememberFaults(identity: IdentityStore): IdentityStore {
  return {
    insert: (...given) => identity.insert(...given).catch(remember),
    find: (...given) => identity.find(...given).catch(remember),
    update: (...given) => identity.update(...given).catch(remember),
    remove: (...given) => identity.remove(...given).catch(remember),
    consume: (...given) => identity.consume(...given).catch(remember),
    count: (...given) => identity.count(...given).catch(remember),
  };
}

function remember(error: unknown): never {
  const met = calls.getStore();
  if (met !== undefined && error instanceof StoreUnavailable) met.fault = error;
  throw error;
}
