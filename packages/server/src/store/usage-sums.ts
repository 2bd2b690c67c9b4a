/**
 * Sums of usage by any of its dimensions. Whole days of the window are read from daily rollups, the hours at its ends
 * from hourly ones, all at one moment; a series by the hour is read from hours alone.
 */
import { sql } from 'kysely';
import { branded, definedColumns, fromSum } from './columns.ts';
import { compareText } from './compare-text.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { UsageDimension, UsageFilter, UsageRow, UsageSums } from './store.ts';
import { DAY_MS, splitWindow, type Span, type SplitWindow } from './usage-window.ts';

export async function usageSums(
  executor: SqlExecutor,
  workspace: string,
  { filter, by }: { readonly filter: UsageFilter; readonly by: readonly UsageDimension[] },
): Promise<readonly Group[]> {
  const { days, hours } = by.includes('hour') ? inHours(filter) : splitWindow(filter);
  const select = (table: RollupSource, span: Span) => selectSums({ table, workspace, filter, span, by });
  const parts = await executor.readTogether<SumRow[]>(
    ...(days === null ? [] : [select(dailySourceOf(filter, by), days)]),
    ...hours.map((span) => select('rollups', span)),
  );
  return fold(parts.flat().map((row) => toGroup(row, by)));
}

/** The columns that rollups of usage and of errors share. */
export function columnFilters({ provider, model, apiKeyId, providerKeyId, source }: UsageFilter) {
  return definedColumns({
    provider,
    model,
    api_key_id: apiKeyId,
    provider_key_id: providerKeyId,
    source,
  }) as Readonly<Record<'provider' | 'model' | 'api_key_id' | 'provider_key_id' | 'source', string>>;
}

function inHours(window: Span): SplitWindow {
  const { days, hours } = splitWindow(window);
  return { days: null, hours: days === null ? hours : [days, ...hours] };
}

type RollupSource = 'rollups' | 'daily_rollups' | 'api_key_daily_rollups' | 'api_key_day_sums';

function dailySourceOf(filter: UsageFilter, by: readonly UsageDimension[]): RollupSource {
  // Of one API key, the days are one range.
  if (filter.apiKeyId !== undefined) return 'api_key_daily_rollups';
  if (!by.includes('api_key')) return 'daily_rollups';
  const { provider, model, providerKeyId } = filter;
  const isFiner =
    [provider, model, providerKeyId].some((name) => name !== undefined) ||
    by.some((dimension) => dimension === 'provider' || dimension === 'model' || dimension === 'provider_key');
  return isFiner ? 'api_key_daily_rollups' : 'api_key_day_sums';
}

const COLUMN_OF = {
  provider: 'provider',
  model: 'model',
  provider_key: 'provider_key_id',
  api_key: 'api_key_id',
  source: 'source',
} as const;

type SumColumn =
  | 'requests'
  | 'errors'
  | 'input_tokens'
  | 'output_tokens'
  | 'cost_nano'
  | 'unpriced_requests'
  | 'attempts'
  | 'failed_attempts';
type SumRow = { readonly [Column in SumColumn]: number | bigint } & {
  readonly [Column in (typeof COLUMN_OF)[keyof typeof COLUMN_OF]]?: string;
} & { readonly bucket?: number };

type Selection = {
  readonly table: RollupSource;
  readonly workspace: string;
  readonly filter: UsageFilter;
  readonly span: Span;
  readonly by: readonly UsageDimension[];
};

function selectSums({ table, workspace, filter, span, by }: Selection) {
  const columns = by.flatMap((dimension) => (dimension in COLUMN_OF ? [columnOf(dimension)] : []));
  const time = sql.ref<number>(table === 'rollups' ? 'hour' : 'day');
  const bucket = bucketOf(by, time, table === 'rollups');
  // Each table has the columns of the hourly ones that are asked for, but for the time.
  return queries
    .selectFrom(table as 'rollups')
    .select(({ fn }) => [
      fn.sum<number>('requests').as('requests'),
      fn.sum<number>('errors').as('errors'),
      fn.sum<number>('input_tokens').as('input_tokens'),
      fn.sum<number>('output_tokens').as('output_tokens'),
      fn.sum<number>('cost_nano').as('cost_nano'),
      fn.sum<number>('unpriced_requests').as('unpriced_requests'),
      fn.sum<number>('attempts').as('attempts'),
      fn.sum<number>('failed_attempts').as('failed_attempts'),
    ])
    .select(columns)
    .$if(bucket !== null, (query) =>
      query.select(sql<number>`${bucket}`.as('bucket')).groupBy(sql`${bucket}`),
    )
    .where('workspace_id', '=', workspace)
    .where(time, '>=', span.from)
    .where(time, '<', span.to)
    .where((where) => where.and(columnFilters(filter)))
    .$if(columns.length > 0, (query) => query.groupBy(columns))
    .having(({ fn }) => fn.countAll(), '>', 0);
}

