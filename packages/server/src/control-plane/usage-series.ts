/** Usage over time, as one line or as one per group. */
import type { RouteAnswer, RouteInput } from '@arouter/contract';
import { isoTime, laterBy, periodAt, type Instant, type WorkspaceId } from '@arouter/core';
import type { UsageFilter, UsageStore } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { onlyMadeBy } from './find-api-key.ts';
import { hourOf } from './usage-filter.ts';
import { addUp, shownParts, shownSums } from './usage-totals.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SERIES_MAX = 9;
const API_KEYS_MAX = 1000;
/** Some tens of milliseconds of reading each, also where there are many keys and models. */
const PIECE_BUCKETS = { hourly: 6, daily: 1, monthly: 1 } as const;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;

export type Granularity = NonNullable<RouteInput<'getUsageTimeSeries'>['query']['granularity']>;
export type GroupBy = RouteInput<'getUsageTimeSeries'>['query']['group_by'];
export const BUCKETS = { hourly: 'hour', daily: 'day', monthly: 'month' } as const;

type Asked = {
  readonly filter: UsageFilter;
  readonly granularity: Granularity;
  readonly groupBy: GroupBy;
};
type Where = { readonly workspace: WorkspaceId; readonly caller: Caller };
type Row = Awaited<ReturnType<UsageStore['sums']>>[number];

/** Every bucket of the window has a point: a gap in a chart would look like missing data. */
export async function timeSeries(
  deps: Deps,
  { workspace, caller }: Where,
  { filter, granularity, groupBy }: Asked,
): Promise<RouteAnswer<'getUsageTimeSeries'>> {
  const dimensions = new Set([
    BUCKETS[granularity],
    'source',
    ...(groupBy === undefined ? [] : [groupBy]),
  ] as const);
  const rows = await deps.store.usage.sums(workspace, filter, [...dimensions]);
  const starts = bucketStarts(filter, granularity);
  const points = { data_points: pointsOf(rows, starts) };
  if (groupBy === undefined) return points;
  const labels = await labelsOf(deps, { workspace, caller }, groupBy);
  const groups = [...Map.groupBy(rows, (row) => keyOf(row, groupBy))].toSorted(
    ([, a], [, b]) => addUp(b).requests - addUp(a).requests,
  );
  const rest = groups.slice(SERIES_MAX).flatMap(([, its]) => its);
  const shown = groups.slice(0, SERIES_MAX).map(([key, its]) => ({
    key,
    label: labels.get(key) ?? key,
    data_points: pointsOf(its, starts),
  }));
  const other = { key: 'other', label: 'Other', data_points: pointsOf(rest, starts) };
  return { ...points, series: rest.length === 0 ? shown : [...shown, other] };
}

function pointsOf(rows: readonly Row[], starts: readonly Instant[]) {
  const byBucket = Map.groupBy(rows, (row) => row.bucket ?? row.hour);
  return starts.map((start) => {
    const sums = addUp(byBucket.get(start) ?? []);
    return {
      timestamp: isoTime(start),
      ...shownSums(sums),
      ...shownParts(sums),
      errors: sums.errors,
      unpriced: sums.unpriced,
    };
  });
}

function keyOf(row: Row, groupBy: NonNullable<GroupBy>): string {
  switch (groupBy) {
    case 'source':
      return row.source ?? '';
    case 'provider':
      return row.provider ?? '';
    case 'model':
      return row.model ?? '';
    case 'provider_key':
      return row.providerKeyId ?? '';
    case 'api_key':
      return row.apiKeyId ?? '';
  }
}

/** What people call the groups; those that are gone, or not for the caller's eyes, keep their ids. */
async function labelsOf(
  deps: Deps,
  { workspace, caller }: Where,
  groupBy: NonNullable<GroupBy>,
): Promise<ReadonlyMap<string, string>> {
  switch (groupBy) {
    case 'source':
      return new Map([
        ['byok', 'Own keys'],
        ['platform', 'Platform keys'],
      ]);
    case 'provider':
      return new Map([...deps.providers.values()].map(({ id, name }) => [id, name]));
    case 'model':
      return new Map();
    case 'provider_key':
      return new Map(
        deps
          .snapshot()
          .providerKeys(workspace)
          .map(({ id, label, provider }) => [id, label === '' ? provider : label]),
      );
    case 'api_key': {
      const page = { offset: 0, limit: API_KEYS_MAX, includeDisabled: true, createdBy: onlyMadeBy(caller) };
      return new Map((await deps.store.apiKeys.list(workspace, page)).rows.map(({ id, name }) => [id, name]));
    }
  }
}

/** Windows of some buckets each, in order: what is long is read in pieces that block nobody. */
export function windowPieces(filter: UsageFilter, granularity: Granularity): readonly UsageFilter[] {
  const each = PIECE_BUCKETS[granularity];
  const starts = bucketStarts(filter, granularity).filter((_start, index) => index % each === 0);
  return starts.map((start, index) => ({
    ...filter,
    from: index === 0 ? filter.from : start,
    to: starts[index + 1] ?? filter.to,
  }));
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
