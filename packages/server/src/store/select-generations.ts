/**
 * The statements behind lists of generations. They walk one index of the workspace, newest first; a filter on what an
 * attempt or a settlement says is a look-up per row of the walk.
 */
import type { Instant } from '@arouter/core';
import { sql } from 'kysely';
import { definedColumns, toFlag } from './columns.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { GenerationFilter } from './generation-ports.ts';

export type GenerationKey = { readonly generation_id: string; readonly created_at: number };
export type KeyPage = {
  readonly workspace: string;
  readonly filter: GenerationFilter;
  readonly after: GenerationKey | null;
  readonly rows: number;
  readonly startedAt: Instant;
  /** Only these can match; all unless told. */
  readonly among?: readonly GenerationKey[];
};

export function selectKeys(
  table: 'attempts' | 'refusals',
  { workspace, filter, after, rows, among }: KeyPage,
) {
  // Kysely cannot type a union of tables; the columns used here are the ones they share.
  const source = queries.selectFrom(`${table as 'attempts'} as row`);
  return source
    .select(['row.generation_id', 'row.created_at'])
    .where('row.workspace_id', '=', workspace)
    .$if(filter.from !== undefined, (query) => query.where('row.created_at', '>=', filter.from ?? 0))
    .$if(filter.to !== undefined, (query) => query.where('row.created_at', '<', filter.to ?? 0))
    .where((where) => where.and(headerFilters(filter)))
    .$if(among !== undefined, (query) =>
      query
        .where('row.created_at', 'in', among?.map((key) => key.created_at) ?? [])
        .where('row.generation_id', 'in', among?.map((key) => key.generation_id) ?? []),
    )
    .$if(after !== null, (query) =>
      // The first condition alone bounds the walk of the index.
      query
        .where('row.created_at', '<=', after?.created_at ?? 0)
        .where((where) =>
          where.or([
            where('row.created_at', '<', after?.created_at ?? 0),
            where('row.generation_id', '<', after?.generation_id ?? ''),
          ]),
        ),
    )
    .orderBy('row.created_at', 'desc')
    .orderBy('row.generation_id', 'desc')
    .limit(rows);
}

/** The row beyond those that one question looks at, of the filter's time; the index alone answers. */
export function selectHorizon(table: 'attempts' | 'refusals', page: KeyPage, rowsLookedAt: number) {
  const { from, to } = page.filter;
  const filter = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return selectKeys(table, { ...page, filter, rows: 1 }).offset(rowsLookedAt);
}

/** What the rows of attempts and of refusals say alike. */
function headerFilters({ apiKeyId, modelRequested, dialect, requestId, streamed }: GenerationFilter) {
  return definedColumns({
    'row.api_key_id': apiKeyId,
    'row.model_requested': modelRequested,
    'row.dialect': dialect,
    'row.request_id': requestId,
    'row.streamed': streamed === undefined ? undefined : toFlag(streamed),
  }) as Readonly<
    Record<'row.api_key_id' | 'row.model_requested' | 'row.dialect' | 'row.request_id', string>
  > &
    Readonly<Record<'row.streamed', number>>;
}

/** What only a settlement can say; a refused request has none. */
function settlementFilters(filter: GenerationFilter) {
  const { finishReason, fallbackReason, upstreamId } = filter;
  return definedColumns({
    's.finish_reason': finishReason,
    's.fallback_reason': fallbackReason,
    's.upstream_id': upstreamId,
  }) as Readonly<Record<'s.finish_reason' | 's.fallback_reason' | 's.upstream_id', string>>;
}

function endFilters({ errorCode, callerStatus }: GenerationFilter) {
  return definedColumns({ error_code: errorCode, caller_status: callerStatus }) as {
    readonly error_code: string;
    readonly caller_status: number;
  };
}

function asksSettlement(filter: GenerationFilter): boolean {
  const { costNanoMin, latencyMsMin } = filter;
  return (
    Object.keys(settlementFilters(filter)).length > 0 ||
    costNanoMin !== undefined ||
    latencyMsMin !== undefined
  );
}

