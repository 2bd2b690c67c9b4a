/**
 * Sums over rollups; never over the ledger. Rollups are by the hour: a window covers the hours that begin in it, its
 * start rounded down. Periods (UTC day, month) begin on the hour, so nothing is lost.
 */
import { sql } from 'kysely';
import type { FailureClass } from '@arouter/core';
import { branded, definedColumns, fromSum } from './columns.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { UsageDimension, UsageFilter, UsageRow, UsageStore, UsageSums } from './store.ts';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function createUsageStore(executor: SqlExecutor): UsageStore {
  return {
    async sums(workspace, filter, by) {
      const rows = await executor.read(selectSums(workspace, filter, by));
      const groups = (rows as readonly SumRow[]).map((row) => toGroup(row, by));
      return by.includes('month') ? foldMonths(groups) : groups;
    },
    failures: (workspace, filter) => failures(executor, workspace, filter),
    attemptsByHour: (keys, from, to) => attemptsByHour(executor, keys, { from, to }),
    async apiKeySpend(workspace, apiKey, from, to) {
      const rows = await executor.read(
        queries
          .selectFrom('rollups')
          .select(({ fn }) => ['source', fn.sum('cost_nano').as('cost_nano')])
          .where('workspace_id', '=', workspace)
          .where('hour', '>=', startOfHour(from))
          .where('hour', '<', to)
          .where('api_key_id', '=', apiKey)
          .groupBy('source'),
      );
      return toSpendBySource(rows);
    },
    async providerKeySpend(keys, from, to) {
      if (keys.length === 0) return new Map();
      const rows = await executor.read(
        queries
          .selectFrom('rollups')
          .select(({ fn }) => ['provider_key_id', fn.sum('cost_nano').as('cost_nano')])
          .where('provider_key_id', 'in', [...keys])
          .where('hour', '>=', startOfHour(from))
          .where('hour', '<', to)
          .groupBy('provider_key_id'),
      );
      return new Map(rows.map((row) => [branded(row.provider_key_id), fromSum(row.cost_nano)]));
    },
    async lastUsed(keys) {
      if (keys.length === 0) return new Map();
      const rows = await executor.readTogether<{ at: number | null }[]>(...keys.map(selectLastUsed));
      return new Map(
        keys.flatMap((key, index) => {
          const at = rows[index]?.[0]?.at ?? null;
          return at === null ? [] : [[key, branded(at)] as const];
        }),
      );
    },
  };
}

async function failures(
  executor: SqlExecutor,
  workspace: string,
  filter: UsageFilter,
): ReturnType<UsageStore['failures']> {
  const rows = await executor.read(
    queries
      .selectFrom('error_rollups')
      .select(({ fn }) => ['provider_key_id', 'class', fn.sum<number>('count').as('count')])
      .where('workspace_id', '=', workspace)
      .where('hour', '>=', startOfHour(filter.from))
      .where('hour', '<', filter.to)
      .where((where) => where.and(columnFilters(filter)))
      .groupBy(['provider_key_id', 'class'])
      .orderBy('count', 'desc'),
  );
  return rows.map((row) => ({
    providerKeyId: branded(row.provider_key_id),
    class: row.class as FailureClass,
    count: fromSum(row.count),
  }));
}

async function attemptsByHour(
  executor: SqlExecutor,
  keys: readonly string[],
  { from, to }: Pick<UsageFilter, 'from' | 'to'>,
): ReturnType<UsageStore['attemptsByHour']> {
  if (keys.length === 0) return [];
  const rows = await executor.read(
    queries
      .selectFrom('rollups')
      .select(({ fn }) => [
        'provider_key_id',
        'hour',
        fn.sum<number>('attempts').as('attempts'),
        fn.sum<number>('failed_attempts').as('failed_attempts'),
      ])
      .where('provider_key_id', 'in', [...keys])
      .where('hour', '>=', startOfHour(from))
      .where('hour', '<', to)
      .groupBy(['provider_key_id', 'hour']),
  );
  return rows.map((row) => ({
    providerKeyId: branded(row.provider_key_id),
    hour: branded(row.hour),
    attempts: fromSum(row.attempts),
    failedAttempts: fromSum(row.failed_attempts),
  }));
}

