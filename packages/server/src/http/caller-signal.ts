/** Aborted when the caller has gone before the answer was complete. Lighter than an AbortController. */
import type { CancelSignal } from '@arouter/core';

export class CallerSignal implements CancelSignal {
  aborted = false;
  /** Few at any time, and none for most of it. */
  #listeners: (() => void)[] = [];

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at !== -1) this.#listeners.splice(at, 1);
  }

  /** The caller has gone. Once is enough. */
  abort(): void {
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
