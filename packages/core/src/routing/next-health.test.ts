import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureClass } from '../errors/failure-class.ts';
import { FAILURE_CLASSES } from '../errors/failure-class.ts';
import { instant, type ProviderKeyId } from '../values.ts';
import type { Health, HealthScope, Outcome } from './health.ts';
import { BENCH_POLICIES, HEALTHY, nextHealth } from './next-health.ts';

const T0 = 1_800_000_000_000;

type FailureFields = {
  readonly class: FailureClass;
  readonly retryAfterMs?: number;
  readonly startedAt?: number;
  readonly key?: string;
};

function failure(at: number, fields: FailureFields): Outcome {
  return {
    kind: 'failure',
    at: instant(T0 + at),
    startedAt: instant(T0 + (fields.startedAt ?? at)),
    key: (fields.key ?? 'pk_1') as ProviderKeyId,
    class: fields.class,
    status: 500,
    message: 'said the provider',
    retryAfterMs: fields.retryAfterMs ?? null,
    jitter: 0,
  };
}
const success = (at: number): Outcome => ({ kind: 'success', at: instant(T0 + at) });

function after(scope: HealthScope['kind'], ...outcomes: readonly Outcome[]): Health {
  return outcomes.reduce((health, outcome) => nextHealth(health, scope, outcome), HEALTHY);
}
const benchedFor = (health: Health): number | null => (health.until === null ? null : health.until - T0);

describe('a refused credential', () => {
  test('makes the key unhealthy at once, until it is edited, re-enabled or tested', () => {
    const health = after('key', failure(0, { class: 'key_invalid' }), success(3_600_000));
    expect(health).toMatchObject({ state: 'unhealthy', until: null, because: 'key_invalid' });
    expect(nextHealth(health, 'key', { kind: 'reset', at: instant(T0) })).toEqual(HEALTHY);
  });

  test('is no word about the model or the provider', () => {
    expect(after('key_model', failure(0, { class: 'key_invalid' }))).toBe(HEALTHY);
    expect(after('provider_model', failure(0, { class: 'key_invalid' }))).toBe(HEALTHY);
  });
});

