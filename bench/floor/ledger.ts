/**
 * The main thread's side of a durable ledger in a worker. Rows are collected while the worker is busy and go to it in
 * one message; one commit makes all of them durable (group commit), with no timer that a lone request would wait for.
 */
import { Worker } from 'node:worker_threads';

export type LedgerRow = readonly (string | number | null)[];
export type LedgerBatch = {
  readonly opened: readonly LedgerRow[];
  readonly settled: readonly LedgerRow[];
  /** Both rows of an attempt in one, already durable elsewhere. */
  readonly finished: readonly LedgerRow[];
};

export type Ledger = {
  /** Both resolve when the row survives `kill -9`. */
  readonly open: (row: LedgerRow) => Promise<void>;
  readonly settle: (row: LedgerRow) => Promise<void>;
  readonly close: () => Promise<void>;
};

type Waiting = {
  opened: LedgerRow[];
  settled: LedgerRow[];
  done: PromiseWithResolvers<void>;
};

export function sqliteLedger(file: string): Ledger {
  const worker = new Worker(new URL('ledger-worker.ts', import.meta.url), { workerData: file });
  let next = emptyBatch();
  let inFlight: Waiting | null = null;
  let isScheduled = false;

  const sendIfIdle = (): void => {
    isScheduled = false;
    if (inFlight !== null || next.opened.length + next.settled.length === 0) return;
    inFlight = next;
    next = emptyBatch();
    worker.postMessage({
      opened: inFlight.opened,
      settled: inFlight.settled,
      finished: [],
    } satisfies LedgerBatch);
  };
  worker.on('message', () => {
    inFlight?.done.resolve();
    inFlight = null;
    sendIfIdle();
  });
  worker.on('error', (error) => {
    throw error;
  });
  // All rows of one turn of the event loop travel together.
  const add = (rows: LedgerRow[], row: LedgerRow): Promise<void> => {
    rows.push(row);
    if (!isScheduled && inFlight === null) {
      isScheduled = true;
      setImmediate(sendIfIdle);
    }
    return next.done.promise;
  };
  return {
    open: (row) => add(next.opened, row),
    settle: (row) => add(next.settled, row),
    close: async () => {
      await worker.terminate();
    },
  };
}

function emptyBatch(): Waiting {
  return { opened: [], settled: [], done: Promise.withResolvers<void>() };
}
