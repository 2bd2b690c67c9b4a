/** Workers are started by file: the TypeScript source in development, the built JavaScript otherwise. */
import type { Worker } from 'node:worker_threads';
import { CLOSE } from './messages.ts';

export function workerFile(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}

/** Resolves when the thread has closed its connection and ended, of itself or before. */
export function closeThread(worker: Worker): Promise<void> {
  // A thread that has ended already has no id any more, and says nothing a second time.
  if (worker.threadId === -1) return Promise.resolve();
  return new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.postMessage(CLOSE);
  });
}