describe('a rate limit', () => {
  test('benches for the stated time, else 5 s doubling to 60 s', () => {
    expect(
      benchedFor(after('key_model', failure(0, { class: 'rate_limited', retryAfterMs: 18_000_000 }))),
    ).toBe(18_000_000);
    const waits: (number | null)[] = [];
    let health = HEALTHY;
    let at = 0;
    for (let round = 0; round < 6; round += 1) {
      health = nextHealth(health, 'key_model', failure(at, { class: 'rate_limited' }));
      waits.push((health.until ?? 0) - T0 - at);
      at = (health.until ?? 0) - T0 + 1;
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('a later, shorter one never shortens the bench; overlapping ones do not make it longer', () => {
    const health = after(
      'key_model',
      failure(0, { class: 'rate_limited', retryAfterMs: 1000 }),
      failure(10, { class: 'rate_limited', startedAt: -50 }),
      failure(20, { class: 'rate_limited', startedAt: -40 }),
      failure(30, { class: 'rate_limited', startedAt: -30 }),
    );
    expect(benchedFor(health)).toBe(5030);
    const long = after(
      'key_model',
      failure(0, { class: 'rate_limited', retryAfterMs: 30_000 }),
      failure(1, { class: 'rate_limited', retryAfterMs: 1000 }),
    );
    expect(benchedFor(long)).toBe(30_000);
  });

  test('an absurd stated time is cut', () => {
    expect(benchedFor(after('key_model', failure(0, { class: 'rate_limited', retryAfterMs: 9e15 })))).toBe(
      86_400_000,
    );
  });
});

describe('provider faults', () => {
  test('three in a row bench; two among successes do not', () => {
    const fault = (at: number): Outcome => failure(at, { class: 'provider_error' });
    expect(after('key_model', fault(0), fault(1), success(2), fault(3), fault(4)).state).toBe('healthy');
    const benched = after('key_model', fault(0), fault(1), fault(2));
    expect([benched.state, benchedFor(benched)]).toEqual(['cooling_down', 5002]);
  });

  test('half of at least five within 30 s benches too', () => {
    const outcomes = [0, 1, 2, 3, 4].flatMap((at) => [
      failure(at * 10, { class: 'timeout' }),
      success(at * 10 + 5),
    ]);
    expect(after('key_model', ...outcomes.slice(0, 8)).state).toBe('healthy');
    expect(after('key_model', ...outcomes.slice(0, 9)).state).toBe('cooling_down');
  });

  test('old failures are forgotten', () => {
    const outcomes = [0, 1, 2, 3, 4].flatMap((at) => [
      failure(at * 20_000, { class: 'timeout' }),
      success(at * 20_000 + 5),
    ]);
    expect(after('key_model', ...outcomes).state).toBe('healthy');
  });

  test('one sick key does not bench its sisters at the same destination; two do', () => {
    const of = (key: string, at: number): Outcome => failure(at, { class: 'unreachable', key });
    expect(after('provider_model', of('pk_1', 0), of('pk_1', 1), of('pk_1', 2), of('pk_1', 3)).state).toBe(
      'healthy',
    );
    expect(after('provider_model', of('pk_1', 0), of('pk_2', 1), of('pk_1', 2)).state).toBe('cooling_down');
  });

  test('after the bench one success heals, one failure benches for twice as long', () => {
    const fault = (at: number): Outcome => failure(at, { class: 'provider_error' });
    const benched = after('key_model', fault(0), fault(0), fault(0));
    expect(nextHealth(benched, 'key_model', success(5001))).toMatchObject({ state: 'healthy', level: 0 });
    const again = nextHealth(benched, 'key_model', fault(5001));
    expect((again.until ?? 0) - T0 - 5001).toBe(10_000);
  });
});

test('what the caller got wrong leaves health byte for byte as it was', () => {
  for (const failureClass of [
    'bad_request',
    'context_length',
    'content_filter',
    'too_big_for_key',
    'client_gone',
  ] as const) {
    for (const scope of ['key', 'key_model', 'provider_model'] as const) {
      const benched = after(scope, failure(0, { class: 'billing' }));
      expect(nextHealth(benched, scope, failure(1, { class: failureClass }))).toBe(benched);
    }
  }
});

test('no failure makes a bench end earlier, and every bench has a maximum', () => {
  const anyFailure = fc.record({
    at: fc.integer({ min: 0, max: 100_000_000 }),
    class: fc.constantFrom(...FAILURE_CLASSES),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  });
  fc.assert(
    fc.property(
      fc.array(anyFailure, { maxLength: 30 }),
      fc.constantFrom('key' as const, 'key_model' as const),
      (failures, scope) => {
        let health = HEALTHY;
        for (const { at, class: failureClass, retryAfterMs } of failures.toSorted((a, b) => a.at - b.at)) {
          const next = nextHealth(
            health,
            scope,
            failure(at, { class: failureClass, ...(retryAfterMs === null ? {} : { retryAfterMs }) }),
          );
          if (health.until !== null && next.state === 'cooling_down')
            expect(next.until).toBeGreaterThanOrEqual(health.until);
          if (next !== health && next.until !== null) {
            const policy = BENCH_POLICIES[failureClass];
            const bound =
              Math.max(policy?.statedMsMax ?? 0, policy?.longestMs ?? 0, (health.until ?? 0) - T0 - at) + 250;
            expect(next.until - T0 - at).toBeLessThanOrEqual(bound * 1.2);
          }
          health = next;
        }
      },
    ),
  );
});

describe('successes', () => {
  test('of a key without recent failures change nothing at all', () => {
    const recovered = after('key_model', failure(0, { class: 'provider_error' }), success(40_000));
    expect(nextHealth(recovered, 'key_model', success(50_000))).toBe(recovered);
    expect(nextHealth(HEALTHY, 'key_model', success(0))).toBe(HEALTHY);
  });
});
