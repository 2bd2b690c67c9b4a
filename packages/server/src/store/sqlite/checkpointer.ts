/**
 * Keeps the write-ahead log small without stalling commits. A reader thread copies most of the log into the database
 * while commits go on; then the writer copies the few frames that came meanwhile, between two transactions, after
 * which the next transaction starts the log over. Should the log grow faster than it is copied, commits wait.
 */
import type { CheckpointReply } from './messages.ts';

/** 4 KiB pages: 4 MiB of log. */
const CHECKPOINT_FRAMES = 1000;
/** Beyond it (8 MiB) the second pass alongside is left out: the sooner the log starts over, the better. */
const HURRY_FRAMES = 2000;
/** Commits wait from here on (40 MiB), so that the log stays below 64 MiB whatever the disk does. */
const WAIT_FRAMES = 10_000;
/**
 * Pages that a transaction writes: the edges of its tables and indexes, and something for each operation. Measured: 2.6
 * pages for one operation, 6.5 for 8, 10.7 for 32. Each checkpoint learns how far off that is for the rows of the day.
 */
const FRAMES_PER_TRANSACTION = 3;
const FRAMES_PER_OPERATION = 0.35;
const CORRECTION_MIN = 0.5;
const CORRECTION_MAX = 50;

export type CheckpointerOptions = {
  readonly copyAlongside: () => Promise<CheckpointReply>;
  readonly finish: () => Promise<CheckpointReply>;
};

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #framesEstimated = 0;
  #correction = 1;
  #running = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  committed(operations: number): void {
    this.#framesEstimated += this.#correction * (FRAMES_PER_TRANSACTION + FRAMES_PER_OPERATION * operations);
    if (this.#framesEstimated >= CHECKPOINT_FRAMES && !this.#running) void this.#run();
  }

  /** False while commits must wait for the checkpoint under way; its end asks the writer to go on. */
  mayCommit(): boolean {
    return !this.#running || this.#framesEstimated < WAIT_FRAMES;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      await this.#options.copyAlongside();
      // What was written during the first pass, so that little is left for the writer.
      if (this.#framesEstimated < HURRY_FRAMES) await this.#options.copyAlongside();
    } catch {
      // The readers are lost; the writer can do all of it.
    }
    const { frames, copied } = await this.#options.finish();
    this.#learn(frames);
    // A query that still needs old pages holds the log; then it is tried again as the log grows.
    this.#framesEstimated = frames === copied ? 0 : Math.max(0, frames - CHECKPOINT_FRAMES / 2);
    this.#running = false;
  }

  #learn(frames: number): void {
    // Unknown, or the log has started over in between.
    if (frames < CHECKPOINT_FRAMES / 10) return;
    const correction = (this.#correction * frames) / this.#framesEstimated;
    this.#correction = Math.min(Math.max(correction, CORRECTION_MIN), CORRECTION_MAX);
  }
}
