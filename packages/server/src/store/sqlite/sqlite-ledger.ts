/**
 * The Ledger port over the writer. `open` fails closed. `settle` keeps trying while the database cannot be used (a full
 * disk, for instance), in bounded memory; an attempt whose settlement never became durable is settled by the next
 * start. `refuse` is dropped when the writer has enough to do.
 */
import type { AttemptOpened, AttemptSettled, Clock, GenerationRefused, Ledger } from '@arouter/core';
import { StoreUnavailable } from '../store.ts';
import type { StoreLog } from '../store-log.ts';
import { toOpenOperation, toRefuseOperation, toSettleOperation } from './ledger-operations.ts';
import type { SettleOperation } from './messages.ts';
import type { Writer } from './writer.ts';

/** Settlements held in memory while the database cannot be used. */
const SETTLEMENTS_HELD_MAX = 10_000;
/** Refusals are notes, not money: a flood of refused calls must not delay the settlement of served ones. */
const REFUSALS_QUEUED_MAX = 1000;
const RETRY_FIRST_MS = 50;
const RETRY_MS_MAX = 2000;

export type LedgerOptions = {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly log: StoreLog;
  /** True once close was asked for: nothing is retried then. */
  readonly closing: () => boolean;
};

export function createSqliteLedger({ writer, clock, log, closing }: LedgerOptions): Ledger {
  let held = 0;
  let refusalsQueued = 0;

  async function settleNow(operation: SettleOperation): Promise<void> {
    const reply = await writer.submit(operation);
    if (reply === null || !('shortfallNano' in reply)) return;
    log.warn(
      { generation: operation[3], attempt: operation[4], shortfallNano: reply.shortfallNano },
      'credits did not cover the charge; the workspace was charged what it had',
    );
  }

  /** Resolves when durable; rejects only when it can never be, or there is no room to wait. */
  async function settleEventually(operation: SettleOperation, failure: StoreUnavailable): Promise<void> {
    if (held >= SETTLEMENTS_HELD_MAX) throw failure;
    held += 1;
    try {
      for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
        if (closing()) throw failure;
        await clock.sleep(waitMs);
        try {
          return await settleNow(operation);
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
        }
      }
    } finally {
      held -= 1;
    }
  }

  return {
    async open(row: AttemptOpened) {
      await writer.submit(toOpenOperation(row));
    },
    settle(row: AttemptSettled) {
      const operation = toSettleOperation(row);
      return settleNow(operation).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (held === 0) log.error({ error }, 'a settlement could not be stored; it is held and tried again');
        return settleEventually(operation, error);
      });
    },
    refuse(row: GenerationRefused) {
      if (refusalsQueued >= REFUSALS_QUEUED_MAX) return;
      const operation = toRefuseOperation(row);
      refusalsQueued += 1;
      writer
        .submit(operation)
        .catch((error: unknown) => log.warn({ error }, 'a refused request was not recorded'))
        .finally(() => {
          refusalsQueued -= 1;
        });
    },
  };
}
