/**
 * Generations as people see them, put together from the ledger's rows. Newest first means by creation time, then id.
 * Lists walk one index of the workspace; sums never come from here (see usage-store.ts).
 */
import type { Instant } from '@arouter/core';
import { branded } from './columns.ts';
import { compareText } from './compare-text.ts';
import { toGenerationViews } from './generation-view.ts';
import type { GenerationRow, LedgerAttemptRow } from './generation-view.ts';
import { creationWindow } from './generation-time.ts';
import { findByUpstreamId, narrowSearch, ROWS_LOOKED_AT_MAX } from './narrow-search.ts';
import {
  selectAttempts,
  selectKeys,
  selectRefusals,
  selectRefusedKeys,
  selectServedKeys,
} from './select-generations.ts';
import type { GenerationKey } from './select-generations.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { GenerationStore, GenerationView } from './generation-ports.ts';

const PAGE_ROWS_MAX = 1000;
/** Sorts before every id: a cursor with it begins below its moment. */
const BEFORE_EVERY_ID = '-';

export type GenerationStoreOptions = {
  readonly executor: SqlExecutor;
  /** A generation without an end whose last sign of life is older belongs to a process that died: `interrupted`. */
  readonly startedAt: Instant;
  readonly rowsLookedAtMax?: number;
};

export function createGenerationStore({
  executor,
  startedAt,
  rowsLookedAtMax = ROWS_LOOKED_AT_MAX,
}: GenerationStoreOptions): GenerationStore {
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
      return (await findByUpstreamId(executor, { workspace, id, rows: 1 }))[0];
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
      const { page, horizon } = await narrowSearch(
        executor,
        { workspace, filter, after, rows: rows + 1, startedAt },
        rowsLookedAtMax,
      );
      const [served, refused] = await executor.readTogether<[GenerationKey, GenerationKey]>(
        selectServedKeys(page),
        selectRefusedKeys(page),
      );
      const keys = [...served, ...refused].toSorted(
        (a, b) => b.created_at - a.created_at || compareText(b.generation_id, a.generation_id),
      );
      const shown = keys.slice(0, rows);
      const last = shown.at(-1);
      const full = keys.length > rows && last !== undefined;
      return {
        rows: await load(workspace, shown),
        nextCursor: full
          ? `${last.created_at}.${last.generation_id}`
          : horizon && `${horizon}.${BEFORE_EVERY_ID}`,
        searchedBackTo: full ? null : horizon,
      };
    },
  };
}

/** The contract has checked its form; an unreadable one starts from the newest. */
function parseCursor(cursor: string): GenerationKey | null {
  const [time = '', id = ''] = cursor.split('.', 2);
  const createdAt = Number(time);
  return Number.isSafeInteger(createdAt) && id !== '' ? { created_at: createdAt, generation_id: id } : null;
}

function newestFirst({ header: a }: GenerationView, { header: b }: GenerationView): number {
  return b.createdAt - a.createdAt || compareText(b.id, a.id);
}
