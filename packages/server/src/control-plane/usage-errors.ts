/** What failed, by provider key: classes over a window, and the last day hour by hour. */
import { GatewayError, instant, isoTime, PLATFORM_WORKSPACE, type ProviderKeyId } from '@arouter/core';
import { mayOperate } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { Call, Handlers } from './handler.ts';
import { hourOf, readFilter } from './usage-filter.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'clock'>;

export function usageErrorHandlers(deps: Deps): Handlers<'getUsageErrors' | 'getSparklines'> {
  return {
    getUsageErrors: (call) => errorsByKey(deps, call),
    getSparklines: (call) => sparklines(deps, call),
  };
}

async function errorsByKey(deps: Deps, call: Call<'getUsageErrors'>) {
  const filter = await readFilter(deps, call);
  const { usage } = deps.store;
  const [sums, failures] = await Promise.all([
    usage.sums(call.workspace, filter, ['provider_key', 'provider', 'source']),
    usage.failures(call.workspace, filter),
  ]);
  const labels = new Map(
    deps
      .snapshot()
      .providerKeys(call.workspace)
      .map(({ id, label }) => [id, label]),
  );
  const classes = Map.groupBy(failures, ({ providerKeyId }) => providerKeyId);
  const rows = sums.map(({ providerKeyId, provider, source, attempts, failedAttempts }) => ({
    provider_key_id: providerKeyId ?? '',
    label: (providerKeyId === undefined ? undefined : labels.get(providerKeyId)) ?? '',
    provider: provider ?? '',
    source: source ?? ('byok' as const),
    attempts,
    failed_attempts: failedAttempts,
    error_rate: attempts === 0 ? null : failedAttempts / attempts,
    classes: (classes.get(providerKeyId as ProviderKeyId) ?? []).map((row) => ({
      class: row.class,
      count: row.count,
    })),
  }));
  return { data: rows.toSorted((a, b) => b.failed_attempts - a.failed_attempts || b.attempts - a.attempts) };
}

async function sparklines(deps: Deps, { workspace, caller, query }: Call<'getSparklines'>) {
  const isPlatform = query.platform === 'true';
  if (isPlatform && !mayOperate(caller)) {
    throw new GatewayError('permission_denied', 'Platform keys are for those who operate this gateway.');
  }
  const keys = (await deps.store.providerKeys.list(isPlatform ? PLATFORM_WORKSPACE : workspace)).map(
    ({ id }) => id,
  );
  const to = instant(hourOf(deps.clock.now()) + HOUR_MS);
  const from = instant(to - HOURS * HOUR_MS);
  const byKey = Map.groupBy(
    await deps.store.usage.attemptsByHour(keys, from, to),
    ({ providerKeyId }) => providerKeyId,
  );
  const data = keys.map((key) => {
    const hours = new Map((byKey.get(key) ?? []).map((row) => [(row.hour - from) / HOUR_MS, row]));
    const places = Array.from({ length: HOURS }, (_none, place) => hours.get(place));
    return {
      provider_key_id: key,
      requests: places.map((row) => row?.attempts ?? 0),
      errors: places.map((row) => row?.failedAttempts ?? 0),
    };
  });
  return { start_time: isoTime(from), end_time: isoTime(to), data };
}
