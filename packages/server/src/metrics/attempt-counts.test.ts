import type { AttemptSettled } from '@arouter/core';
import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createAttemptCounts } from './attempt-counts.ts';

type Row = Parameters<ReturnType<typeof createAttemptCounts>['settled']>[0];

function row(fields: Partial<Row>): Row {
  const provider = 'openai' as AttemptSettled['provider'];
  return { provider, source: 'byok', outcome: 'succeeded', latencyMs: 70, ...fields };
}

describe('counting attempts', () => {
  it('writes what the Prometheus client would write of the same attempts', async () => {
    const rows = [
      row({}),
      row({ latencyMs: 50 }),
      row({ latencyMs: 400_000, outcome: 'failed' }),
      row({ source: 'platform', outcome: 'cancelled' }),
      row({ provider: 'groq' as AttemptSettled['provider'], latencyMs: 1000 }),
    ];
    const counts = createAttemptCounts();
    const registry = new Registry();
    const attempts = new Counter({
      name: 'arouter_attempts_total',
      help: 'Settled attempts at providers.',
      labelNames: ['provider', 'source', 'outcome'],
      registers: [registry],
    });
    const seconds = new Histogram({
      name: 'arouter_attempt_seconds',
      help: 'Time from dispatch to settlement.',
      labelNames: ['provider'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    });
    const refusals = new Counter({
      name: 'arouter_refusals_total',
      help: 'Requests that no provider was called for.',
      labelNames: ['code'],
      registers: [registry],
    });
    for (const each of rows) {
      counts.settled(each);
      attempts.inc({ provider: each.provider, source: each.source, outcome: each.outcome });
      seconds.observe({ provider: each.provider }, each.latencyMs / 1000);
    }
    for (const code of ['model_not_found', 'model_not_found', 'no_provider_available'] as const) {
      counts.refused(code);
      refusals.inc({ code });
    }
    expect(lines(counts.text())).toEqual(lines(await registry.metrics()));
  });

  it('writes nothing but the names before anything happened', () => {
    expect(
      createAttemptCounts()
        .text()
        .split('\n')
        .every((line) => line === '' || line.startsWith('#')),
    ).toBe(true);
  });
});

/** The order of lines says nothing. */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}
