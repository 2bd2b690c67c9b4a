/**
 * Health as a pure reducer: what one outcome makes of the state of a key, a key with a model, or a model at one
 * destination. The table of classes below is the policy; docs/health.md is generated from it.
 */
import type { FailureClass } from '../errors/failure-class.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import { laterBy, type Instant } from '../values.ts';
import type { Health, HealthScope, Outcome } from './health.ts';

export type BenchPolicy = {
  /** Where a failure of this class counts; absent: it blames nothing. */
  readonly scopes: readonly HealthScope['kind'][];
  /** `at_once`: the first failure benches. `breaker`: 3 in a row, or ≥ 5 and ≥ 50 % in 30 s. `until_edited`: for good. */
  readonly trips: 'at_once' | 'breaker' | 'until_edited';
  /** First bench without a stated time; doubles each repeat. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** The longest stated time that is believed; a later one is cut to it. */
  readonly statedMsMax: number;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const PROVIDER_FAULT: BenchPolicy = {
  scopes: ['key_model', 'provider_model'],
  trips: 'breaker',
  firstMs: 5 * SECOND,
  longestMs: 5 * MINUTE,
  statedMsMax: HOUR,
};

/** The policy per class. A class that is the caller's own fault, or ours, blames nothing. */
export const BENCH_POLICIES: Readonly<Record<FailureClass, BenchPolicy | null>> = {
  key_invalid: { scopes: ['key'], trips: 'until_edited', firstMs: 0, longestMs: 0, statedMsMax: 0 },
  key_ambiguous: {
    scopes: ['key'],
    trips: 'at_once',
    firstMs: MINUTE,
    longestMs: 15 * MINUTE,
    statedMsMax: DAY,
  },
  billing: {
    scopes: ['key'],
    trips: 'at_once',
    firstMs: 30 * MINUTE,
    longestMs: 6 * HOUR,
    statedMsMax: 35 * DAY,
  },
  rate_limited: {
    scopes: ['key_model'],
    trips: 'at_once',
    firstMs: 5 * SECOND,
    longestMs: MINUTE,
    statedMsMax: DAY,
  },
  model_unavailable: {
    scopes: ['key_model'],
    trips: 'at_once',
    firstMs: 10 * MINUTE,
    longestMs: HOUR,
    statedMsMax: DAY,
  },
  provider_busy: PROVIDER_FAULT,
  provider_error: PROVIDER_FAULT,
  unreachable: PROVIDER_FAULT,
  timeout: PROVIDER_FAULT,
  invalid_answer: PROVIDER_FAULT,
  egress_denied: { scopes: ['key'], trips: 'at_once', firstMs: MINUTE, longestMs: HOUR, statedMsMax: 0 },
  // Of a token that the gateway made from the key: the next one decides about the key.
  token_stale: null,
  too_big_for_key: null,
  context_length: null,
  content_filter: null,
  bad_request: null,
  client_gone: null,
  secret_unreadable: null,
};

export const BREAKER = {
  consecutive: 3,
  failuresMin: 5,
  failureShareMin: 0.5,
  windowMs: 30 * SECOND,
} as const;
/** A time without failure after which the next bench is one step shorter again. */
const LEVEL_DECAY_MS = 10 * MINUTE;
const WINDOW_ENTRIES_MAX = 256;

export const HEALTHY: Health = {
  state: 'healthy',
  until: null,
  because: null,
  level: 0,
  consecutiveFailures: 0,
  window: [],
  lastFailureAt: null,
  failingKeys: [],
  lastError: null,
};

export function nextHealth(health: Health, scope: HealthScope['kind'], outcome: Outcome): Health {
  switch (outcome.kind) {
    case 'reset':
      return HEALTHY;
    case 'success':
      return afterSuccess(health, outcome.at);
    case 'failure': {
      const policy = BENCH_POLICIES[outcome.class];
      return policy !== null && policy.scopes.includes(scope)
        ? afterFailure(health, scope, outcome, policy)
        : health;
    }
  }
}

/** The scopes that an attempt on this key can speak of. */
export function healthScopes(
  key: Pick<ProviderKeyRecord, 'id' | 'destination'>,
  model: string,
): readonly HealthScope[] {
  return [
    { kind: 'key', key: key.id },
    { kind: 'key_model', key: key.id, model },
    { kind: 'provider_model', destination: key.destination, model },
  ];
}

export function healthScopeId(scope: HealthScope): string {
  switch (scope.kind) {
    case 'key':
      return `k ${scope.key}`;
    case 'key_model':
      return `m ${scope.key} ${scope.model}`;
    case 'provider_model':
      return `p ${scope.destination} ${scope.model}`;
  }
}

/**
 * A success while benched is an attempt that began before the bench, unless the bench has passed: then it is the
 * half-open probe, and the scope is healthy again. The last error stays to be read.
 */
function afterSuccess(health: Health, at: Instant): Health {
  if (health.state === 'unhealthy') return health;
  if (health.state === 'cooling_down' && health.until !== null && health.until > at) return health;
  const probed = health.state === 'cooling_down';
  // Nothing to forget: most successes of a key that failed once, long ago.
  if (!probed && health.consecutiveFailures === 0 && health.window.length === 0) return health;
  return {
    ...health,
    state: 'healthy',
    until: null,
    because: null,
    level: probed ? 0 : health.level,
    consecutiveFailures: 0,
    failingKeys: [],
    window: probed ? [] : remember(health.window, at, true),
  };
}

function afterFailure(
  health: Health,
  scope: HealthScope['kind'],
  outcome: Extract<Outcome, { kind: 'failure' }>,
  policy: BenchPolicy,
): Health {
  const { at } = outcome;
  const seen: Health = {
    ...health,
    consecutiveFailures: health.consecutiveFailures + 1,
    window: remember(health.window, at, false),
    failingKeys: [...new Set([...health.failingKeys, outcome.key])].slice(0, 2),
    lastError: { status: outcome.status, class: outcome.class, message: outcome.message, at },
  };
  if (policy.trips === 'until_edited') {
    return { ...seen, state: 'unhealthy', until: null, because: outcome.class, lastFailureAt: at };
  }
  const trips = policy.trips === 'at_once' || breakerTrips(seen, scope) || health.state === 'cooling_down';
  if (health.state === 'unhealthy' || !trips) return { ...seen, lastFailureAt: at };
  const level = decayedLevel(health, at);
  // An attempt that was already under way when the bench began says nothing new: it does not make it longer.
  const overlapping =
    health.lastFailureAt !== null && outcome.startedAt <= health.lastFailureAt && health.until !== null;
  const until = benchEnd(outcome, policy, overlapping ? Math.max(0, level - 1) : level);
  return {
    ...seen,
    state: 'cooling_down',
    // A later failure never shortens a bench.
    until: health.until !== null && health.until > until ? health.until : until,
    because: outcome.class,
    level: overlapping ? level : level + 1,
    lastFailureAt: at,
  };
}

/** The shared scope trips only on failures in a row from different keys: one sick key must not bench its sisters. */
function breakerTrips(seen: Health, scope: HealthScope['kind']): boolean {
  const inARow = seen.consecutiveFailures >= BREAKER.consecutive;
  if (scope === 'provider_model') return inARow && seen.failingKeys.length > 1;
  const failures = seen.window.filter((entry) => !entry.ok).length;
  return (
    inARow || (failures >= BREAKER.failuresMin && failures >= seen.window.length * BREAKER.failureShareMin)
  );
}

function benchEnd(
  outcome: Extract<Outcome, { kind: 'failure' }>,
  policy: BenchPolicy,
  level: number,
): Instant {
  const { at, retryAfterMs, jitter } = outcome;
  if (retryAfterMs !== null && policy.statedMsMax > 0) {
    // Exactly the provider's own time: the caller is told the same, and must not come too early. Waiting keys do not
    // wake together, because one request is the probe.
    return laterBy(at, Math.min(Math.max(retryAfterMs, SECOND), policy.statedMsMax));
  }
  const wait = Math.min(policy.firstMs * 2 ** level, policy.longestMs);
  return laterBy(at, Math.round(wait * (1 + (policy.trips === 'breaker' ? jitter * 0.2 : 0))));
}

function decayedLevel(health: Health, at: Instant): number {
  if (health.lastFailureAt === null) return health.level;
  return Math.max(0, health.level - Math.floor((at - health.lastFailureAt) / LEVEL_DECAY_MS));
}

function remember(window: Health['window'], at: Instant, ok: boolean): Health['window'] {
  const oldest = at - BREAKER.windowMs;
  const recent = window.filter((entry) => entry.at > oldest);
  // Successes count only beside a failure: a healthy key keeps no window at all.
  if (ok && recent.length === 0) return [];
  return [...recent, { at, ok }].slice(-WINDOW_ENTRIES_MAX);
}
