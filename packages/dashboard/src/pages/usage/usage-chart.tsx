/** The stacked columns of the usage page. */
import type { RouteAnswer } from '@arouter/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { apiQuery } from '../../api/queries.ts';
import { moneyWords } from '../../components/money.tsx';
import { countWords } from '../../components/numbers.ts';
import { StackedColumns } from '../../components/stacked-columns.tsx';
import { EmptyState, Loaded, Skeleton } from '../../components/states.tsx';
import { granularityOf, MEASURES, toPeriod, type UsageSearch } from './usage-search.ts';

type Point = RouteAnswer<'getUsageTimeSeries'>['data_points'][number];
type Measure = keyof typeof MEASURES;

/** Of the columns with their words above and below. */
const HEIGHT = 'h-76';

const VALUES: Readonly<Record<Measure, (point: Point) => number>> = {
  requests: ({ requests }) => requests,
  spend: ({ estimated_cost_usd: usd }) => usd,
  tokens: ({ input_tokens: input, output_tokens: output }) => input + output,
  errors: ({ errors }) => errors,
};
const SOURCE_WORDS: Readonly<Record<string, string>> = { byok: 'BYOK', platform: 'Platform' };

export function UsageChart({ search }: { readonly search: UsageSearch }) {
  const { measure = 'requests', group = 'source' } = search;
  const granularity = granularityOf(search);
  const query = useQuery({
    ...apiQuery('getUsageTimeSeries', {
      query: { ...toPeriod(search, Date.now()), granularity, group_by: group },
    }),
    placeholderData: keepPreviousData,
  });
  const valueOf = VALUES[measure];
  return (
    <Loaded query={query} skeleton={<Skeleton className={HEIGHT} />}>
      {({ data_points: points, series = [] }) =>
        points.every((point) => valueOf(point) === 0) ? (
          <div className={`${HEIGHT} grid content-center`}>
            <EmptyState icon="usage" title="Nothing in this period">
              Requests appear here within the hour in which they were made.
            </EmptyState>
          </div>
        ) : (
          <StackedColumns
            label={`${MEASURES[measure]} over time`}
            times={points.map(({ timestamp }) => timestamp)}
            timeWords={(time) => timeWords(time, granularity)}
            series={series.map(({ key, label, data_points: own }) => ({
              key,
              label: group === 'source' ? (SOURCE_WORDS[key] ?? label) : label,
              values: own.map(valueOf),
            }))}
            words={measure === 'spend' ? moneyWords : countWords}
          />
        )
      }
    </Loaded>
  );
}

const HOUR = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
/** Days and months are the ledger's own, which are UTC. */
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const MONTH = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric', timeZone: 'UTC' });

function timeWords(time: string, granularity: 'hourly' | 'daily' | 'monthly'): string {
  if (time === '') return '';
  const date = new Date(time);
  const format = { hourly: HOUR, daily: DAY, monthly: MONTH }[granularity];
  return format.format(date);
}
