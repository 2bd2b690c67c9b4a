/**
 * Another way to the same promise: rows are appended to a file on the main thread, one write for all rows of a turn of
 * the event loop, and awaited only that long; a worker brings them into SQLite later, many at a time, and needs one
 * insert where the table alone needs an insert and an update. A row that was written survives `kill -9`, because the
 * kernel has it; the next start would read the file before anything else (not part of this prototype).
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Ledger, LedgerBatch, LedgerRow } from './ledger.ts';

const PROJECT_MS = 100;
/** Bounds the memory held for the worker: then it is called before its time. */
const UNPROJECTED_ROWS_MAX = 2000;
/** Where it stands in a settled row. */
const GENERATION = 6;

export function journalLedger(file: string): Ledger {
  const descriptor = openSync(`${file}.journal`, 'a');
  const worker = new Worker(new URL('ledger-worker.ts', import.meta.url), { workerData: file });
  const opened = new Map<unknown, LedgerRow>();
  let finished: LedgerRow[] = [];
  let lines = '';
  let done = Promise.withResolvers<void>();

  const write = (): void => {
    const waiting = done;
    done = Promise.withResolvers<void>();
    writeSync(descriptor, lines);
    lines = '';
    waiting.resolve();
  };
  const add = (row: LedgerRow): Promise<void> => {
    if (lines === '') setImmediate(write);
    lines += `${JSON.stringify(row)}\n`;
    return done.promise;
  };
  const project = (): void => {
    if (finished.length === 0) return;
    worker.postMessage({ opened: [], settled: [], finished } satisfies LedgerBatch);
    finished = [];
  };
  const timer = setInterval(project, PROJECT_MS);
  return {
    open: (row) => {
      opened.set(row[0], row);
      return add(row);
    },
    settle: (row) => {
      const generation = row[GENERATION];
      finished.push([...(opened.get(generation) ?? []), ...row]);
      opened.delete(generation);
      if (finished.length >= UNPROJECTED_ROWS_MAX) project();
      return add(row);
    },
    close: async () => {
      clearInterval(timer);
      closeSync(descriptor);
      await worker.terminate();
    },
  };
}
