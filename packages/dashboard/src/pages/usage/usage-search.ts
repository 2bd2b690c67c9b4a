/** Range, granularity and grouping of the usage page. They stand in the address. */
export const RANGES = {
  '24h': { days: 1, words: '24 hours', granularity: 'hourly' },
  '7d': { days: 7, words: '7 days', granularity: 'daily' },
  '30d': { days: 30, words: '30 days', granularity: 'daily' },
  '90d': { days: 90, words: '90 days', granularity: 'daily' },
  '365d': { days: 365, words: '12 months', granularity: 'monthly' },
} as const;
export type RangeName = keyof typeof RANGES;
export const GRANULARITIES = ['hourly', 'daily', 'monthly'] as const;
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
  readonly granularity?: (typeof GRANULARITIES)[number];
  readonly group?: keyof typeof GROUPS;
  readonly measure?: keyof typeof MEASURES;
};

const HOUR_MS = 3_600_000;

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

export function granularityOf({ range = '7d', granularity }: UsageSearch) {
  return granularity ?? RANGES[range].granularity;
}
