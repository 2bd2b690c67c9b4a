/**
 * How many callers' connections are open at once. At the bound those that nobody uses give way, so that keeping connections open takes
 * nobody's place; where all are at work, who comes is closed at once, and the log says how many that were.
 */
import type { Server } from 'node:http';
import type { Logger } from 'pino';

/** Looking for idle ones goes over all of them, which takes a millisecond or two of ten thousand. */
const LOOK_MS = 100;
const SAY_MS_MIN = 60_000;
const SAID =
  'as many connections of callers are open as may be and all are at work: who came was turned away. Raise AROUTER_CONNECTIONS_MAX, ' +
  'or see who holds them.';

export function limitConnections(server: Server, connectionsMax: number, log: Pick<Logger, 'warn'>): void {
  server.maxConnections = connectionsMax;
  let timer: NodeJS.Timeout | null = null;
  const makeRoom = (): void => {
    server.getConnections((_error, open) => {
      if (open < connectionsMax) {
        if (timer !== null) clearInterval(timer);
        timer = null;
        return;
      }
      server.closeIdleConnections();
      // Who is done while nobody comes makes room too: else the next one would be turned away for the sake of idle ones.
      timer ??= setInterval(makeRoom, LOOK_MS).unref();
    });
  };
  let refused = 0;
  let saidAtMs = -Infinity;
  server.on('connection', () => {
    if (timer === null) makeRoom();
  });
  server.on('drop', () => {
    refused += 1;
    if (performance.now() - saidAtMs < SAY_MS_MIN) return;
    log.warn({ connectionsMax, refused }, SAID);
    saidAtMs = performance.now();
    refused = 0;
  });
}
