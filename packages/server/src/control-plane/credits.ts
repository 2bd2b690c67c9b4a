/** Credits: what a workspace has, what moved it, and the operator's grants. */
import { createHash } from 'node:crypto';
import { PLATFORM_WORKSPACE, usdToNano, type WorkspaceId } from '@arouter/core';
import { workspaceNotFound } from './authorize.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, shownUsd, type Call, type Handlers } from './handler.ts';

const PAGE_SIZE_DEFAULT = 50;
const ID_BYTES = 12;

type Deps = Pick<ControlPlaneDeps, 'store' | 'creditsGranted' | 'refreshSnapshot' | 'clock' | 'random'>;

export function creditHandlers(
  deps: Deps,
): Handlers<'getBalance' | 'getCredits' | 'listTransactions' | 'grantCredits'> {
  return {
    getBalance: async ({ workspace }) => ({
      balance: await balanceOf(deps, workspace),
      currency: 'USD',
      unmetered: (await deps.store.workspaces.get(workspace))?.unmetered ?? false,
    }),
    getCredits: async ({ workspace }) => {
      const { grantedNano, usedNano } = await deps.store.credits.balance(workspace);
      return { data: { total_credits: shownUsd(grantedNano), total_usage: shownUsd(usedNano) } };
    },
    listTransactions: async ({ workspace, query }) => {
      const page = { offset: query.offset ?? 0, limit: query.limit ?? PAGE_SIZE_DEFAULT };
      const entries = await deps.store.credits.list(workspace, page);
      return {
        transactions: entries.map(({ id, kind, amountNano, description, createdAt }) => ({
          id,
          type: kind === 'grant' ? ('credit' as const) : ('usage' as const),
          amount: shownUsd(amountNano),
          description,
          created_at: shownTime(createdAt),
        })),
      };
    },
    grantCredits: (call) => grantCredits(deps, call),
  };
}

async function grantCredits(deps: Deps, { params, body }: Call<'grantCredits'>) {
  const workspace = params.id as WorkspaceId;
  // The operator's own platform keys belong to no workspace that could hold credits.
  const exists =
    workspace !== PLATFORM_WORKSPACE && (await deps.store.workspaces.get(workspace)) !== undefined;
  if (!exists) throw workspaceNotFound();
  const id = transactionId(deps, workspace, body.idempotency_key);
  const before = await deps.store.credits.balance(workspace);
  const amountNano = usdToNano(body.amount_usd);
  await deps.store.credits.grant({
    id,
    workspaceId: workspace,
    kind: 'grant',
    amountNano,
    description: body.description ?? 'Credits granted by the operator',
    createdAt: deps.clock.now(),
  });
  const after = await deps.store.credits.balance(workspace);
  // A repeated grant books nothing, and must not raise the counters either.
  if (after.grantedNano !== before.grantedNano) await deps.creditsGranted(workspace, amountNano);
  await deps.refreshSnapshot();
  return {
    data: {
      transaction_id: id,
      amount_usd: body.amount_usd,
      balance: shownUsd(after.grantedNano - after.usedNano),
    },
  };
}

/** The store books one id once, so a repeated request with the same key has the same id. */
function transactionId(deps: Deps, workspace: WorkspaceId, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `txn_${deps.random.hex(ID_BYTES)}`;
  const digest = createHash('sha256').update(`${workspace}\n${idempotencyKey}`).digest('hex');
  return `txn_${digest.slice(0, ID_BYTES * 2)}`;
}

async function balanceOf(deps: Deps, workspace: WorkspaceId): Promise<number> {
  const { grantedNano, usedNano } = await deps.store.credits.balance(workspace);
  return shownUsd(grantedNano - usedNano);
}
