/**
 * The main thread's end of the writer: group commit. At most one batch is under way; what arrives meanwhile is the
 * next batch. So a busy store shares each commit among many operations, and an idle one adds no wait of its own.
 * A promise resolves only after COMMIT. The queue is bounded: beyond it, StoreUnavailable at once.
 */
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../store.ts';
import type { Checkpointer } from './checkpointer.ts';
import type {
  CheckpointReply,
  Operation,
  OperationReply,
  WorkerSettings,
  WriterMessage,
  WriterReply,
} from './messages.ts';
import { toStoreFailure } from './store-failure.ts';
import { closeThread, workerFile } from './worker-file.ts';

/** Operations waiting for the next transaction; at 15 µs each, under half a second of work. */
const QUEUED_OPERATIONS_MAX = 20_000;
/** Operations in one transaction, so that none waits long for its commit. */
const BATCH_OPERATIONS_MAX = 1000;

const CHECKPOINT_UNKNOWN: CheckpointReply = { frames: -1, copied: -1 };

export type SuccessReply = Exclude<OperationReply, { readonly failure: unknown }>;

type Waiting = {
  readonly operation: Operation;
  readonly resolve: (reply: SuccessReply) => void;
  readonly reject: (error: Error) => void;
};

export type WriterOptions = WorkerSettings & {
  readonly checkpointer: Pick<Checkpointer, 'committed' | 'mayCommit'>;
};

export class Writer {
  readonly #worker: Worker;
  readonly #checkpointer: WriterOptions['checkpointer'];
  #queue: Waiting[] = [];
  /** What the worker is committing. */
  #batch: Waiting[] = [];
  #checkpoint: ((reply: CheckpointReply) => void) | null = null;
  #busy = false;
  #scheduled = false;
  #lost: StoreUnavailable | null = null;
  #closing: (() => void) | null = null;

  constructor({ checkpointer, ...settings }: WriterOptions) {
    this.#checkpointer = checkpointer;
    this.#worker = new Worker(workerFile('writer-worker'), {
      workerData: settings,
      env: {},
    });
    this.#worker.on('message', (reply: WriterReply) => this.#receive(reply));
    this.#worker.on('error', (cause) =>
      this.#lose(new StoreUnavailable('The database writer failed.', { cause })),
    );
    this.#worker.on('exit', () => this.#lose(new StoreUnavailable('The store is closed.')));
  }

  /** Rejects with StoreUnavailable (nothing was written), StoreConflict, or Error for a mistake of ours. */
  submit(operation: Operation): Promise<SuccessReply> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#closing !== null) return Promise.reject(new StoreUnavailable('The store is closing.'));
    if (this.#queue.length >= QUEUED_OPERATIONS_MAX) {
      return Promise.reject(new StoreUnavailable('Too many writes are waiting for the database.'));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation, resolve, reject });
      this.#schedule();
    });
  }

  /** False once the thread has ended: reads may still work, writes never will. */
  get alive(): boolean {
    return this.#lost === null;
  }

  /** Finishes a checkpoint between two transactions. */
  checkpoint(): Promise<CheckpointReply> {
    return new Promise((resolve) => {
      if (this.#lost !== null || this.#checkpoint !== null) return resolve(CHECKPOINT_UNKNOWN);
      this.#checkpoint = resolve;
      this.#schedule();
    });
  }

  /** Waits for what is queued, then ends the thread. */
  async close(): Promise<void> {
    if (this.#lost !== null) return;
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      this.#schedule();
    });
    await closeThread(this.#worker);
  }

  /** After the current turn's events, so that requests which arrived together commit together. */
  #schedule(): void {
    if (this.#busy || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#busy || this.#lost !== null) return;
    if (this.#checkpoint !== null) return this.#post('checkpoint');
    if (this.#queue.length === 0) return this.#closing?.();
    if (!this.#checkpointer.mayCommit()) return;
    this.#batch = this.#queue.splice(0, BATCH_OPERATIONS_MAX);
    this.#post(this.#batch.map(({ operation }) => operation));
  }

  #post(message: WriterMessage): void {
    this.#busy = true;
    this.#worker.postMessage(message);
  }

  #receive(reply: WriterReply): void {
    this.#busy = false;
    const done = this.#batch;
    this.#batch = [];
    if (typeof reply === 'number') {
      for (const { resolve } of done) resolve(null);
    } else if ('frames' in reply) {
      this.#checkpoint?.(reply);
      this.#checkpoint = null;
    } else {
      for (const [index, waiting] of done.entries()) deliver(waiting, reply[index] ?? null);
    }
    if (done.length > 0) this.#checkpointer.committed(done.length);
    if (this.#queue.length > 0 || this.#checkpoint !== null || this.#closing !== null) this.#schedule();
  }

  #lose(reason: StoreUnavailable): void {
    this.#lost ??= reason;
    for (const { reject } of [...this.#batch, ...this.#queue]) reject(this.#lost);
    this.#batch = [];
    this.#queue = [];
    this.#checkpoint?.(CHECKPOINT_UNKNOWN);
    this.#checkpoint = null;
    this.#closing?.();
  }
}

function deliver({ resolve, reject }: Waiting, reply: OperationReply): void {
  if (reply !== null && 'failure' in reply) reject(toStoreFailure(reply.failure));
  else resolve(reply);
}
