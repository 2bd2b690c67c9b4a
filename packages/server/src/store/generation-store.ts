/**
 * Generations as people see them, put together from the ledger's rows. Newest first means by creation time, then id.
 * Lists walk one index of the workspace; sums never come from here (see usage-store.ts).
 */
import type { Instant } from '@arouter/core';
import { CompiledQuery, sql } from 'kysely';
import { branded, definedColumns, toFlag } from './columns.ts';
import { compareText } from './compare-text.ts';
import { toGenerationViews } from './generation-view.ts';
import type { GenerationRow, LedgerAttemptRow } from './generation-view.ts';
import { creationWindow } from './generation-time.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { GenerationFilter, GenerationStore, GenerationView } from './store.ts';
import { FIND_BY_UPSTREAM_ID, upstreamHash } from './upstream-key.ts';

const PAGE_ROWS_MAX = 1000;

export type GenerationStoreOptions = {
  readonly executor: SqlExecutor;
  /** A generation without an end whose last sign of life is older belongs to a process that died: `interrupted`. */
  readonly startedAt: Instant;
};

export function createGenerationStore({ executor, startedAt }: GenerationStoreOptions): GenerationStore {
  async function load(workspace: string, keys: readonly GenerationKey[]): Promise<readonly GenerationView[]> {
    if (keys.length === 0) return [];
    const [attempts, refused] = await executor.readTogether<[LedgerAttemptRow, GenerationRow]>(
      selectAttempts(workspace, keys),
      selectRefusals(workspace, keys),
    );
    return toGenerationViews(attempts, refused, startedAt).toSorted(newestFirst);
  }

  async function findKey(workspace: string, id: string): Promise<GenerationKey | undefined> {
    const window = creationWindow(id);
    if (window === null) {
      const parameters = [upstreamHash(id), id, workspace];
      const query = CompiledQuery.raw(FIND_BY_UPSTREAM_ID, parameters) as CompiledQuery<GenerationKey>;
      return (await executor.read({ compile: () => query }))[0];
    }
    const filter = { from: branded<Instant>(window.from), to: branded<Instant>(window.to) };
    const page = { workspace, filter, after: null, rows: 1, startedAt };
    const [attempts, refused] = await executor.readTogether<[GenerationKey, GenerationKey]>(
      selectKeys('attempts', page).where('row.generation_id', '=', id),
      selectKeys('refusals', page).where('row.generation_id', '=', id),
    );
    return attempts[0] ?? refused[0];
  }

  return {
    async get(workspace, id) {
      const key = await findKey(workspace, id);
      return key && (await load(workspace, [key]))[0];
    },
    async list(workspace, filter, { cursor, limit }) {
      const rows = Math.min(Math.max(limit, 1), PAGE_ROWS_MAX);
      const after = cursor === null ? null : parseCursor(cursor);
      const page = { workspace, filter, after, rows: rows + 1, startedAt };
      const [served, refused] = await executor.readTogether<[GenerationKey, GenerationKey]>(
        selectServedKeys(page),
        selectRefusedKeys(page),
      );
      const keys = [...served, ...refused].toSorted(
        (a, b) => b.created_at - a.created_at || compareText(b.generation_id, a.generation_id),
      );
      const shown = keys.slice(0, rows);
      const last = shown.at(-1);
      const nextCursor =
        keys.length > rows && last !== undefined ? `${last.created_at}.${last.generation_id}` : null;
      return { rows: await load(workspace, shown), nextCursor };
    },
  };
}

type GenerationKey = { readonly generation_id: string; readonly created_at: number };
type KeyPage = {
  readonly workspace: string;
  readonly filter: GenerationFilter;
  readonly after: GenerationKey | null;
  readonly rows: number;
  readonly startedAt: Instant;
};

/** The contract has checked its form; an unreadable one starts from the newest. */
function parseCursor(cursor: string): GenerationKey | null {
  const [time = '', id = ''] = cursor.split('.', 2);
  const createdAt = Number(time);
  return Number.isSafeInteger(createdAt) && id !== '' ? { created_at: createdAt, generation_id: id } : null;
}

function selectKeys(table: 'attempts' | 'refusals', { workspace, filter, after, rows }: KeyPage) {
  // Kysely cannot type a union of tables; the columns used here are the ones they share.
  const source = queries.selectFrom(`${table as 'attempts'} as row`);
  return source
    .select(['row.generation_id', 'row.created_at'])
    .where('row.workspace_id', '=', workspace)
    .$if(filter.from !== undefined, (query) => query.where('row.created_at', '>=', filter.from ?? 0))
    .$if(filter.to !== undefined, (query) => query.where('row.created_at', '<', filter.to ?? 0))
    .where((where) => where.and(headerFilters(filter)))
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
function selectServedKeys(page: KeyPage) {
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
function selectRefusedKeys(page: KeyPage) {
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

function selectAttempts(workspace: string, keys: readonly GenerationKey[]) {
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

function selectRefusals(workspace: string, keys: readonly GenerationKey[]) {
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

function newestFirst({ header: a }: GenerationView, { header: b }: GenerationView): number {
  return b.createdAt - a.createdAt || compareText(b.id, a.id);
}
