/**
 * The Ledger port over the journal. `open` fails closed. `settle` keeps trying while the journal cannot be written (a
 * full disk, for instance), in bounded memory; an attempt whose settlement never became durable is settled by the next
 * start. `refuse` is dropped when enough of them wait.
 */
import type { AttemptOpened, AttemptSettled, Clock, GenerationRefused, Ledger } from '@arouter/core';
import { StoreConflict, StoreUnavailable } from '../store.ts';
import type { StoreLog } from '../store-log.ts';
import type { Journal } from './journal.ts';
import { refusalText, settlementText } from './ledger-operations.ts';
import type { OperationText } from './messages.ts';
import { createOpeningText } from './opening-text.ts';

/** Settlements held in memory while the journal cannot be written. */
const SETTLEMENTS_HELD_MAX = 10_000;
/** Refusals are notes, not money: a flood of refused calls must not delay the settlement of served ones. */
const REFUSALS_QUEUED_MAX = 1000;
/** What was written at once is acknowledged by one promise for all. */
const DURABLE = Promise.resolve();
const RETRY_FIRST_MS = 50;
const RETRY_MS_MAX = 2000;

export type SqliteLedger = Ledger & {
  /** Settles an attempt that an earlier process opened. Idempotent, resolves when durable. */
  settleOpened(sequence: number, row: AttemptSettled): Promise<void>;
};

export type LedgerOptions = {
  readonly journal: Pick<Journal, 'append'>;
  /** The newest attempt in the tables when this process started. */
  readonly lastSequence: number;
  /** What an attempt was opened as, from the tables; undefined when it never was. */
  readonly findSequence: (row: AttemptSettled) => Promise<number | undefined>;
  readonly clock: Clock;
  readonly log: StoreLog;
  /** True once close was asked for: nothing is retried then. */
  readonly closing: () => boolean;
};

export function createSqliteLedger(options: LedgerOptions): SqliteLedger {
  const { journal, lastSequence, findSequence } = options;
  /** Attempts of this process that are under way, by generation and number: what each was opened as. */
  const opened = new Map<string, number>();
  const openingText = createOpeningText();
  const holdOn = createHold(options);
  let sequence = lastSequence;

  function settle(operation: OperationText): Promise<void> {
    const durable = journal.append(operation);
    return durable === null ? DURABLE : durable.catch((error: unknown) => holdOn(operation, error));
  }

  async function settleUnknown(row: AttemptSettled): Promise<void> {
    const found = await findSequence(row);
    if (found === undefined) {
      throw new Error(`attempt ${row.attemptNo} of ${row.generation.id} was never opened`);
    }
    await settle(settlementText(found, row));
  }

  return {
    open(row: AttemptOpened) {
      const key = attemptKey(row.generation.id, row.attemptNo);
      if (opened.has(key)) return Promise.reject(new StoreConflict(`attempt ${key} was opened before`));
      let operation: OperationText;
      try {
        operation = openingText(sequence + 1, row);
      } catch (error) {
        return Promise.reject(error as Error);
      }
      sequence += 1;
      opened.set(key, sequence);
      const durable = journal.append(operation);
      if (durable === null) return DURABLE;
      return durable.catch((error: unknown) => {
        opened.delete(key);
        throw error;
      });
    },
    settle(row: AttemptSettled) {
      const key = attemptKey(row.generation.id, row.attemptNo);
      const known = opened.get(key);
      if (known === undefined) return settleUnknown(row);
      const operation = settlementText(known, row);
      // Who settles it again finds it in the tables.
      opened.delete(key);
      return settle(operation);
    },
    settleOpened: (known, row) => settle(settlementText(known, row)),
    refuse: createRefuse(options),
  };
}

/** What is not written at once may be dropped. */
function createRefuse({ journal, log }: LedgerOptions): Ledger['refuse'] {
  let queued = 0;
  return (row: GenerationRefused) => {
    if (queued >= REFUSALS_QUEUED_MAX) return;
    const durable = journal.append(refusalText(row));
    if (durable === null) return;
    queued += 1;
    durable
      .catch((error: unknown) => log.warn({ error }, 'a refused request was not recorded'))
      .finally(() => {
        queued -= 1;
      });
  };
}

/**
 * For a settlement that could not be appended: resolves when it is durable after all; rejects only when it can never be,
 * or there is no room to wait.
 */
function createHold({ journal, clock, log, closing }: LedgerOptions) {
  let held = 0;

  return async (operation: OperationText, failure: unknown): Promise<void> => {
    if (!(failure instanceof StoreUnavailable)) throw failure;
    if (held === 0) {
      log.error({ error: failure }, 'a settlement could not be stored; it is held and tried again');
    }
    if (held >= SETTLEMENTS_HELD_MAX) throw failure;
    held += 1;
    try {
      for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
        if (closing()) throw failure;
        await clock.sleep(waitMs);
        try {
          await journal.append(operation);
          return;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
        }
      }
    } finally {
      held -= 1;
    }
  };
}

function attemptKey(generationId: string, attemptNo: number): string {
  return attemptNo === 1 ? generationId : `${generationId}#${attemptNo}`;
}
