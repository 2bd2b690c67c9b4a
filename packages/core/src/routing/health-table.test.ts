/**
 * `docs/health.md` row by row, as behaviour and not as constants: what one failure of the class does in each scope, how
 * the bench grows, what stated time is believed, and how the key comes back.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAILURE_CLASSES, type FailureClass } from '../errors/failure-class.ts';
import { instant, type ProviderKeyId } from '../values.ts';
import type { Health, HealthScope, Outcome } from './health.ts';
import { HEALTHY, nextHealth } from './next-health.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = 1_800_000_000_000;
const SCOPES = ['key', 'key_model', 'provider_model'] as const;

type Bench = {
  readonly trips: 'at_once' | 'third_in_a_row';
  readonly firstMs: number;
  readonly longestMs: number;
  /** Null: no stated time is believed. */
  readonly statedMsMax: number | null;
};
type Row = { readonly scopes: readonly HealthScope['kind'][]; readonly bench: Bench | 'until_edited' };

const FAULT: Row = {
  scopes: ['key_model', 'provider_model'],
  bench: { trips: 'third_in_a_row', firstMs: 5 * SECOND, longestMs: 5 * MINUTE, statedMsMax: HOUR },
};
const atOnce = (
  scope: HealthScope['kind'],
  firstMs: number,
  longestMs: number,
  statedMsMax: number | null,
): Row => ({ scopes: [scope], bench: { trips: 'at_once', firstMs, longestMs, statedMsMax } });

/** The promise, written down a second time: a change of the policy must be meant. */
const TABLE: Readonly<Record<FailureClass, Row | null>> = {
  key_invalid: { scopes: ['key'], bench: 'until_edited' },
  key_ambiguous: atOnce('key', MINUTE, 15 * MINUTE, DAY),
  billing: atOnce('key', 30 * MINUTE, 6 * HOUR, 35 * DAY),
  rate_limited: atOnce('key_model', 5 * SECOND, MINUTE, DAY),
  model_unavailable: atOnce('key_model', 10 * MINUTE, HOUR, DAY),
  egress_denied: atOnce('key', MINUTE, HOUR, null),
  provider_busy: FAULT,
  provider_error: FAULT,
  unreachable: FAULT,
  timeout: FAULT,
  invalid_answer: FAULT,
  token_stale: null,
  too_big_for_key: null,
  context_length: null,
  content_filter: null,
  bad_request: null,
  client_gone: null,
  secret_unreadable: null,
};

type Fields = { readonly retryAfterMs?: number; readonly key?: string };

function failure(failureClass: FailureClass, at: number, { retryAfterMs, key }: Fields = {}): Outcome {
  return {
    kind: 'failure',
    at: instant(at),
    startedAt: instant(at),
    key: (key ?? 'pk_1') as ProviderKeyId,
    class: failureClass,
    status: 500,
    message: 'no',
    retryAfterMs: retryAfterMs ?? null,
    jitter: 0,
  };
}

/** As many failures as the class needs in this scope, from two keys where the scope is shared. */
function trip(failureClass: FailureClass, scope: HealthScope['kind'], at = T0, fields: Fields = {}): Health {
  const row = TABLE[failureClass];
  const times = row !== null && row.bench !== 'until_edited' && row.bench.trips === 'third_in_a_row' ? 3 : 1;
  let health = HEALTHY;
  for (let nth = 0; nth < times; nth += 1)
    health = nextHealth(health, scope, failure(failureClass, at, { ...fields, key: `pk_${nth}` }));
  return health;
}

describe.each(FAILURE_CLASSES)('%s', (failureClass) => {
  const row = TABLE[failureClass];

  test('counts where the table says, and nowhere else', () => {
    for (const scope of SCOPES) {
      const { state } = trip(failureClass, scope);
      expect([scope, state !== 'healthy']).toEqual([scope, row?.scopes.includes(scope) ?? false]);
    }
  });

  test('leaves what it does not blame exactly as it was', () => {
    for (const scope of SCOPES) {
      if (row?.scopes.includes(scope) === true) continue;
      expect(nextHealth(HEALTHY, scope, failure(failureClass, T0))).toBe(HEALTHY);
    }
  });
});

const benches = FAILURE_CLASSES.flatMap((failureClass) => {
  const row = TABLE[failureClass];
  return row === null || row.bench === 'until_edited'
    ? []
    : row.scopes.map((scope) => ({ failureClass, scope, bench: row.bench as Bench }));
});

