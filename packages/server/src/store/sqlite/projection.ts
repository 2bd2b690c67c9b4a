/** When the journal is brought into the tables: soon after something was appended, or at once for who must read it. */
import { StoreUnavailable } from '../store.ts';
import type { StoreLog } from '../store-log.ts';
import type { ProjectReply } from './messages.ts';
import { toStoreFailure } from './store-failure.ts';

/** How long the tables may lag: long enough to bring many operations in one transaction. */
const LAG_MS = 100;
/** After the database failed. */
const AGAIN_MS = 1000;

export type ProjectionOptions = {
  /** Where the tables stand. */
  readonly position: number;
  readonly project: (to: number) => Promise<ProjectReply>;
  /** Called when the tables have come further, or could not. */
  readonly onChange: () => void;
  readonly log: StoreLog;
};

type Waiting = {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

export class Projection {
  readonly #options: ProjectionOptions;
  #position: number;
  #wanted: number;
  #isRunning = false;
  #isFailing = false;
  #timer: NodeJS.Timeout | null = null;
  #waiting: Waiting[] = [];

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#position = options.position;
    this.#wanted = options.position;
  }

  /** How far the tables follow the journal. */
  get position(): number {
    return this.#position;
  }

  /** The database failed when it was last asked. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** The journal has come to this position; the tables follow. */
  follow(position: number): void {
    this.#wanted = position;
    if (!this.#isRunning) this.#timer ??= setTimeout(this.#start, LAG_MS).unref();
  }

  /** Resolves when the tables have come to the position; rejects with StoreUnavailable when the database fails. */
  reach(position: number): Promise<void> {
    if (this.#position >= position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ position, resolve, reject });
      this.hurry();
    });
  }

  hurry(): void {
    if (!this.#isRunning) this.#start();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  readonly #start = (): void => {
    this.stop();
    if (this.#isRunning || this.#position >= this.#wanted) return;
    this.#isRunning = true;
    this.#options.project(this.#wanted).then(
      (reply) => this.#end(reply.position, reply),
      (error: unknown) => this.#end(this.#position, { notes: [], failure: error as Error }),
    );
  };

  #end(
    position: number,
    {
      notes,
      failure,
    }: { readonly notes: ProjectReply['notes']; readonly failure: ProjectReply['failure'] | Error },
  ): void {
    this.#isRunning = false;
    this.#position = position;
    for (const { message, fields } of notes) this.#options.log.warn(fields, message);
    const wasFailing = this.#isFailing;
    this.#isFailing = failure !== null;
    const error = failure === null || failure instanceof Error ? failure : toStoreFailure(failure);
    if (error !== null && !wasFailing) {
      this.#options.log.error(
        { error },
        'the journal waits: the database cannot take it; tried again each second',
      );
    }
    this.#settleWaiting(error);
    if (this.#waiting.length > 0) this.#start();
    else if (position < this.#wanted) {
      this.#timer ??= setTimeout(this.#start, error === null ? LAG_MS : AGAIN_MS).unref();
    }
    this.#options.onChange();
  }

  #settleWaiting(error: Error | null): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ position }) => error === null && position > this.#position);
    for (const { position, resolve, reject } of waiting) {
      if (position <= this.#position) resolve();
      else if (error !== null)
        reject(new StoreUnavailable('The database cannot take the journal now.', { cause: error }));
    }
  }
}