function columnOf(dimension: UsageDimension) {
  return COLUMN_OF[dimension as keyof typeof COLUMN_OF];
}

/** Months have no fixed length: they are days in SQL, folded afterwards. */
function bucketOf(
  by: readonly UsageDimension[],
  time: ReturnType<typeof sql.ref<number>>,
  isHourly: boolean,
) {
  const times = by.filter(
    (dimension) => dimension === 'hour' || dimension === 'day' || dimension === 'month',
  );
  if (times.length > 1) throw new RangeError(`group by one of ${times.join(', ')}, not by all`);
  if (times.length === 0) return null;
  // The column itself, and no expression that equals it, lets the rows come grouped in the order of the table.
  return times[0] === 'hour' || !isHourly ? time : sql`${time} - ${time} % ${sql.lit(DAY_MS)}`;
}

type Group = UsageSums & Partial<UsageRow> & { readonly bucket?: UsageRow['hour'] };

function toGroup(row: SumRow, by: readonly UsageDimension[]): Group {
  const bucket = row.bucket === undefined || !by.includes('month') ? row.bucket : startOfMonth(row.bucket);
  return {
    requests: fromSum(row.requests),
    errors: fromSum(row.errors),
    inputTokens: fromSum(row.input_tokens),
    outputTokens: fromSum(row.output_tokens),
    costNano: fromSum(row.cost_nano),
    unpricedRequests: fromSum(row.unpriced_requests),
    attempts: fromSum(row.attempts),
    failedAttempts: fromSum(row.failed_attempts),
    ...(row.provider !== undefined && { provider: branded(row.provider) }),
    ...(row.model !== undefined && { model: branded(row.model) }),
    ...(row.provider_key_id !== undefined && { providerKeyId: branded(row.provider_key_id) }),
    ...(row.api_key_id !== undefined && { apiKeyId: branded(row.api_key_id) }),
    ...(row.source !== undefined && { source: row.source as UsageRow['source'] }),
    ...(bucket !== undefined && { bucket: branded<UsageRow['hour']>(bucket) }),
    ...(bucket !== undefined && by.includes('hour') && { hour: branded<UsageRow['hour']>(bucket) }),
  };
}

function startOfMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** In order of time, then of names. The same group of several parts of the window, and of several days of a month, is one. */
function fold(groups: readonly Group[]): readonly Group[] {
  const folded = new Map<string, { readonly names: string; readonly bucket: number; group: Group }>();
  for (const group of groups) {
    const names = namesOf(group);
    const bucket = group.bucket ?? 0;
    const key = `${bucket}${names}`;
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { names, bucket, group });
    else known.group = { ...known.group, ...addSums(known.group, group) };
  }
  return [...folded.values()]
    .toSorted((a, b) => a.bucket - b.bucket || compareText(a.names, b.names))
    .map(({ group }) => group);
}

/** As one text, since a year by API key has tens of thousands: the character before each name sorts before all others. */
function namesOf({ provider, model, providerKeyId, apiKeyId, source }: Group): string {
  return `\0${provider ?? ''}\0${model ?? ''}\0${providerKeyId ?? ''}\0${apiKeyId ?? ''}\0${source ?? ''}`;
}

function addSums(a: UsageSums, b: UsageSums): UsageSums {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNano: a.costNano + b.costNano,
    unpricedRequests: a.unpricedRequests + b.unpricedRequests,
    attempts: a.attempts + b.attempts,
    failedAttempts: a.failedAttempts + b.failedAttempts,
  };
}
