/** Prometheus metrics of the process. Labels are from fixed sets: a provider's id, a source, an outcome. */
import type { AttemptSettled, Ledger } from '@arouter/core';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

export type Metrics = {
  /** The same ledger, counting what is settled and refused. */
  observe(ledger: Ledger): Ledger;
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** What is counted of one provider. */
type ProviderSeries = Readonly<
  Record<AttemptSettled['source'], Partial<Record<AttemptSettled['outcome'], { inc(): void }>>>
> & { readonly latency: { observe(value: number): void } };

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'arouter_' });
  const attempts = new Counter({
    name: 'arouter_attempts_total',
    help: 'Settled attempts at providers.',
    labelNames: ['provider', 'source', 'outcome'] as const,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'arouter_attempt_seconds',
    help: 'Time from dispatch to settlement.',
    labelNames: ['provider'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'arouter_refusals_total',
    help: 'Requests that no provider was called for.',
    labelNames: ['code'] as const,
    registers: [registry],
  });

  // Looking a label set up costs more than counting; there are few of them.
  const known = new Map<string, ProviderSeries>();

  function seriesOf(provider: string): ProviderSeries {
    const series = known.get(provider);
    if (series !== undefined) return series;
    const fresh: ProviderSeries = { byok: {}, platform: {}, latency: seconds.labels({ provider }) };
    known.set(provider, fresh);
    return fresh;
  }

  function count({ provider, source, outcome, latencyMs }: AttemptSettled): void {
    const { [source]: outcomes, latency } = seriesOf(provider);
    outcomes[outcome] ??= attempts.labels({ provider, source, outcome });
    outcomes[outcome].inc();
    latency.observe(latencyMs / 1000);
  }

  return {
    observe: (ledger) => ({
      open: (row) => ledger.open(row),
      settle: (row) => {
        count(row);
        return ledger.settle(row);
      },
      refuse: (row) => {
        refusals.inc({ code: row.errorCode });
        ledger.refuse(row);
      },
    }),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
