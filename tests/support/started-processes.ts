/** Processes that tests have started and that run still: a test that fails half-way through its preparations leaves them. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

/** Keeps it in mind until it has ended. */
export function rememberProcess(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** SIGKILL to all that run still; resolves when they have ended. */
export async function endRememberedProcesses(): Promise<void> {
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(ended);
}
