/** Range, granularity and grouping of the usage page. They stand in the address. */
export const RANGES = {
  '24h': { days: 1, words: '24 hours', granularity: 'hourly' },
  '7d': { days: 7, words: '7 days', granularity: 'daily' },
  '30d': { days: 30, words: '30 days', granularity: 'daily' },
  '90d': { days: 90, words: '90 days', granularity: 'daily' },
  '365d': { days: 365, words: '12 months', granularity: 'monthly' },
} as const;
export type RangeName = keyof typeof RANGES;
const GRANULARITIES = ['hourly', 'daily', 'monthly'] as const;
type Granularity = (typeof GRANULARITIES)[number];
export const GROUPS = {
  source: 'Source',
  provider: 'Provider',
  model: 'Model',
  provider_key: 'Provider key',
  api_key: 'API key',
} as const;
export const MEASURES = { requests: 'Requests', spend: 'Spend', tokens: 'Tokens', errors: 'Errors' } as const;

export type UsageSearch = {
  readonly range?: RangeName;
  readonly granularity?: Granularity;
  readonly group?: keyof typeof GROUPS;
  readonly measure?: keyof typeof MEASURES;
};

const HOUR_MS = 3_600_000;
/** The server refuses more columns than that. */
const HOURLY_DAYS_MAX = 31;

export function readUsageSearch(search: Readonly<Record<string, unknown>>): UsageSearch {
  const keyOf = <Key extends string>(name: string, keys: readonly Key[]) =>
    keys.find((key) => key === search[name]);
  const entries = {
    range: keyOf('range', Object.keys(RANGES) as RangeName[]),
    granularity: keyOf('granularity', GRANULARITIES),
    group: keyOf('group', Object.keys(GROUPS) as (keyof typeof GROUPS)[]),
    measure: keyOf('measure', Object.keys(MEASURES) as (keyof typeof MEASURES)[]),
  };
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as UsageSearch;
}

/** Whole hours, so that a page that stays open asks the same question until the hour is over. */
export function toPeriod({ range = '7d' }: UsageSearch, now: number) {
  const end = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return {
    start_time: new Date(end - RANGES[range].days * 24 * HOUR_MS).toISOString(),
    end_time: new Date(end).toISOString(),
  };
}

/** Those that the server gives for so long a range. */
export function granularitiesOf({ range = '7d' }: UsageSearch): readonly Granularity[] {
  return GRANULARITIES.filter((each) => each !== 'hourly' || RANGES[range].days <= HOURLY_DAYS_MAX);
}

/** What was chosen for a short range may be too fine for the one that is looked at now. */
export function granularityOf(search: UsageSearch): Granularity {
  const { range = '7d', granularity } = search;
  const fits = granularity !== undefined && granularitiesOf(search).includes(granularity);
  return fits ? granularity : RANGES[range].granularity;
}