describe.each(benches)('$failureClass in $scope', ({ failureClass, scope, bench }) => {
  test('trips as the table says, and not before', () => {
    const once = nextHealth(HEALTHY, scope, failure(failureClass, T0));
    expect(once.state).toBe(bench.trips === 'at_once' ? 'cooling_down' : 'healthy');
    expect(trip(failureClass, scope).state).toBe('cooling_down');
  });

  test('begins with the first bench, doubles with each failed probe and ends at the longest', () => {
    let health = trip(failureClass, scope);
    let begins = T0;
    let expected = bench.firstMs;
    for (let round = 0; round < 12; round += 1) {
      expect((health.until ?? 0) - begins).toBe(Math.min(expected, bench.longestMs));
      begins = (health.until ?? 0) + 1;
      // A pause of ten minutes without failure takes one step back, and a bench may be longer than that.
      const steps = Math.floor((begins - (health.lastFailureAt ?? 0)) / (10 * MINUTE));
      const level = Math.max(0, health.level - steps);
      expected = bench.firstMs * 2 ** level;
      health = nextHealth(health, scope, failure(failureClass, begins));
    }
  });

  test('believes a stated time up to its limit', () => {
    const stated = trip(failureClass, scope, T0, { retryAfterMs: 40 * DAY });
    const short = trip(failureClass, scope, T0, { retryAfterMs: 90 * SECOND });
    if (bench.statedMsMax === null) {
      expect((stated.until ?? 0) - T0).toBe(bench.firstMs);
      return;
    }
    expect((stated.until ?? 0) - T0).toBe(bench.statedMsMax);
    expect((short.until ?? 0) - T0).toBe(90 * SECOND);
  });

  test('comes back by one success after the bench, and by a person at any time', () => {
    const benched = trip(failureClass, scope);
    const early = nextHealth(benched, scope, { kind: 'success', at: instant(T0 + 1) });
    expect(early.state).toBe('cooling_down');
    const probed = nextHealth(benched, scope, { kind: 'success', at: instant((benched.until ?? 0) + 1) });
    expect(probed).toMatchObject({ state: 'healthy', until: null, level: 0, consecutiveFailures: 0 });
    expect(nextHealth(benched, scope, { kind: 'reset', at: instant(T0) })).toEqual(HEALTHY);
  });
});

test('a revoked key stays out whatever time passes and whatever succeeds, until a person acts', () => {
  const revoked = trip('key_invalid', 'key');
  const later = nextHealth(revoked, 'key', { kind: 'success', at: instant(T0 + 365 * DAY) });
  expect(later).toMatchObject({ state: 'unhealthy', until: null, because: 'key_invalid' });
  expect(nextHealth(later, 'key', { kind: 'reset', at: instant(T0) }).state).toBe('healthy');
});

test('a flapping provider is benched for longer and longer, and forgiven step by step when it is quiet', () => {
  let health = HEALTHY;
  let at = T0;
  const waits: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (let nth = 0; nth < 3 && health.state === 'healthy'; nth += 1)
      health = nextHealth(health, 'key_model', failure('provider_error', at));
    if (round > 0) health = nextHealth(health, 'key_model', failure('provider_error', at));
    waits.push((health.until ?? 0) - at);
    at = (health.until ?? 0) + 1;
  }
  expect(waits).toEqual([5, 10, 20, 40].map((seconds) => seconds * SECOND));
  const quiet = at + 20 * MINUTE;
  health = nextHealth(health, 'key_model', failure('provider_error', quiet));
  expect((health.until ?? 0) - quiet).toBe(20 * SECOND);
});

test('a slow provider is a fault like any other: three time-outs in a row bench the model, not the key', () => {
  expect(trip('timeout', 'key_model').state).toBe('cooling_down');
  expect(trip('timeout', 'key').state).toBe('healthy');
});

test('one bad model on a good key: the key itself is untouched', () => {
  for (const failureClass of ['model_unavailable', 'rate_limited', 'provider_error'] as const) {
    expect(trip(failureClass, 'key_model').state).toBe('cooling_down');
    expect(trip(failureClass, 'key')).toBe(HEALTHY);
  }
});

test('the page shows every class with its scopes', () => {
  const page = readFileSync(new URL('../../../../docs/health.md', import.meta.url), 'utf8');
  for (const failureClass of FAILURE_CLASSES) {
    const line = page.split('\n').find((each) => each.startsWith(`| \`${failureClass}\` |`)) ?? '';
    const shown = [...line.matchAll(/`(key|key_model|provider_model)`/g)].map(([, scope]) => scope);
    expect([failureClass, shown]).toEqual([failureClass, [...(TABLE[failureClass]?.scopes ?? [])]]);
  }
});
