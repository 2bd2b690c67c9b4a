/**
 * Keeps one question from walking the whole ledger. A filter that nothing matches would: measured at 8–22 s on ten million
 * generations, and two such questions leave nobody else a reader of the database.
 */
import type { Instant } from '@arouter/core';
import { CompiledQuery } from 'kysely';
import { branded } from './columns.ts';
import { selectHorizon } from './select-generations.ts';
import type { GenerationKey, KeyPage } from './select-generations.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { GenerationFilter } from './generation-ports.ts';
import { FIND_BY_UPSTREAM_ID, upstreamHash } from './upstream-key.ts';

/** How many generations one question looks at: some 0.2 s. */
export const ROWS_LOOKED_AT_MAX = 100_000;
/** How many generations that share a provider's id are looked at. */
const SHARING_MAX = 1000;

export type NarrowPage = {
  readonly page: KeyPage;
  /** The moment back to which this question looks; null when that is all there is. */
  readonly horizon: Instant | null;
};

export async function narrowSearch(
  executor: SqlExecutor,
  page: KeyPage,
  rowsLookedAtMax: number,
): Promise<NarrowPage> {
  const { workspace, filter } = page;
  if (filter.upstreamId !== undefined) {
    const among = await findByUpstreamId(executor, { workspace, id: filter.upstreamId, rows: SHARING_MAX });
    return { page: { ...page, among }, horizon: null };
  }
  if (!isSelective(filter)) return { page, horizon: null };
  const found = await executor.readTogether<[GenerationKey, GenerationKey]>(
    selectHorizon('attempts', page, rowsLookedAtMax),
    selectHorizon('refusals', page, rowsLookedAtMax),
  );
  const moments = found.flat().map((key) => key.created_at);
  if (moments.length === 0) return { page, horizon: null };
  const horizon = branded<Instant>(Math.max(...moments));
  return { page: { ...page, filter: { ...filter, from: horizon } }, horizon };
}

/** Of one workspace, newest segment of the ledger first. */
export function findByUpstreamId(
  executor: SqlExecutor,
  { workspace, id, rows }: { readonly workspace: string; readonly id: string; readonly rows: number },
): Promise<readonly GenerationKey[]> {
  const parameters = [upstreamHash(id), id, workspace, rows];
  const query = CompiledQuery.raw(FIND_BY_UPSTREAM_ID, parameters) as CompiledQuery<GenerationKey>;
  return executor.read({ compile: () => query });
}

/** By more than time: then rows are looked at that are not shown. */
function isSelective({ from: _from, to: _to, ...others }: GenerationFilter): boolean {
  return Object.keys(others).length > 0;
}
