/**
 * The main thread's end of the writer. At most one message is under way; statements that arrive meanwhile are the next
 * transaction, so that a busy store shares each commit among many and an idle one adds no wait of its own. A promise
 * resolves only after COMMIT. The queue is bounded: beyond it, StoreUnavailable at once.
 */
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../store.ts';
import type { Checkpointer } from './checkpointer.ts';
import type {
  CheckpointReply,
  GroupReply,
  ProjectReply,
  StatementGroup,
  WorkerSettings,
  WriterMessage,
  WriterReply,
  WriteResult,
} from './messages.ts';
import { toStoreFailure } from './store-failure.ts';
import { closeThread, workerFile } from './worker-file.ts';

/** Groups of statements waiting for the next transaction. */
const QUEUED_GROUPS_MAX = 20_000;
/** Groups in one transaction, so that none waits long for its commit. */
const BATCH_GROUPS_MAX = 1000;

const CHECKPOINT_UNKNOWN: CheckpointReply = { frames: -1, copied: -1 };

type Waiting = {
  readonly group: StatementGroup;
  readonly resolve: (results: readonly WriteResult[]) => void;
  readonly reject: (error: Error) => void;
};
type Projection = PromiseWithResolvers<ProjectReply> & { readonly to: number };

export type WriterOptions = WorkerSettings & {
  readonly checkpointer: Pick<Checkpointer, 'committed' | 'mayCommit'>;
};

export class Writer {
  readonly #worker: Worker;
  readonly #checkpointer: WriterOptions['checkpointer'];
  #queue: Waiting[] = [];
  /** What the worker is committing. */
  #batch: Waiting[] = [];
  #projection: Projection | null = null;
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
  write(group: StatementGroup): Promise<readonly WriteResult[]> {
    const refusal = this.#refusal();
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ group, resolve, reject });
      this.#schedule();
    });
  }

  /** Brings the journal into the tables up to the position, or as far as one call goes. Not while one is under way. */
  project(to: number): Promise<ProjectReply> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    this.#projection = { to, ...Promise.withResolvers<ProjectReply>() };
    this.#schedule();
    return this.#projection.promise;
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

  #refusal(): StoreUnavailable | null {
    if (this.#lost !== null) return this.#lost;
    if (this.#closing !== null) return new StoreUnavailable('The store is closing.');
    if (this.#queue.length < QUEUED_GROUPS_MAX) return null;
    return new StoreUnavailable('Too many writes are waiting for the database.');
  }

  /** After the current turn's events, so that what arrived together commits together. */
  #schedule(): void {
    if (this.#busy || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#busy || this.#lost !== null) return;
    if (this.#checkpoint !== null) return this.#post({ kind: 'checkpoint' });
    if (this.#projection === null && this.#queue.length === 0) return this.#closing?.();
    if (!this.#checkpointer.mayCommit()) return;
    if (this.#projection !== null) return this.#post({ kind: 'project', to: this.#projection.to });
    this.#batch = this.#queue.splice(0, BATCH_GROUPS_MAX);
    this.#post({ kind: 'write', groups: this.#batch.map(({ group }) => group) });
  }

  #post(message: WriterMessage): void {
    this.#busy = true;
    this.#worker.postMessage(message);
  }

  #receive(reply: WriterReply): void {
    this.#busy = false;
    if ('frames' in reply) {
      this.#checkpoint?.(reply);
      this.#checkpoint = null;
    } else if ('position' in reply) {
      this.#projection?.resolve(reply);
      this.#projection = null;
      this.#checkpointer.committed(reply.operations);
    } else {
      const done = this.#batch;
      this.#batch = [];
      for (const [index, waiting] of done.entries()) deliver(waiting, reply[index]);
      this.#checkpointer.committed(done.length);
    }
    this.#schedule();
  }

  #lose(reason: StoreUnavailable): void {
    this.#lost ??= reason;
    for (const { reject } of [...this.#batch, ...this.#queue]) reject(this.#lost);
    this.#batch = [];
    this.#queue = [];
    this.#projection?.reject(this.#lost);
    this.#projection = null;
    this.#checkpoint?.(CHECKPOINT_UNKNOWN);
    this.#checkpoint = null;
    this.#closing?.();
  }
}

function deliver({ resolve, reject }: Waiting, reply: GroupReply | undefined): void {
  if (reply === undefined) reject(new Error('the database writer gave no reply'));
  else if ('failure' in reply) reject(toStoreFailure(reply.failure));
  else resolve(reply.results);
}
