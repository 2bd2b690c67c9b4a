/** After a start the counters know what the ledger knows: spend of the present periods, recent dispatches, benches. */
import {
  apiKeyPeriod,
  DISPATCH_LAG_MS_MAX,
  instant,
  laterBy,
  periodAt,
  RPM_WINDOW_MS,
  type ApiKeyRecord,
  type Clock,
  type Instant,
  type Period,
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
    instant(clock.now() - RPM_WINDOW_MS - DISPATCH_LAG_MS_MAX),
  )) {
    // The row was written before the request was sent: it counts from the latest moment at which that can have been.
    const sentAt = laterBy(at, DISPATCH_LAG_MS_MAX);
    counters.primeDispatch(providerKeyId, sentAt);
    counters.primeDispatch(apiKeyId, sentAt);
  }
  for (const [workspace, balance] of await store.recovery.balances())
    counters.primeCredits(workspace, balance);
  await primeSpends(deps, rows);
}

/**
 * Reads what was spent for every limit that has just come into force: all of them at start, later those that a person
 * has set, set again, or made to count own keys too. Running totals of the others are not touched.
 */
export async function primeSpends(deps: Deps, rows: ConfigRows): Promise<void> {
  const { counters } = deps;
  const limits = [...rows.providerKeys.flatMap(budgetsOf), ...rows.apiKeys.flatMap(limitOf)];
  const fresh = limits.filter((limit) => !counters.isCounting(nameOf(limit)));
  await primeBudgets(deps, fresh);
  await primeLimits(deps, fresh);
  // Only now: what could not be read is read again with the next change.
  counters.countOnly(new Set(limits.map(nameOf)));
}

async function primeBudgets({ store, counters, clock }: Deps, limits: readonly Limit[]): Promise<void> {
  const now = clock.now();
  for (const kind of ['day', 'month'] as const) {
    const scopes = limits.flatMap(({ scope }) =>
      scope.owner === 'provider_key' && scope.period === kind ? [scope] : [],
    );
    if (scopes.length === 0) continue;
    const ids = scopes.map(({ id }) => id);
    for (const { period, from, to } of presentAndNext(kind, now)) {
      const spent = await store.usage.providerKeySpend(ids, from, to);
      for (const scope of scopes) counters.primeSpend(scope, period, spent.get(scope.id) ?? 0);
    }
  }
}

async function primeLimits({ store, counters, clock }: Deps, limits: readonly Limit[]): Promise<void> {
  const now = clock.now();
  for (const { scope, apiKey } of limits) {
    if (apiKey === null) continue;
    const { workspaceId, id, includeByokInLimit } = apiKey;
    for (const { period, from, to } of presentAndNext(scope.period, now)) {
      const { byokNano, platformNano } = await store.usage.apiKeySpend(workspaceId, id, from, to);
      counters.primeSpend(scope, period, platformNano + (includeByokInLimit ? byokNano : 0));
    }
  }
}

const END_OF_TIME = instant(Number.MAX_SAFE_INTEGER);

/**
 * The period of now, and the next one with all that the ledger dates after now's: nothing, unless the clock was set back
 * since. The periods are told once: reading takes time, and midnight may pass meanwhile.
 */
function presentAndNext(kind: PeriodKind, now: Instant): readonly Window[] {
  const present = periodAt(kind, now);
  if (present.to === null) return [{ period: present, from: present.from, to: END_OF_TIME }];
  return [
    { period: present, from: present.from, to: present.to },
    { period: periodAt(kind, present.to), from: present.to, to: END_OF_TIME },
  ];
}

type Window = { readonly period: Period; readonly from: Instant; readonly to: Instant };

/** A budget of a provider key, or the limit of an API key. */
type Limit = { readonly scope: SpendScope; readonly apiKey: ApiKeyRecord | null };

function budgetsOf({ id, dailyBudgetNano, monthlyBudgetNano }: ProviderKeyRecord): readonly Limit[] {
  const limit = (period: 'day' | 'month'): Limit => ({
    scope: { owner: 'provider_key', id, period },
    apiKey: null,
  });
  return [
    ...(dailyBudgetNano === null ? [] : [limit('day')]),
    ...(monthlyBudgetNano === null ? [] : [limit('month')]),
  ];
}

function limitOf(apiKey: ApiKeyRecord): readonly Limit[] {
  const period = apiKeyPeriod(apiKey);
  return apiKey.limitNano === null ? [] : [{ scope: { owner: 'api_key', id: apiKey.id, period }, apiKey }];
}

/** What is counted, not how much is allowed: a raised limit goes on from the same total. */
function nameOf({ scope, apiKey }: Limit): string {
  return `${scope.owner} ${scope.id} ${scope.period} ${apiKey?.includeByokInLimit === true ? 'with own keys' : ''}`;
}
