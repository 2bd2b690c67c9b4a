/**
 * The ledger's journal: what happened is appended to a file on the main thread, at once when nothing else happens, under
 * load one write for all that happened in a turn of the event loop, and is durable from then on; the writer's thread brings it into the tables later, many
 * operations at a time. An acknowledged operation survives `kill -9`, because the kernel has it; with `full` it also
 * survives a power cut, because it is flushed before it is acknowledged. Fails closed: what cannot be appended is
 * rejected with StoreUnavailable, and so is everything once too much waits for the tables.
 */
import type { Clock } from '@arouter/core';
import { StoreUnavailable } from '../store.ts';
import type { StoreLog } from '../store-log.ts';
import { encodeGroup } from './journal-format.ts';
import { JournalFile } from './journal-file.ts';
import type { OperationText, ProjectReply } from './messages.ts';
import { Projection } from './projection.ts';

/** What may wait for the tables, on the disk. */
export const UNPROJECTED_BYTES_MAX = 64 * 1024 * 1024;
/** Operations written at once. */
const GROUP_OPERATIONS_MAX = 1000;
/** Who comes this long after the last write is alone: waiting for company would only delay them. */
const ALONE_AFTER_MS = 0.25;
/** Operations that wait in memory while too much waits for the tables. */
const QUEUED_OPERATIONS_MAX = 20_000;

export type JournalOptions = {
  /** The database's file; segments stand beside it. */
  readonly file: string;
  readonly synchronous: 'normal' | 'full';
  /** Where the tables stand. Nothing is in the journal yet. */
  readonly position: number;
  readonly project: (to: number) => Promise<ProjectReply>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: StoreLog;
};

/** What is acknowledged together. */
type Group = PromiseWithResolvers<void> & { readonly operations: OperationText[] };

export class Journal {
  readonly #file: JournalFile;
  readonly #projection: Projection;
  readonly #isFlushed: boolean;
  readonly #clock: JournalOptions['clock'];
  #writtenMs = -Infinity;
  #next: Group = newGroup();
  #isScheduled = false;
  /** Written, and not flushed yet. */
  #unflushed: Group[] = [];
  #isFlushing = false;
  #lastWritten: Promise<void> = Promise.resolve();

  constructor({ file, synchronous, position, project, clock, log }: JournalOptions) {
    this.#clock = clock;
    this.#isFlushed = synchronous === 'full';
    this.#file = new JournalFile({ databaseFile: file, position, isFlushed: this.#isFlushed });
    this.#projection = new Projection({ position, project, onChange: () => this.#projected(), log });
  }

  /** Resolves when durable, null where it is so already; rejects with StoreUnavailable. */
  append(operation: OperationText): Promise<void> | null {
    const { operations, promise } = this.#next;
    if (operations.length >= QUEUED_OPERATIONS_MAX) return Promise.reject(tooMuchWaits());
    const nowMs = operations.length === 0 ? this.#clock.monotonicMs() : this.#writtenMs;
    const isAlone = nowMs - this.#writtenMs > ALONE_AFTER_MS;
    if (isAlone && !this.#isFlushed && !this.#isFull()) return this.#appendAlone(operation, nowMs);
    operations.push(operation);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // Under load after the current turn's events, so that requests which arrived together share one write.
      if (isAlone) queueMicrotask(this.#write);
      else setImmediate(this.#write);
    }
    return promise;
  }

  /** Resolves when the tables have everything that was appended before. Rejects with StoreUnavailable. */
  projected(): Promise<void> {
    this.#write();
    return this.#projection.reach(this.#file.position);
  }

  /** Brings all of it into the tables and removes the files. Where that fails, the next start does it. */
  async close(): Promise<void> {
    await this.projected().catch(() => undefined);
    await this.#lastWritten.catch(() => undefined);
    this.#projection.stop();
    this.#file.close(this.#projection.position >= this.#file.position);
  }

  #appendAlone(operation: OperationText, nowMs: number): Promise<void> | null {
    try {
      this.#file.append(encodeGroup(operation));
    } catch (cause) {
      return Promise.reject(cannotBeWritten(cause));
    }
    this.#writtenMs = nowMs;
    this.#projection.follow(this.#file.position);
    return null;
  }

  readonly #write = (): void => {
    this.#isScheduled = false;
    const group = this.#next;
    if (group.operations.length === 0) return;
    if (this.#isFull()) {
      // Written once the tables have come further; refused when they cannot.
      if (!this.#projection.isFailing) return this.#projection.hurry();
      this.#next = newGroup();
      return group.reject(tooMuchWaits());
    }
    this.#next = newGroup();
    try {
      this.#append(group.operations);
    } catch (cause) {
      return group.reject(cannotBeWritten(cause));
    }
    this.#writtenMs = this.#clock.monotonicMs();
    this.#projection.follow(this.#file.position);
    if (!this.#isFlushed) return group.resolve();
    this.#lastWritten = group.promise;
    this.#unflushed.push(group);
    this.#flush();
  };

  #isFull(): boolean {
    return this.#file.position - this.#projection.position >= UNPROJECTED_BYTES_MAX;
  }

  #append(operations: readonly OperationText[]): void {
    for (let at = 0; at < operations.length; at += GROUP_OPERATIONS_MAX) {
      const some =
        operations.length <= GROUP_OPERATIONS_MAX
          ? operations
          : operations.slice(at, at + GROUP_OPERATIONS_MAX);
      this.#file.append(encodeGroup(some.join()));
    }
  }

  /** One flush at a time; what is written meanwhile shares the next one. */
  #flush(): void {
    if (this.#isFlushing || this.#unflushed.length === 0) return;
    const groups = this.#unflushed;
    this.#unflushed = [];
    this.#isFlushing = true;
    this.#file.flush((cause) => {
      this.#isFlushing = false;
      const error = new StoreUnavailable('The ledger journal cannot be flushed now.', { cause });
      for (const group of groups)
        if (cause === null) group.resolve();
        else group.reject(error);
      this.#flush();
    });
  }

  #projected(): void {
    this.#file.release(this.#projection.position);
    if (this.#next.operations.length > 0 && !this.#isScheduled) this.#write();
  }
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { operations: [], promise, resolve, reject };
}

function cannotBeWritten(cause: unknown): StoreUnavailable {
  return new StoreUnavailable('The ledger journal cannot be written now.', { cause });
}

function tooMuchWaits(): StoreUnavailable {
  return new StoreUnavailable('Too much of the ledger waits for the database.');
}
