/** Usage summary and time series, from rollups; own keys and platform apart in every row. */
import type { RouteAnswer } from '@arouter/contract';
import { GatewayError, isoTime, laterBy, type WorkspaceId } from '@arouter/core';
import type { UsageFilter, UsageStore } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { Handlers } from './handler.ts';
import { readFilter } from './usage-filter.ts';
import { timeSeries, type Granularity } from './usage-series.ts';
import { addUp, shownParts, shownSums, sourceOf, type UsageTotals } from './usage-totals.ts';

const DAY_MS = 24 * 3_600_000;
const HOURLY_DAYS_MAX = 31;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'clock'>;

export function usageHandlers(deps: Deps): Handlers<'getUsageSummary' | 'getUsageTimeSeries'> {
  return {
    getUsageSummary: async (call) => {
      const filter = await readFilter(deps, call);
      const previous =
        call.query.compare === undefined ? null : await previousTotals(deps, call.workspace, filter);
      return { ...(await summarise(deps, call.workspace, filter)), previous };
    },
    getUsageTimeSeries: async (call) => {
      const granularity = call.query.granularity ?? 'daily';
      const filter = await readFilter(deps, call);
      refuseTooFine(filter, granularity);
      return timeSeries(deps, call, { filter, granularity, groupBy: call.query.group_by });
    },
  };
}

async function summarise(
  deps: Deps,
  workspace: WorkspaceId,
  filter: UsageFilter,
): Promise<Omit<RouteAnswer<'getUsageSummary'>, 'previous'>> {
  const rows = await deps.store.usage.sums(workspace, filter, ['provider', 'model', 'source']);
  return {
    ...shownTotals(addUp(rows)),
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

/** Of the period of the same length that ends where this one begins. */
async function previousTotals(deps: Deps, workspace: WorkspaceId, { from, to, ...rest }: UsageFilter) {
  const start = laterBy(from, from - to);
  const rows = await deps.store.usage.sums(workspace, { ...rest, from: start, to: from }, ['source']);
  return { start_time: isoTime(start), end_time: isoTime(from), ...shownTotals(addUp(rows)) };
}

function shownTotals(all: UsageTotals) {
  return {
    total_requests: all.requests,
    total_input_tokens: all.inputTokens,
    total_output_tokens: all.outputTokens,
    total_tokens: all.inputTokens + all.outputTokens,
    estimated_cost_usd: shownSums(all).estimated_cost_usd,
    ...shownParts(all),
    byok_error_rate: all.byokAttempts === 0 ? null : all.byokFailedAttempts / all.byokAttempts,
    error_rate: all.requests === 0 ? null : all.errors / all.requests,
    errors: all.errors,
    unpriced: all.unpriced,
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

export function refuseTooFine({ from, to }: UsageFilter, granularity: Granularity): void {
  if (granularity !== 'hourly' || to - from <= HOURLY_DAYS_MAX * DAY_MS) return;
  throw new GatewayError(
    'invalid_request',
    `Hourly values are given for at most ${HOURLY_DAYS_MAX} days at once.`,
  );
}
