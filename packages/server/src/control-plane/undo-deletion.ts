/** A deletion takes effect at once and can be undone for ten minutes: the same for API keys and provider keys. */
import { GatewayError, laterBy, type Clock, type Instant, type WorkspaceId } from '@arouter/core';
import type { DeletableRows } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';

const RESTORABLE_MS = 10 * 60_000;

type Deps = Pick<ControlPlaneDeps, 'clock' | 'refreshSnapshot'>;
type Where<Id> = { readonly workspace: WorkspaceId; readonly id: Id };

/** False when there is nothing to delete. When it resolves, nothing is served by what was deleted. */
export async function deleteRestorably<Id>(
  deps: Deps,
  rows: DeletableRows<Id>,
  { workspace, id }: Where<Id>,
): Promise<boolean> {
  if (!(await rows.delete(workspace, id, deps.clock.now()))) return false;
  await deps.refreshSnapshot();
  // What was deleted longer ago has waited long enough.
  await rows.purge(restorableSince(deps));
  return true;
}

/** Throws `not_found`, alike for what was never deleted, not lately, and another workspace's. */
export async function undoDeletion<Id>(
  deps: Deps,
  rows: DeletableRows<Id>,
  { workspace, id, what }: Where<Id> & { readonly what: string },
): Promise<void> {
  if (!(await rows.restore(workspace, id, restorableSince(deps)))) throw notDeletedLately(what);
  await deps.refreshSnapshot();
}

export function restorableSince({ clock }: { readonly clock: Pick<Clock, 'now'> }): Instant {
  return laterBy(clock.now(), -RESTORABLE_MS);
}

export function notDeletedLately(what: string): GatewayError {
  return new GatewayError(
    'not_found',
    `No ${what} with this id was deleted in the last ten minutes. Add it again.`,
  );
}
