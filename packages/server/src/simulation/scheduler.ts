/**
 * Decides what happens next among everything that could, from one seed. All promises of the simulated world resolve
 * through here, one at a time; after each, everything that follows from it without waiting has run. The same seed gives
 * the same order. What belongs to the gateway's process dies with it: `killProcess` drops it, unresolved.
 */
import { instant, seededUniform, type CancelSignal, type Instant } from '@arouter/core';

type Task = { readonly label: string; readonly process: number; readonly run: () => void };
type Timer = Task & { readonly dueMs: number };

/** 2026-02-27 23:50 UTC: days, a week, a month and (in 2028) a leap day are near. */
const STARTS = [Date.UTC(2026, 1, 27, 23, 50), Date.UTC(2028, 1, 28, 23, 50), Date.UTC(2026, 11, 31, 23, 50)];
/** How far time moves by itself between two events. */
const STEP_MS_MAX = 20;
const LAST_EVENTS_KEPT = 40;

export class Scheduler {
  readonly uniform: () => number;
  readonly #log: ((line: string) => void) | null;
  readonly #last: string[] = [];
  #ready: Task[] = [];
  #timers: Timer[] = [];
  #process = 0;
  #steadyMs = 0;
  #wallMs: number;
  events = 0;

  constructor(seed: number, log: ((line: string) => void) | null) {
    this.uniform = seededUniform(seed);
    this.#log = log;
    this.#wallMs = this.pick(STARTS);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** An integer from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.uniform() * (to - from + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.uniform() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  steadyMs(): number {
    return this.#steadyMs;
  }

  /** What a person's or a server's set clock shows. */
  wall(): Instant {
    return instant(Math.floor(this.#wallMs));
  }

  setWallClock(byMs: number): void {
    this.#wallMs += byMs;
  }

  get lastEvents(): readonly string[] {
    return this.#last;
  }

  /** True when nothing would ever happen again. */
  get idle(): boolean {
    return this.#ready.length === 0 && this.#timers.length === 0;
  }

  /** The result of the work, done at some later event. */
  later<Result>(label: string, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#ready.push({ label, process: this.#process, run: settleWith(work, resolve, reject) });
    });
  }

  after(delayMs: number, label: string, run: () => void): void {
    const timer = { label, process: this.#process, run, dueMs: this.#steadyMs + Math.max(0, delayMs) };
    const at = this.#timers.findLastIndex(({ dueMs }) => dueMs <= timer.dueMs);
    this.#timers.splice(at + 1, 0, timer);
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, 'timer', resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Everything that the process was doing and waiting for is gone. */
  killProcess(): void {
    this.#process += 1;
    this.#ready = [];
    this.#timers = [];
  }

  /** One event; where nothing is ready, time moves to the next timer. */
  async step(): Promise<void> {
    this.#pass(this.uniform() * STEP_MS_MAX);
    if (this.#ready.length === 0) this.#moveToNextTimer();
    const task = this.#ready.splice(Math.floor(this.uniform() * this.#ready.length), 1)[0];
    if (task !== undefined) await this.happen(task.label, task.run);
  }

  /** Time passes, and every timer goes off in its turn. */
  async pass(ms: number): Promise<void> {
    const end = this.#steadyMs + ms;
    while ((this.#timers[0]?.dueMs ?? Infinity) <= end) {
      this.#moveToNextTimer();
      const task = this.#ready.pop();
      if (task !== undefined) await this.happen(task.label, task.run);
    }
    this.#pass(Math.max(0, end - this.#steadyMs));
  }

  /** Something from outside, or the next task: counted, noted, and followed to its end. */
  readonly happen = async (label: string, run: () => void): Promise<void> => {
    this.events += 1;
    if (label !== '') this.note(label);
    run();
    await drained();
  };

  note(label: string): void {
    const line = `${(this.#steadyMs / 1000).toFixed(3).padStart(12)} s  ${label}`;
    this.#log?.(line);
    this.#last.push(line);
    if (this.#last.length > LAST_EVENTS_KEPT) this.#last.shift();
  }

  #pass(ms: number): void {
    this.#steadyMs += ms;
    this.#wallMs += ms;
    while ((this.#timers[0]?.dueMs ?? Infinity) <= this.#steadyMs) {
      const timer = this.#timers.shift();
      if (timer !== undefined) this.#ready.push(timer);
    }
  }

  #moveToNextTimer(): void {
    const next = this.#timers[0];
    if (next !== undefined) this.#pass(Math.max(0, next.dueMs - this.#steadyMs));
  }
}

function settleWith<Result>(
  work: () => Result,
  resolve: (result: Result) => void,
  reject: (reason: unknown) => void,
): () => void {
  return () => {
    try {
      resolve(work());
    } catch (error) {
      reject(error);
    }
  };
}

/** All promise callbacks that are due have run: no real input or output takes part, so one turn is enough. */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
