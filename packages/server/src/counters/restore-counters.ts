/** After a start the counters know what the ledger knows: spend of the present periods, recent dispatches, benches. */
import {
  apiKeyPeriod,
  instant,
  periodAt,
  RPM_WINDOW_MS,
  type ApiKeyRecord,
  type Clock,
  type PeriodKind,
  type ProviderKeyRecord,
  type SpendScope,
} from '@arouter/core';
import type { ConfigRows, Store } from '../store/store.ts';
import type { MemoryCounters } from './memory-counters.ts';

type Deps = {
  readonly store: Pick<Store, 'recovery' | 'health' | 'usage'>;
  readonly counters: MemoryCounters;
  readonly clock: Clock;
};

/** Once at start, after orphaned attempts were settled. */
export async function restoreCounters(deps: Deps, rows: ConfigRows): Promise<void> {
  const { store, counters, clock } = deps;
  for (const { scope, health } of await store.health.load()) counters.primeHealth(scope, health);
  for (const { at, providerKeyId, apiKeyId } of await store.recovery.dispatchesSince(
    instant(clock.now() - RPM_WINDOW_MS),
  )) {
    counters.primeDispatch(providerKeyId, at);
    counters.primeDispatch(apiKeyId, at);
  }
  for (const [workspace, balance] of await store.recovery.balances())
    counters.primeCredits(workspace, balance);
  await primeSpends(deps, rows);
}

/**
 * Reads what was spent for every budget and limit that the counters do not hold yet: all of them at start, later those
 * that a person has just set. Running totals are not touched.
 */
export async function primeSpends({ store, counters, clock }: Deps, rows: ConfigRows): Promise<void> {
  const now = clock.now();
  const wanted = rows.providerKeys.flatMap(budgetScopes).filter((scope) => !counters.isPrimed(scope));
  for (const period of ['day', 'month'] as const) {
    const scopes = wanted.filter((scope) => scope.period === period);
    if (scopes.length === 0) continue;
    const spent = await store.recovery.providerKeySpendSince(periodAt(period, now).from);
    for (const scope of scopes) counters.primeSpend(scope, spent.get(scope.id) ?? 0);
  }
  for (const key of rows.apiKeys) {
    const scope = limitScope(key);
    if (scope === null || counters.isPrimed(scope)) continue;
    const { byokNano, platformNano } = await store.usage.apiKeySpend(
      key.workspaceId,
      key.id,
      periodAt(scope.period, now).from,
      instant(now + 1),
    );
    counters.primeSpend(scope, platformNano + (key.includeByokInLimit ? byokNano : 0));
  }
}

type ProviderKeyScope = Extract<SpendScope, { owner: 'provider_key' }>;

function budgetScopes(key: ProviderKeyRecord): readonly ProviderKeyScope[] {
  const scope = (period: 'day' | 'month'): ProviderKeyScope => ({
    owner: 'provider_key',
    id: key.id,
    period,
  });
  return [
    ...(key.dailyBudgetNano === null ? [] : [scope('day')]),
    ...(key.monthlyBudgetNano === null ? [] : [scope('month')]),
  ];
}

function limitScope(
  key: ApiKeyRecord,
): { readonly owner: 'api_key'; readonly id: ApiKeyRecord['id']; readonly period: PeriodKind } | null {
  return key.limitNano === null ? null : { owner: 'api_key', id: key.id, period: apiKeyPeriod(key) };
}
