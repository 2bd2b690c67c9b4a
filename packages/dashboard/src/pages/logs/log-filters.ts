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
  /** As the caller wrote it. */
  readonly asked?: string;
  readonly format?: string;
  readonly streamed?: 'true' | 'false';
  readonly error?: string;
  /** HTTP status that the caller got. */
  readonly http?: number;
  readonly finish?: string;
  /** Why a platform key served. */
  readonly fallback?: string;
  readonly request?: string;
  readonly upstream?: string;
  /** USD, at least. */
  readonly cost?: number;
  /** Milliseconds, at least. */
  readonly took?: number;
  /** At least. */
  readonly attempts?: number;
  /** Input and output together, at least. */
  readonly tokens?: number;
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
  /** Typed ones come back from the address as numbers, or as text that spells one. */
  const number = (name: string, least: number, most: number, whole = true) => {
    const given = search[name];
    const value = typeof given === 'string' && given !== '' ? Number(given.replace(',', '.')) : given;
    if (typeof value !== 'number' || !(value >= least && value <= most)) return undefined;
    return whole && !Number.isInteger(value) ? undefined : value;
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
    asked: text('asked'),
    format: text('format'),
    streamed: oneOf('streamed', ['true', 'false']),
    error: text('error'),
    http: number('http', 100, 599),
    finish: text('finish'),
    fallback: text('fallback'),
    request: text('request'),
    upstream: text('upstream'),
    cost: number('cost', 0, 1_000_000, false),
    took: number('took', 0, 86_400_000),
    attempts: number('attempts', 1, 100),
    tokens: number('tokens', 1, 1_000_000_000),
    live: search['live'] === true ? true : undefined,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as LogFilters;
}

/** The filters as the management API takes them. */
export function toLogQuery(filters: LogFilters) {
  const { status, source, model, provider, key, apiKey, streamed, http, cost, took } = filters;
  const { attempts, tokens } = filters;
  return defined({
    status,
    source,
    model,
    provider_id: provider,
    provider_key_id: key,
    key_id: apiKey,
    model_requested: filters.asked,
    dialect: filters.format,
    streamed,
    error_code: filters.error,
    caller_status: http,
    finish_reason: filters.finish,
    fallback_reason: filters.fallback,
    request_id: filters.request,
    upstream_id: filters.upstream,
    min_cost_usd: cost,
    min_latency_ms: took,
    min_attempts: attempts,
    min_tokens: tokens,
  });
}

type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>;
}
