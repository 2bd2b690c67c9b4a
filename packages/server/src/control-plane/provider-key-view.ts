/** A provider key as the contract shows it: options, health and spend; of the secret only its hint. */
import type { RouteAnswer } from '@arouter/contract';
import {
  failureAdvice,
  instant,
  laterBy,
  periodAt,
  type Health,
  type Instant,
  type LastError,
  type ProviderKeyRecord,
} from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, shownTimeOrNull, shownUsd, shownUsdOrNull } from './handler.ts';

export type ShownProviderKey = RouteAnswer<'getByok'>['data'];
type Deps = Pick<ControlPlaneDeps, 'store' | 'vault' | 'health' | 'clock' | 'providers'>;

/** Three queries, however many keys. */
export async function shownProviderKeys(
  deps: Deps,
  keys: readonly ProviderKeyRecord[],
): Promise<ShownProviderKey[]> {
  if (keys.length === 0) return [];
  const now = deps.clock.now();
  const until = laterBy(now, 1);
  const ids = keys.map(({ id }) => id);
  const { usage } = deps.store;
  const [today, month, lastUsed] = await Promise.all([
    usage.providerKeySpend(ids, periodAt('day', now).from, until),
    usage.providerKeySpend(ids, periodAt('month', now).from, until),
    usage.lastUsed(ids),
  ]);
  return keys.map((key) => ({
    ...shownRecord(key),
    spent_today_usd: shownUsd(today.get(key.id) ?? 0),
    spent_month_usd: shownUsd(month.get(key.id) ?? 0),
    health: shownHealth(deps, key, now),
    last_used_at: shownTimeOrNull(lastUsed.get(key.id)),
  }));
}

export async function shownProviderKey(deps: Deps, key: ProviderKeyRecord): Promise<ShownProviderKey> {
  const [shown] = await shownProviderKeys(deps, [key]);
  if (shown === undefined) throw new Error('one key in, none out');
  return shown;
}

function shownRecord(key: ProviderKeyRecord) {
  return {
    id: key.id,
    source: key.source,
    provider: key.provider,
    credential_type: key.credentialType,
    label: key.label,
    hint: key.hint,
    options: shownOptions(key.options),
    always_use: key.alwaysUse,
    fallback_policy: key.alwaysUse ? ('deny' as const) : ('allow' as const),
    weight: key.weight,
    rpm_limit: key.rpmLimit,
    base_url: key.baseUrl,
    region: key.region,
    supported_models: key.supportedModels === null ? null : [...key.supportedModels],
    daily_budget_usd: shownUsdOrNull(key.dailyBudgetNano),
    monthly_budget_usd: shownUsdOrNull(key.monthlyBudgetNano),
    hard_budget: key.hardBudget,
    max_concurrency: key.maxConcurrency,
    enabled: key.enabled,
    created_at: shownTime(key.createdAt),
    updated_at: shownTime(key.updatedAt),
  };
}

/**
 * One state out of the key's own health and that of its models: a provider's 429 or 5xx benches the key for one model
 * only, and `models` says which. A bench that has passed is shown as healthy: the next request may try it.
 */
function shownHealth(deps: Deps, key: ProviderKeyRecord, now: Instant): ShownProviderKey['health'] {
  const own = deps.health.health({ kind: 'key', key: key.id });
  const models = deps.health.modelsOf(key.id);
  const benched = models.filter(({ health }) => isBenched(health, now));
  const lastError = newest([own, ...models.map(({ health }) => health)]);
  return {
    ...shownState(deps, key, { own, benched: benched.map(({ health }) => health), now }),
    last_error: lastError === null ? null : shownLastError(deps, key, lastError),
    models: benched.map(({ model, health }) => ({ model, until: shownTimeOrNull(health.until) })),
  };
}

function shownLastError(
  { providers }: Deps,
  key: ProviderKeyRecord,
  lastError: LastError,
): NonNullable<ShownProviderKey['health']['last_error']> {
  const manifest = providers.get(key.provider);
  return {
    status: lastError.status,
    class: lastError.class,
    message: lastError.message,
    at: shownTime(lastError.at),
    advice: failureAdvice(lastError.class, {
      provider: manifest?.name ?? key.provider,
      keysUrl: manifest?.keysUrl ?? '',
    }),
  };
}

function shownState(
  deps: Deps,
  key: ProviderKeyRecord,
  {
    own,
    benched,
    now,
  }: { readonly own: Health | undefined; readonly benched: readonly Health[]; readonly now: Instant },
): Pick<ShownProviderKey['health'], 'state' | 'until'> {
  if (!deps.vault.isReadable(key)) return { state: 'unreadable', until: null };
  if (own?.state === 'unhealthy') return { state: 'unhealthy', until: null };
  const all = own !== undefined && isBenched(own, now) ? [own] : benched;
  if (all.length === 0) return { state: 'healthy', until: null };
  return {
    state: 'cooling_down',
    until: shownTime(instant(Math.max(...all.map(({ until }) => until ?? now)))),
  };
}

function isBenched(health: Health, now: Instant): boolean {
  return health.state !== 'healthy' && (health.until === null || health.until > now);
}

function newest(healths: readonly (Health | undefined)[]): LastError | null {
  return healths
    .flatMap((health) => (health === undefined || health.lastError === null ? [] : [health.lastError]))
    .reduce<LastError | null>((last, each) => (last === null || each.at > last.at ? each : last), null);
}

function shownOptions(options: ProviderKeyRecord['options']): ShownProviderKey['options'] {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? value : { ...value }]),
  );
}
