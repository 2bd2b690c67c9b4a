/** Usage summary and time series, from rollups; own keys and platform apart in every row. */
import type { RouteAnswer, RouteInput } from '@arouter/contract';
import {
  GatewayError,
  instant,
  isoTime,
  laterBy,
  periodAt,
  type ApiKeyRecord,
  type Instant,
  type WorkspaceId,
} from '@arouter/core';
import type { UsageFilter, UsageStore } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { isApiKey } from './caller.ts';
import { findApiKey } from './find-api-key.ts';
import { findProvider } from './find-provider.ts';
import type { Call, Handlers } from './handler.ts';
import { addUp, shownParts, shownSums, sourceOf, type UsageTotals } from './usage-totals.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_DAYS_DEFAULT = 30;
const WINDOW_DAYS_MAX = 366;
const HOURLY_DAYS_MAX = 31;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'clock'>;
type Asked = Pick<Call<'getUsageSummary'>, 'workspace' | 'caller' | 'query'>;

export function usageHandlers(deps: Deps): Handlers<'getUsageSummary' | 'getUsageTimeSeries'> {
  return {
    getUsageSummary: async (call) => summarise(deps, call.workspace, await readFilter(deps, call)),
    getUsageTimeSeries: async (call) => {
      const granularity = call.query.granularity ?? 'daily';
      const filter = await readFilter(deps, call);
      if (granularity === 'hourly' && filter.to - filter.from > HOURLY_DAYS_MAX * DAY_MS) {
        throw new GatewayError(
          'invalid_request',
          `Hourly values are given for at most ${HOURLY_DAYS_MAX} days at once.`,
        );
      }
      return series(deps, call.workspace, { filter, granularity });
    },
  };
}

async function summarise(
  deps: Deps,
  workspace: WorkspaceId,
  filter: UsageFilter,
): Promise<RouteAnswer<'getUsageSummary'>> {
  const rows = await deps.store.usage.sums(workspace, filter, ['provider', 'model', 'source']);
  const all = addUp(rows);
  return {
    total_requests: all.requests,
    total_input_tokens: all.inputTokens,
    total_output_tokens: all.outputTokens,
    total_tokens: all.inputTokens + all.outputTokens,
    estimated_cost_usd: shownSums(all).estimated_cost_usd,
    ...shownParts(all),
    byok_error_rate: all.byokAttempts === 0 ? null : all.byokFailedAttempts / all.byokAttempts,
    errors: all.errors,
    unpriced: all.unpriced,
    by_provider: groups(rows, (row) => row.provider).map(([provider, sums]) => ({
      provider_id: provider,
      ...shownGroup(sums),
    })),
    by_model: groups(rows, (row) =>
      row.provider === undefined || row.model === undefined ? undefined : `${row.provider} ${row.model}`,
    ).map(([key, sums]) => {
      const [provider = '', model = ''] = key.split(' ', 2);
      return { provider_id: provider, model, ...shownGroup(sums) };
    }),
  };
}

type Row = Awaited<ReturnType<UsageStore['sums']>>[number];

/** Largest first, so that a cut table keeps what matters. */
function groups(
  rows: readonly Row[],
  keyOf: (row: Row) => string | undefined,
): readonly (readonly [string, UsageTotals])[] {
  const grouped = Object.groupBy(rows, (row) => keyOf(row) ?? '');
  return Object.entries(grouped)
    .map(([key, its]) => [key, addUp(its ?? [])] as const)
    .toSorted(([, a], [, b]) => b.costNano - a.costNano || b.requests - a.requests);
}

function shownGroup(sums: UsageTotals) {
  return {
    ...shownSums(sums),
    source: sourceOf(sums),
    ...shownParts(sums),
    errors: sums.errors,
    unpriced: sums.unpriced,
  };
}

type Granularity = NonNullable<RouteInput<'getUsageTimeSeries'>['query']['granularity']>;
const BUCKETS = { hourly: 'hour', daily: 'day', monthly: 'month' } as const;

/** Every bucket of the window has a point: a gap in a chart would look like missing data. */
async function series(
  deps: Deps,
  workspace: WorkspaceId,
  { filter, granularity }: { readonly filter: UsageFilter; readonly granularity: Granularity },
): Promise<RouteAnswer<'getUsageTimeSeries'>> {
  const rows = await deps.store.usage.sums(workspace, filter, [BUCKETS[granularity], 'source']);
  const byBucket = Map.groupBy(rows, (row) => row.bucket ?? row.hour);
  const points = bucketStarts(filter, granularity).map((start) => {
    const sums = addUp(byBucket.get(start) ?? []);
    return {
      timestamp: isoTime(start),
      ...shownSums(sums),
      ...shownParts(sums),
      errors: sums.errors,
      unpriced: sums.unpriced,
    };
  });
  return { data_points: points };
}

function bucketStarts({ from, to }: UsageFilter, granularity: Granularity): readonly Instant[] {
  const starts: Instant[] = [];
  let start = bucketStart(from, granularity);
  while (start < to) {
    starts.push(start);
    start =
      granularity === 'monthly'
        ? bucketStart(laterBy(start, 32 * DAY_MS), granularity)
        : laterBy(start, granularity === 'daily' ? DAY_MS : HOUR_MS);
  }
  return starts;
}

function bucketStart(at: Instant, granularity: Granularity): Instant {
  if (granularity === 'hourly') return hourOf(at);
  return periodAt(granularity === 'daily' ? 'day' : 'month', at).from;
}

/** Throws `invalid_request` or `not_found`. An inference key's view is its own usage. */
async function readFilter(deps: Deps, { query, workspace, caller }: Asked): Promise<UsageFilter> {
  const to =
    query.end_time === undefined ? laterBy(deps.clock.now(), 1) : instant(Date.parse(query.end_time));
  const from =
    query.start_time === undefined
      ? laterBy(to, -WINDOW_DAYS_DEFAULT * DAY_MS)
      : instant(Date.parse(query.start_time));
  if (from >= to) throw new GatewayError('invalid_request', '`start_time` must be before `end_time`.');
  if (to - from > WINDOW_DAYS_MAX * DAY_MS) {
    throw new GatewayError('invalid_request', `The window must be at most ${WINDOW_DAYS_MAX} days.`);
  }
  const key = await keyFilter(deps, { query, workspace, caller });
  return {
    from: hourOf(from),
    to,
    ...(query.provider_id === undefined
      ? {}
      : { provider: findProvider(deps.providers, query.provider_id, 'provider_id').id }),
    ...(query.model === undefined ? {} : { model: query.model }),
    ...(key === undefined ? {} : { apiKeyId: key.id }),
  };
}

async function keyFilter(deps: Deps, { query, workspace, caller }: Asked): Promise<ApiKeyRecord | undefined> {
  if (query.key_id !== undefined) return findApiKey(deps, { workspace, caller }, query.key_id);
  return isApiKey(caller) && caller.kind === 'inference' ? caller : undefined;
}

function hourOf(at: Instant): Instant {
  return instant(Math.floor(at / HOUR_MS) * HOUR_MS);
}
