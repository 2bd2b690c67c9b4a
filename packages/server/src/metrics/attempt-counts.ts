/**
 * What is counted of attempts and refusals: plain numbers while requests run, Prometheus text when somebody asks. A
 * registry of labelled metrics was measured to cost a request more than its reservation does.
 */
import type { AttemptSettled, GenerationRefused } from '@arouter/core';

export type AttemptCounts = {
  settled(row: Pick<AttemptSettled, 'provider' | 'source' | 'outcome' | 'latencyMs'>): void;
  refused(code: GenerationRefused['errorCode']): void;
  /** In Prometheus' text format, with its last line end. */
  text(): string;
};

/** Upper bounds in seconds. */
const BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

type ProviderCounts = {
  readonly byok: Map<AttemptSettled['outcome'], number>;
  readonly platform: Map<AttemptSettled['outcome'], number>;
  /** Per bucket, and one for what is above them all; not yet summed up. */
  readonly buckets: number[];
  seconds: number;
};

/** Bounded by what there is: providers, outcomes, error codes. */
export function createAttemptCounts(): AttemptCounts {
  const providers = new Map<string, ProviderCounts>();
  const refusals = new Map<string, number>();

  function countsOf(provider: string): ProviderCounts {
    const known = providers.get(provider);
    if (known !== undefined) return known;
    const buckets = Array.from({ length: BUCKETS_S.length + 1 }, () => 0);
    const fresh: ProviderCounts = { byok: new Map(), platform: new Map(), buckets, seconds: 0 };
    providers.set(provider, fresh);
    return fresh;
  }

  return {
    settled({ provider, source, outcome, latencyMs }) {
      const counts = countsOf(provider);
      increment(source === 'byok' ? counts.byok : counts.platform, outcome);
      const seconds = latencyMs / 1000;
      const bucket = bucketOf(seconds);
      counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
      counts.seconds += seconds;
    },
    refused: (code) => increment(refusals, code),
    text: () =>
      [
        ...head('arouter_attempts_total', 'counter', 'Settled attempts at providers.'),
        ...[...providers].flatMap(([provider, counts]) => attemptLines(provider, counts)),
        ...head('arouter_attempt_seconds', 'histogram', 'Time from dispatch to settlement.'),
        ...[...providers].flatMap(([provider, counts]) => secondsLines(provider, counts)),
        ...head('arouter_refusals_total', 'counter', 'Requests that no provider was called for.'),
        ...[...refusals].map(([code, count]) => `arouter_refusals_total{code="${code}"} ${count}`),
        '',
      ].join('\n'),
  };
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function bucketOf(seconds: number): number {
  let bucket = 0;
  while (bucket < BUCKETS_S.length && seconds > (BUCKETS_S[bucket] ?? 0)) bucket += 1;
  return bucket;
}

function head(name: string, type: 'counter' | 'histogram', help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function attemptLines(provider: string, { byok, platform }: ProviderCounts): readonly string[] {
  const lines = (source: AttemptSettled['source'], counts: ProviderCounts['byok']): readonly string[] =>
    [...counts].map(
      ([outcome, count]) =>
        `arouter_attempts_total{provider="${provider}",source="${source}",outcome="${outcome}"} ${count}`,
    );
  return [...lines('byok', byok), ...lines('platform', platform)];
}

/** A bucket of Prometheus counts everything up to its bound. */
function secondsLines(provider: string, { buckets, seconds }: ProviderCounts): readonly string[] {
  let sum = 0;
  const lines = buckets.map((count, index) => {
    sum += count;
    return `arouter_attempt_seconds_bucket{le="${BUCKETS_S[index] ?? '+Inf'}",provider="${provider}"} ${sum}`;
  });
  const label = `{provider="${provider}"}`;
  return [
    ...lines,
    `arouter_attempt_seconds_sum${label} ${seconds}`,
    `arouter_attempt_seconds_count${label} ${sum}`,
  ];
}
