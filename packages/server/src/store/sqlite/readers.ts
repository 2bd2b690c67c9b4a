/** The main thread's end of the reader threads: each query goes to the least busy one. Bounded, like the writer. */
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../store.ts';
import type { CheckpointReply, ReaderReply, SqlRow, Statement, WorkerSettings } from './messages.ts';
import { toStoreFailure } from './store-failure.ts';
import { closeThread, workerFile } from './worker-file.ts';

/** Two: a long report and a checkpoint leave neither waiting for the other. */
const READERS = 2;
const QUEUED_READS_MAX = 1000;

export interface Readers {
  /** All statements see one moment. */
  read(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]>;
  /** Copies WAL pages into the database without making a commit wait. */
  checkpoint(): Promise<CheckpointReply>;
  close(): Promise<void>;
}

type Pending = {
  readonly resolve: (reply: ReaderReply) => void;
  readonly reject: (error: Error) => void;
};
type Reader = { readonly worker: Worker; readonly pending: Map<number, Pending>; lost: Error | null };

export function createReaders(settings: WorkerSettings): Readers {
  const readers = Array.from({ length: READERS }, () => startReader(settings));
  let nextId = 0;

  function ask(content: { statements: readonly Statement[] } | { checkpoint: true }): Promise<ReaderReply> {
    const reader = leastBusy(readers);
    if (reader.lost !== null) return Promise.reject(reader.lost);
    if (reader.pending.size >= QUEUED_READS_MAX) {
      return Promise.reject(new StoreUnavailable('Too many reads are waiting for the database.'));
    }
    nextId += 1;
    const id = nextId;
    return new Promise((resolve, reject) => {
      reader.pending.set(id, { resolve, reject });
      reader.worker.postMessage({ id, ...content });
    });
  }

  return {
    async read(statements) {
      const reply = await ask({ statements });
      if ('results' in reply) return reply.results;
      throw toStoreFailure('failure' in reply ? reply.failure : { message: 'no result', errorCode: null });
    },
    async checkpoint() {
      const reply = await ask({ checkpoint: true });
      return 'checkpoint' in reply ? reply.checkpoint : { frames: -1, copied: -1 };
    },
    async close() {
      await Promise.all(readers.map(({ worker }) => closeThread(worker)));
    },
  };
}

function startReader(settings: WorkerSettings): Reader {
  const worker = new Worker(workerFile('reader-worker'), {
    workerData: settings,
    env: {},
  });
  const reader: Reader = { worker, pending: new Map(), lost: null };
  worker.on('message', (reply: ReaderReply) => {
    const pending = reader.pending.get(reply.id);
    reader.pending.delete(reply.id);
    pending?.resolve(reply);
  });
  worker.on('error', (error) =>
    lose(reader, new StoreUnavailable('A database reader failed.', { cause: error })),
  );
  worker.on('exit', () => lose(reader, new StoreUnavailable('The store is closed.')));
  return reader;
}

function lose(reader: Reader, reason: StoreUnavailable): void {
  reader.lost ??= reason;
  for (const { reject } of reader.pending.values()) reject(reader.lost);
  reader.pending.clear();
}

/** A reader that is lost is chosen only when all are. */
function leastBusy(readers: readonly Reader[]): Reader {
  const load = (reader: Reader) => (reader.lost === null ? reader.pending.size : Infinity);
  return readers.reduce((best, reader) => (load(reader) < load(best) ? reader : best));
}