/** The columns that rollups of usage and of errors share. */
function columnFilters({ provider, model, apiKeyId, providerKeyId, source }: UsageFilter) {
  return definedColumns({
    provider,
    model,
    api_key_id: apiKeyId,
    provider_key_id: providerKeyId,
    source,
  }) as Readonly<Record<'provider' | 'model' | 'api_key_id' | 'provider_key_id' | 'source', string>>;
}

export function startOfHour(at: number): number {
  return at - (at % HOUR_MS);
}

export function toSpendBySource(
  rows: readonly { readonly source: string; readonly cost_nano: number | bigint | string }[],
): { readonly byokNano: number; readonly platformNano: number } {
  const nano = (source: string) => fromSum(rows.find((row) => row.source === source)?.cost_nano ?? 0);
  return { byokNano: nano('byok'), platformNano: nano('platform') };
}

/** Two steps through one index, instead of all hours of the key. */
function selectLastUsed(key: string) {
  const newestHour = queries
    .selectFrom('rollups')
    .select(({ fn }) => fn.max('hour').as('hour'))
    .where('provider_key_id', '=', key);
  return queries
    .selectFrom('rollups')
    .select(({ fn }) => fn.max('last_used_at').as('at'))
    .where('provider_key_id', '=', key)
    .where('hour', '=', newestHour);
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

function selectSums(workspace: string, filter: UsageFilter, by: readonly UsageDimension[]) {
  const columns = by.flatMap((dimension) => (dimension in COLUMN_OF ? [columnOf(dimension)] : []));
  const bucket = bucketOf(by);
  return queries
    .selectFrom('rollups')
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
      query
        .select(sql<number>`${bucket}`.as('bucket'))
        .groupBy(sql`${bucket}`)
        .orderBy('bucket'),
    )
    .where('workspace_id', '=', workspace)
    .where('hour', '>=', startOfHour(filter.from))
    .where('hour', '<', filter.to)
    .where((where) => where.and(columnFilters(filter)))
    .$if(columns.length > 0, (query) =>
      columns.reduce((ordered, column) => ordered.orderBy(column), query.groupBy(columns)),
    )
    .having(({ fn }) => fn.countAll(), '>', 0);
}

function columnOf(dimension: UsageDimension) {
  return COLUMN_OF[dimension as keyof typeof COLUMN_OF];
}

/** Months have no fixed length: they are days in SQL, folded afterwards. */
function bucketOf(by: readonly UsageDimension[]) {
  const times = by.filter(
    (dimension) => dimension === 'hour' || dimension === 'day' || dimension === 'month',
  );
  if (times.length > 1) throw new RangeError(`group by one of ${times.join(', ')}, not by all`);
  if (times.length === 0) return null;
  return times[0] === 'hour' ? sql.ref('hour') : sql`hour - hour % ${sql.lit(DAY_MS)}`;
}

type Group = UsageSums & Partial<UsageRow> & { readonly bucket?: UsageRow['hour'] };

function toGroup(row: SumRow, by: readonly UsageDimension[]): Group {
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
    ...(row.bucket !== undefined && { bucket: branded<UsageRow['hour']>(row.bucket) }),
    ...(row.bucket !== undefined && by.includes('hour') && { hour: branded<UsageRow['hour']>(row.bucket) }),
  };
}

function foldMonths(groups: readonly Group[]): readonly Group[] {
  const months = new Map<string, Group>();
  for (const group of groups) {
    const { provider, model, providerKeyId, apiKeyId, source } = group;
    const bucket = branded<UsageRow['hour']>(startOfMonth(group.bucket ?? 0));
    const key = JSON.stringify([bucket, provider, model, providerKeyId, apiKeyId, source]);
    const known = months.get(key);
    months.set(key, known === undefined ? { ...group, bucket } : { ...known, ...addSums(known, group) });
  }
  return [...months.values()];
}

function startOfMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
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