/** A filter on the key, provider, model or source matches a generation one of whose attempts it matches. */
export function selectServedKeys(page: KeyPage) {
  const { model, provider, providerKeyId, source, status, attemptsMin, tokensMin } = page.filter;
  const attempts = queries
    .selectFrom('attempts as a')
    .select('a.sequence')
    .where('a.workspace_id', '=', sql.ref<string>('row.workspace_id'))
    .where('a.created_at', '=', sql.ref<number>('row.created_at'))
    .where('a.generation_id', '=', sql.ref<string>('row.generation_id'));
  const matching = attempts
    .$if(provider !== undefined, (query) => query.where('a.provider', '=', provider ?? ''))
    .$if(providerKeyId !== undefined, (query) => query.where('a.provider_key_id', '=', providerKeyId ?? ''))
    .$if(source !== undefined, (query) => query.where('a.source', '=', source ?? ''))
    .$if(model !== undefined, (query) =>
      query.where((where) =>
        where.or([where('a.model', '=', model ?? ''), where('a.model_requested', '=', model ?? '')]),
      ),
    );
  const ended = attempts.innerJoin('settlements as s', 's.sequence', 'a.sequence').where('s.final', '=', 1);
  const alive = attempts.where('a.opened_at', '>=', page.startedAt);
  const settled = attempts
    .innerJoin('settlements as s', 's.sequence', 'a.sequence')
    .where((where) => where.and(settlementFilters(page.filter)))
    .where('s.latency_ms', '>=', page.filter.latencyMsMin ?? 0)
    .$if(page.filter.costNanoMin !== undefined, (query) =>
      query.where('s.cost_nano', '>=', page.filter.costNanoMin ?? 0),
    );
  const end = endFilters(page.filter);
  const filtered = [model, provider, providerKeyId, source].some((value) => value !== undefined);
  return selectKeys('attempts', page)
    .where('row.attempt_no', '=', 1)
    .$if(filtered, (query) => query.where(({ exists }) => exists(matching)))
    .$if(asksSettlement(page.filter), (query) => query.where(({ exists }) => exists(settled)))
    .$if(Object.keys(end).length > 0, (query) =>
      query.where(({ exists }) => exists(ended.where((where) => where.and(end)))),
    )
    .$if(attemptsMin !== undefined, (query) =>
      query.where(({ exists }) => exists(attempts.where('a.attempt_no', '>=', attemptsMin ?? 0))),
    )
    .$if(tokensMin !== undefined, (query) =>
      query.where(({ exists }) =>
        exists(ended.where(sql<number>`s.input_tokens + s.output_tokens`, '>=', tokensMin ?? 0)),
      ),
    )
    .$if(status === 'refused', (query) => query.where('row.created_at', '<', 0))
    .$if(status === 'running', (query) =>
      query.where(({ and, exists, not }) => and([not(exists(ended)), exists(alive)])),
    )
    .$if(status === 'interrupted', (query) =>
      query.where(({ and, or, exists, not }) =>
        or([
          exists(ended.where('s.outcome', '=', 'interrupted')),
          and([not(exists(ended)), not(exists(alive))]),
        ]),
      ),
    )
    .$if(status === 'succeeded' || status === 'failed' || status === 'cancelled', (query) =>
      query.where(({ exists }) => exists(ended.where('s.outcome', '=', status ?? ''))),
    );
}

/** Refused requests have no attempt, so a filter on one leaves them out. */
export function selectRefusedKeys(page: KeyPage) {
  const { model, provider, providerKeyId, source, status, attemptsMin, tokensMin } = page.filter;
  const none =
    (status !== undefined && status !== 'refused') ||
    [provider, providerKeyId, source, attemptsMin, tokensMin].some((value) => value !== undefined) ||
    asksSettlement(page.filter);
  const { errorCode, callerStatus } = page.filter;
  return selectKeys('refusals', page)
    .$if(none, (query) => query.where('row.created_at', '<', 0))
    .$if(errorCode !== undefined, (query) => query.where(sql`row.error_code`, '=', errorCode))
    .$if(callerStatus !== undefined, (query) => query.where(sql`row.caller_status`, '=', callerStatus))
    .$if(model !== undefined, (query) => query.where('row.model_requested', '=', model ?? ''));
}

export function selectAttempts(workspace: string, keys: readonly GenerationKey[]) {
  return queries
    .selectFrom('attempts as a')
    .leftJoin('settlements as s', 's.sequence', 'a.sequence')
    .selectAll('s')
    .selectAll('a')
    .where('a.workspace_id', '=', workspace)
    .where(
      'a.created_at',
      'in',
      keys.map((key) => key.created_at),
    )
    .where(
      'a.generation_id',
      'in',
      keys.map((key) => key.generation_id),
    )
    .orderBy('a.attempt_no');
}

export function selectRefusals(workspace: string, keys: readonly GenerationKey[]) {
  return queries
    .selectFrom('refusals as r')
    .selectAll()
    .where('r.workspace_id', '=', workspace)
    .where(
      'r.created_at',
      'in',
      keys.map((key) => key.created_at),
    )
    .where(
      'r.generation_id',
      'in',
      keys.map((key) => key.generation_id),
    );
}
