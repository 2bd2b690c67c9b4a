/**
 * A fault of ours that nobody caught. Nothing in this process can be relied on any more, so it ends and whoever supervises it starts it
 * anew; before that it cuts what is under way, which tells the callers and settles what the providers were asked for. What it cannot
 * settle in time the next start does, as after any crash.
 */
import type { Logger } from 'pino';
import type { RunningServer } from '../start-server.ts';

const END_MS_MAX = 2000;

export function endOnFault(server: Pick<RunningServer, 'close'>, log: Pick<Logger, 'fatal'>): void {
  let ending = false;
  // Rejections that nobody handles come here too. The log is written to its end when the process exits.
  process.on('uncaughtException', (error: unknown) => {
    log.fatal(
      { fault: error instanceof Error ? error.stack : 'not an error' },
      'a fault of ours that nobody caught: the process ends, and must be started anew',
    );
    if (ending) process.exit(1);
    ending = true;
    const end = (): void => process.exit(1);
    setTimeout(end, END_MS_MAX);
    server.close(0).then(end, end);
  });
}
