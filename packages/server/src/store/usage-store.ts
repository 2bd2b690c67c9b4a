/**
 * Sums over rollups; never over the ledger. A window covers the hours that begin in it, its start rounded down. Periods
 * (UTC day, month) begin on the hour, so nothing is lost.
 */
import { sql } from 'kysely';
import type { FailureClass } from '@arouter/core';
import { branded, fromSum } from './columns.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { UsageFilter, UsageStore } from './store.ts';
import { columnFilters, usageSums } from './usage-sums.ts';
import { splitWindow, startOfHour, type Span } from './usage-window.ts';

export function createUsageStore(executor: SqlExecutor): UsageStore {
  return {
    sums: (workspace, filter, by) => usageSums(executor, workspace, { filter, by }),
    failures: (workspace, filter) => failures(executor, workspace, filter),
    attemptsByHour: (keys, from, to) => attemptsByHour(executor, keys, { from, to }),
    async apiKeySpend(workspace, apiKey, from, to) {
      const filter = { from, to, apiKeyId: apiKey };
      const sums = await usageSums(executor, workspace, { filter, by: ['source'] });
      const nano = (wanted: string) => sums.find(({ source }) => source === wanted)?.costNano ?? 0;
      return { byokNano: nano('byok'), platformNano: nano('platform') };
    },
    providerKeySpend: (keys, from, to) => providerKeySpend(executor, keys, { from, to }),
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

async function providerKeySpend(
  executor: SqlExecutor,
  keys: readonly string[],
  window: Span,
): ReturnType<UsageStore['providerKeySpend']> {
  if (keys.length === 0) return new Map();
  const { days, hours } = splitWindow(window);
  const parts = await executor.readTogether<
    { provider_key_id: string; cost_nano: string | number | bigint }[]
  >(
    ...(days === null ? [] : [selectSpend('daily_rollups', keys, days)]),
    ...hours.map((span) => selectSpend('rollups', keys, span)),
  );
  const spent = new Map<string, number>();
  for (const { provider_key_id: key, cost_nano } of parts.flat())
    spent.set(key, (spent.get(key) ?? 0) + fromSum(cost_nano));
  return spent as ReadonlyMap<string, number> as Awaited<ReturnType<UsageStore['providerKeySpend']>>;
}

function selectSpend(table: 'rollups' | 'daily_rollups', keys: readonly string[], span: Span) {
  const time = sql.ref<number>(table === 'rollups' ? 'hour' : 'day');
  return queries
    .selectFrom(table)
    .select(({ fn }) => ['provider_key_id', fn.sum('cost_nano').as('cost_nano')])
    .where('provider_key_id', 'in', [...keys])
    .where(time, '>=', span.from)
    .where(time, '<', span.to)
    .groupBy('provider_key_id');
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
