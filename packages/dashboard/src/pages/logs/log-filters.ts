/** What the log is narrowed to. It stands in the address, so that it can be sent to a colleague. */
export const STATUSES = ['running', 'succeeded', 'failed', 'cancelled', 'interrupted', 'refused'] as const;
export const SOURCES = ['byok', 'platform'] as const;
export const RANGES = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;

export type RangeName = keyof typeof RANGES;
export type LogFilters = {
  readonly range?: RangeName;
  readonly status?: (typeof STATUSES)[number];
  readonly source?: (typeof SOURCES)[number];
  readonly model?: string;
  readonly provider?: string;
  readonly key?: string;
  readonly apiKey?: string;
  /** New requests appear by themselves. */
  readonly live?: boolean;
};

const TEXT_CHARACTERS_MAX = 256;

/** Whatever stands in the address: what cannot be read is left out. */
export function readLogFilters(search: Readonly<Record<string, unknown>>): LogFilters {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_CHARACTERS_MAX) : undefined;
  };
  const oneOf = <Value extends string>(name: string, values: readonly Value[]) =>
    values.find((value) => value === search[name]);
  const entries = {
    range: oneOf('range', Object.keys(RANGES) as readonly RangeName[]),
    status: oneOf('status', STATUSES),
    source: oneOf('source', SOURCES),
    model: text('model'),
    provider: text('provider'),
    key: text('key'),
    apiKey: text('apiKey'),
    live: search['live'] === true ? true : undefined,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as LogFilters;
}

/** The filters as the management API takes them. */
export function toLogQuery({ status, source, model, provider, key, apiKey }: LogFilters) {
  return {
    ...(status === undefined ? {} : { status }),
    ...(source === undefined ? {} : { source }),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider_id: provider }),
    ...(key === undefined ? {} : { provider_key_id: key }),
    ...(apiKey === undefined ? {} : { key_id: apiKey }),
  };
}
