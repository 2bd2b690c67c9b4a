/** Prometheus metrics of the process. Labels are from fixed sets: a provider's id, a source, an outcome. */
import type { Ledger } from '@arouter/core';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createBodyCounts, type BodyCounts } from '../bodies/body-counts.ts';
import { createAttemptCounts } from './attempt-counts.ts';
import { measureEventLoopDelay, NEVER_MS } from './event-loop-delay.ts';

export type Metrics = {
  /** The same ledger, counting what is settled and refused. */
  observe(ledger: Ledger): Ledger;
  readonly bodies: BodyCounts;
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    prefix: 'arouter_',
    eventLoopMonitoringPrecision: NEVER_MS,
  });
  measureEventLoopDelay(registry);
  const counts = createAttemptCounts();
  const bodies = createBodyCounts();

  return {
    observe: (ledger) => ({
      open: (row) => ledger.open(row),
      settle: (row) => {
        counts.settled(row);
        return ledger.settle(row);
      },
      refuse: (row) => {
        counts.refused(row.errorCode);
        ledger.refuse(row);
      },
    }),
    bodies,
    scrape: async () => ({
      contentType: registry.contentType,
      text: `${await registry.metrics()}\n${counts.text()}${bodies.text()}`,
    }),
  };
}
