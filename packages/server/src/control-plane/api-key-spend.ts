/** What API keys have spent, by window, from the rollups: four grouped queries however many keys there are. */
import { laterBy, periodAt, type ApiKeyId, type Instant, type WorkspaceId } from '@arouter/core';
import type { UsageStore } from '../store/store.ts';

type Spent = { readonly byokNano: number; readonly platformNano: number };
/** UTC windows that contain now; the week begins on Monday. */
export type ApiKeySpend = {
  readonly day: Spent;
  readonly week: Spent;
  readonly month: Spent;
  readonly lifetime: Spent;
};
const NOTHING: Spent = { byokNano: 0, platformNano: 0 };
export const NO_SPEND: ApiKeySpend = { day: NOTHING, week: NOTHING, month: NOTHING, lifetime: NOTHING };

export async function apiKeySpends(
  usage: Pick<UsageStore, 'sums'>,
  workspace: WorkspaceId,
  now: Instant,
  only?: ApiKeyId,
): Promise<ReadonlyMap<ApiKeyId, ApiKeySpend>> {
  const windows = await Promise.all(
    (['day', 'week', 'month', 'lifetime'] as const).map(async (kind) => ({
      kind,
      spent: await spentSince(usage, workspace, { from: periodAt(kind, now).from, now, only }),
    })),
  );
  const spends = new Map<ApiKeyId, ApiKeySpend>();
  for (const { kind, spent } of windows) {
    for (const [key, amounts] of spent)
      spends.set(key, { ...(spends.get(key) ?? NO_SPEND), [kind]: amounts });
  }
  return spends;
}

async function spentSince(
  usage: Pick<UsageStore, 'sums'>,
  workspace: WorkspaceId,
  { from, now, only }: { readonly from: Instant; readonly now: Instant; readonly only: ApiKeyId | undefined },
): Promise<ReadonlyMap<ApiKeyId, Spent>> {
  const filter = { from, to: laterBy(now, 1), ...(only === undefined ? {} : { apiKeyId: only }) };
  const spent = new Map<ApiKeyId, Spent>();
  for (const row of await usage.sums(workspace, filter, ['api_key', 'source'])) {
    if (row.apiKeyId === undefined) continue;
    const before = spent.get(row.apiKeyId) ?? NOTHING;
    spent.set(
      row.apiKeyId,
      row.source === 'byok'
        ? { ...before, byokNano: before.byokNano + row.costNano }
        : { ...before, platformNano: before.platformNano + row.costNano },
    );
  }
  return spent;
}
