/**
 * What a start needs of the last run: the settlement of attempts that a crash left open, and the state of the counters.
 * Orphans are found by sequence, not by time, so a clock that was set back hides none; what earlier starts have been
 * through is not read again.
 */
import type { ApiKeyId, AttemptSettled, Instant, NanoUsd, ProviderKeyId } from '@arouter/core';
import { branded, fromSum } from './columns.ts';
import { toHeader } from './generation-view.ts';
import type { SqliteLedger } from './sqlite/sqlite-ledger.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { RecoveryStore } from './store.ts';
import type { AttemptTable } from './tables.ts';

const ORPHANS_PER_BATCH = 500;
const DISPATCHES_PER_BATCH = 10_000;

export type RecoveryOptions = {
  readonly executor: SqlExecutor;
  readonly settleOpened: SqliteLedger['settleOpened'];
  /** The newest attempt when this process started: later ones are its own and under way. */
  readonly lastSequence: number;
};

export function createRecoveryStore(options: RecoveryOptions): RecoveryStore {
  const { executor } = options;
  return {
    settleOrphans: (at) => settleOrphans(options, at),
    dispatchesSince: (from) => dispatchesSince(executor, from),
    async balances() {
      const rows = await executor.read(queries.selectFrom('credit_balances').selectAll());
      return new Map(
        rows.map((row) => [branded(row.workspace_id), fromSum(row.granted_nano) - fromSum(row.used_nano)]),
      );
    },
  };
}

async function settleOrphans(
  { executor, settleOpened, lastSequence }: RecoveryOptions,
  at: Instant,
): Promise<number> {
  let settled = 0;
  for (let after = await readWatermark(executor); after < lastSequence;) {
    const orphans = await executor.read(selectOrphans(after, lastSequence));
    await Promise.all(orphans.map((row) => settleOpened(row.sequence, toInterrupted(row, at))));
    settled += orphans.length;
    after = orphans.length < ORPHANS_PER_BATCH ? lastSequence : (orphans.at(-1)?.sequence ?? lastSequence);
    await executor.write(
      queries
        .updateTable('instance')
        .set({ value: after })
        .where('name', '=', 'orphans_settled_to')
        .where('value', '<', after),
    );
  }
  return settled;
}

async function readWatermark(executor: SqlExecutor): Promise<number> {
  const [row] = await executor.read(
    queries.selectFrom('instance').select('value').where('name', '=', 'orphans_settled_to'),
  );
  return row?.value ?? 0;
}

function selectOrphans(after: number, last: number) {
  return queries
    .selectFrom('attempts as a')
    .leftJoin('settlements as s', 's.sequence', 'a.sequence')
    .selectAll('a')
    .select(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attempts as later')
            .select('later.sequence')
            .whereRef('later.workspace_id', '=', 'a.workspace_id')
            .whereRef('later.created_at', '=', 'a.created_at')
            .whereRef('later.generation_id', '=', 'a.generation_id')
            .whereRef('later.attempt_no', '>', 'a.attempt_no'),
        ),
      ).as('is_last'),
    )
    .where('a.sequence', '>', after)
    .where('a.sequence', '<=', last)
    .where('s.sequence', 'is', null)
    .orderBy('a.sequence')
    .limit(ORPHANS_PER_BATCH);
}

type DispatchRow = Pick<AttemptTable, 'sequence' | 'opened_at' | 'provider_key_id' | 'api_key_id'>;

async function dispatchesSince(executor: SqlExecutor, from: Instant) {
  const found: DispatchRow[] = [];
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await executor.read(selectDispatches(below));
    found.push(...rows.filter((row) => row.opened_at >= from));
    const oldest = rows.at(-1);
    // Attempts are opened in order but for moments, so a batch that ends before the window was the last.
    if (oldest === undefined || rows.length < DISPATCHES_PER_BATCH || oldest.opened_at < from) break;
    below = oldest.sequence;
  }
  return found
    .toSorted((a, b) => a.opened_at - b.opened_at || a.sequence - b.sequence)
    .map((row) => ({
      at: branded<Instant>(row.opened_at),
      providerKeyId: branded<ProviderKeyId>(row.provider_key_id),
      apiKeyId: branded<ApiKeyId>(row.api_key_id),
    }));
}

function selectDispatches(below: number) {
  return queries
    .selectFrom('attempts')
    .select(['sequence', 'opened_at', 'provider_key_id', 'api_key_id'])
    .where('sequence', '<', below)
    .orderBy('sequence', 'desc')
    .limit(DISPATCHES_PER_BATCH);
}

/**
 * `is_last` 0: a later attempt of the same generation was opened, and that one ends it. Both can be orphans, since an
 * attempt that failed is settled only once its successor is open.
 */
type OrphanRow = AttemptTable & { readonly is_last: unknown };

/** Whether the provider answered is unknown: budgets err high, credits err in the customer's favour. */
function toInterrupted(row: OrphanRow, at: Instant): AttemptSettled {
  return {
    generation: toHeader(row),
    attemptNo: row.attempt_no,
    providerKeyId: branded(row.provider_key_id),
    provider: branded(row.provider),
    source: row.source === 'platform' ? 'platform' : 'byok',
    model: branded(row.model),
    openedAt: branded(row.opened_at),
    settledAt: at,
    outcome: 'interrupted',
    failure: null,
    upstreamStatus: null,
    upstreamId: null,
    finishReason: null,
    usage: null,
    costNano: interruptedCost(row),
    costLines: [],
    chargedNano: branded(0),
    latencyMs: Math.max(0, at - row.opened_at),
    firstByteMs: null,
    final: Boolean(row.is_last),
    callerStatus: null,
    errorCode: null,
    refusals: [],
    fallbackReason: null,
  };
}

/**
 * The input's cost, at most what was set aside; where it is not known, what was set aside. Nothing set aside means that
 * nothing metered applies: then the cost is unknown, which is null and never 0.
 */
function interruptedCost(row: AttemptTable): NanoUsd | null {
  if (row.reserved_nano === 0) return null;
  return branded(Math.min(row.input_cost_estimate_nano ?? row.reserved_nano, row.reserved_nano));
}
