/** Nothing served the request: the one error that says what, which and what now. Reads only the plan and the attempts. */
import { asSentence, failureAdvice } from '../errors/failure-advice.ts';
import type { Failure, FailureClass } from '../errors/failure-class.ts';
import { GatewayError, type RateLimit } from '../errors/gateway-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { isoTime } from '../limits/period.ts';
import { explainPlan } from '../routing/explain-plan.ts';
import type { ExcludedVerdict } from '../routing/route-plan.ts';
import { instant, type Instant, type KeySource } from '../values.ts';
import type { FailedAttempt, Refusal, Run } from './run.ts';

export function toFailure(run: Run, now: Instant): GatewayError {
  if (run.inbound.signal.aborted) {
    return new GatewayError('client_closed_request', 'The caller closed the connection before an answer.');
  }
  const last = run.failures.at(-1);
  if (last !== undefined) return failedAttempt(run, last, now);
  const blocked = whatBlocks(run);
  const own = callersOwnLimit(run.refusals, now);
  // A limit that only platform keys count against is not the answer while an own key is free again in a moment.
  if (own !== null && !blocked.some(isOwnAndPassing)) return own;
  if (run.inexpressible !== null) return run.inexpressible;
  return blocked.length === 0 ? nothingEligible(run) : allBlocked(run, blocked, now);
}

/** The API key's own limits: no other provider key would help. */
function callersOwnLimit(refusals: readonly Refusal[], now: Instant): GatewayError | null {
  for (const { by, reading } of refusals) {
    if (by.kind === 'spend' && by.scope.owner === 'api_key') {
      const reset =
        reading.resetsAt === null
          ? 'It does not reset by itself'
          : `It resets at ${isoTime(reading.resetsAt)}`;
      return new GatewayError(
        'quota_exceeded',
        `The spending limit of this API key is reached. ${reset}; raise it in API keys.`,
        {
          metadata: {
            scope: 'api_key',
            period: by.scope.period,
            ...money(reading),
            resets_at: timeOrNull(reading.resetsAt),
          },
        },
      );
    }
    if (by.kind === 'rpm' && by.owner === 'api_key') {
      return new GatewayError(
        'rate_limit_exceeded',
        `This API key is limited to ${by.limit} requests per minute. Slow down, or raise the limit in API keys.`,
        {
          retryAfterMs: waitUntil(reading.resetsAt, now),
          rateLimit: rateLimit(by.limit, reading.resetsAt),
          metadata: { scope: 'api_key', limit: by.limit },
        },
      );
    }
  }
  return null;
}

/** The error of a request whose last attempt failed: the provider's words, whose key it was, and what to do. */
function failedAttempt(run: Run, last: FailedAttempt, now: Instant): GatewayError {
  const { failure, key, manifest } = last;
  const name = key.source === 'byok' ? `Key "${key.label || key.id}"` : 'The platform key';
  const advice = failureAdvice(failure.class, { provider: manifest.name, keysUrl: manifest.keysUrl });
  const { code, status } = ANSWERS[failure.class];
  const message = `${name} for ${manifest.name}: ${asSentence(failure.message || 'no message')} ${advice}`;
  return new GatewayError(code, message, {
    status: status === 'upstream' ? (failure.status ?? 502) : status,
    retryAfterMs: statedWait(failure, run, now),
    metadata: {
      class: failure.class,
      provider: manifest.id,
      provider_status: failure.status,
      provider_code: failure.providerCode,
      provider_message: failure.message,
      ...(key.source === 'byok' ? { provider_key_id: key.id } : {}),
      attempts: run.failures.length,
      verdicts: run.plans.flatMap(explainPlan),
    },
  });
}

/** `upstream`: the caller's own mistake keeps the status that the provider gave it. */
const ANSWERS: Readonly<
  Record<FailureClass, { readonly code: ErrorCode; readonly status: number | 'upstream' }>
> = {
  key_invalid: { code: 'provider_key_rejected', status: 424 },
  key_ambiguous: { code: 'provider_key_rejected', status: 424 },
  token_stale: { code: 'upstream_error', status: 503 },
  billing: { code: 'provider_key_rejected', status: 424 },
  secret_unreadable: { code: 'provider_key_rejected', status: 424 },
  rate_limited: { code: 'rate_limit_exceeded', status: 429 },
  too_big_for_key: { code: 'rate_limit_exceeded', status: 429 },
  provider_busy: { code: 'upstream_error', status: 503 },
  provider_error: { code: 'upstream_error', status: 502 },
  invalid_answer: { code: 'upstream_error', status: 502 },
  client_gone: { code: 'upstream_error', status: 502 },
  unreachable: { code: 'upstream_unreachable', status: 502 },
  timeout: { code: 'upstream_timeout', status: 504 },
  egress_denied: { code: 'egress_denied', status: 422 },
  model_unavailable: { code: 'model_not_found', status: 404 },
  context_length: { code: 'invalid_request', status: 'upstream' },
  content_filter: { code: 'invalid_request', status: 'upstream' },
  bad_request: { code: 'invalid_request', status: 'upstream' },
};

type Blocker = {
  readonly kind:
    | 'rpm'
    | 'concurrency'
    | 'budget'
    | 'cooling'
    | 'rejected'
    | 'unreadable'
    | 'price'
    | 'credits';
  readonly until: Instant | null;
  readonly verdict: ExcludedVerdict | null;
  readonly source: KeySource;
  /** Requests per minute, where that is what blocks. */
  readonly limit?: number;
};

/** What stands in the way of keys that could otherwise have served. Own keys decide where one of them denies fallback. */
function whatBlocks(run: Run): readonly Blocker[] {
  const excluded = run.plans
    .flatMap((plan) => plan.verdicts)
    .filter((verdict) => verdict.kind === 'excluded');
  const fromPlan = excluded.flatMap((verdict) => blockerOf(verdict) ?? []);
  const fromCounters = run.refusals.flatMap(blockerOfRefusal);
  return [...fromPlan, ...fromCounters];
}

function blockerOf(verdict: ExcludedVerdict): Blocker | null {
  const { reason, source } = verdict;
  switch (reason.code) {
    case 'cooling_down':
      return { kind: reason.until === null ? 'rejected' : 'cooling', until: reason.until, verdict, source };
    case 'budget_exceeded':
      return { kind: 'budget', until: reason.resetsAt, verdict, source };
    case 'rpm_exceeded':
      return { kind: 'rpm', until: reason.resetsAt, verdict, source, limit: reason.limit };
    case 'concurrency_exceeded':
      return { kind: 'concurrency', until: null, verdict, source };
    case 'secret_unreadable':
      return { kind: 'unreadable', until: null, verdict, source };
    case 'price_unknown':
      return { kind: 'price', until: null, verdict, source };
    default:
      return null;
  }
}

function blockerOfRefusal({ by, reading, key: { source } }: Refusal): readonly Blocker[] {
  const refused = { verdict: null, source } as const;
  switch (by.kind) {
    case 'rpm':
      // The caller's own limits are told apart.
      return by.owner === 'api_key'
        ? []
        : [{ ...refused, kind: 'rpm', until: reading.resetsAt, limit: by.limit }];
    case 'concurrency':
      return [{ ...refused, kind: 'concurrency', until: null }];
    case 'spend':
      return by.scope.owner === 'api_key' ? [] : [{ ...refused, kind: 'budget', until: reading.resetsAt }];
    case 'credits':
      return [{ ...refused, kind: 'credits', until: null }];
    case 'probe':
      return [{ ...refused, kind: 'cooling', until: reading.resetsAt }];
  }
}

function isOwnAndPassing({ kind, source }: Blocker): boolean {
  return source === 'byok' && (kind === 'cooling' || kind === 'rpm' || kind === 'concurrency');
}

/**
 * What a wait cures soonest names the error, so that nobody gives up who need only wait: a bench ends within minutes, a
 * slot frees within one (beside a benched key it is not the whole story), a budget resets with its period; credits,
 * prices and credentials need a person.
 */
const CURED_SOONEST = [
  'cooling',
  'rpm',
  'concurrency',
  'budget',
  'credits',
  'price',
  'rejected',
  'unreadable',
] as const;

function allBlocked(run: Run, blockers: readonly Blocker[], now: Instant): GatewayError {
  const kind = CURED_SOONEST.find((each) => blockers.some((blocker) => blocker.kind === each)) ?? 'cooling';
  const until = soonest(blockers);
  const { code, sentence } = BLOCKED[kind];
  const budget = blockers.find((blocker) => blocker.kind === 'budget' && blocker.verdict?.source === 'byok')
    ?.verdict?.reason;
  return new GatewayError(
    code,
    `${sentence} ${[...new Set(run.plans.flatMap(explainPlan))].join(' ')}`.trim(),
    {
      retryAfterMs: until === null ? null : waitUntil(until, now),
      rateLimit: kind === 'rpm' ? firstToFree(blockers) : null,
      metadata: {
        model: run.plans.at(-1)?.model,
        ...(kind === 'budget' && budget?.code === 'budget_exceeded'
          ? {
              scope: 'provider_key',
              period: budget.period,
              ...money(budget),
              resets_at: isoTime(budget.resetsAt),
            }
          : {}),
        verdicts: run.plans.flatMap(explainPlan),
      },
    },
  );
}

const BLOCKED: Readonly<Record<Blocker['kind'], { readonly code: ErrorCode; readonly sentence: string }>> = {
  rpm: {
    code: 'provider_key_rate_limited',
    sentence: 'Every usable provider key has reached its requests per minute.',
  },
  concurrency: {
    code: 'provider_key_rate_limited',
    sentence: 'Every usable provider key has reached its concurrent requests.',
  },
  cooling: { code: 'provider_key_cooling_down', sentence: 'Every usable provider key is cooling down.' },
  budget: {
    code: 'provider_key_budget_exceeded',
    sentence: 'The budget of every usable provider key is used up.',
  },
  credits: {
    code: 'insufficient_credits',
    sentence:
      'The workspace has not enough credits for a platform key: this request could cost more than is left. Add credits, lower max_tokens, or add an own key.',
  },
  price: { code: 'price_unknown', sentence: 'The model has no known price, so no limit can be kept.' },
  rejected: {
    code: 'provider_key_rejected',
    sentence: 'The provider refused the credential of every usable key.',
  },
  unreadable: {
    code: 'provider_key_rejected',
    sentence: 'The stored secret of every usable key cannot be read.',
  },
};

function nothingEligible(run: Run): GatewayError {
  const model = run.plans.at(-1)?.model ?? run.header.modelRequested;
  const verdicts = run.plans.flatMap(explainPlan);
  const relevant = run.plans
    .flatMap((plan) => plan.verdicts)
    .some((verdict) => verdict.kind === 'excluded' && verdict.reason.code !== 'provider_not_serving_model');
  const message = relevant
    ? `No provider key may serve ${model}. ${[...new Set(verdicts)].join(' ')}`
    : `No provider key serves ${model}: this workspace has none for its provider, and there is no platform key. Add one in Settings → Integrations.`;
  return new GatewayError('no_provider_available', message, {
    metadata: { model, retryable: false, verdicts },
  });
}

/** The limit of the key whose slot frees first. */
function firstToFree(blockers: readonly Blocker[]): RateLimit | null {
  const first = blockers.find(({ kind, until }) => kind === 'rpm' && until === soonest(blockers));
  return first?.limit === undefined ? null : rateLimit(first.limit, first.until);
}

function rateLimit(limit: number, resetsAt: Instant | null): RateLimit | null {
  return resetsAt === null ? null : { limit, resetsAt };
}

function soonest(blockers: readonly Blocker[]): Instant | null {
  const times = blockers.flatMap(({ until }) => (until === null ? [] : [until]));
  return times.length === 0 ? null : instant(Math.min(...times));
}

/** What the provider asked for, or less where another key is free sooner. Not stated: it may be over in a second. */
function statedWait({ retryAfterMs }: Failure, run: Run, now: Instant): number | null {
  const until = soonest(whatBlocks(run));
  return retryAfterMs === null || until === null
    ? retryAfterMs
    : Math.min(retryAfterMs, Math.max(0, until - now));
}

function waitUntil(until: Instant | null, now: Instant): number | null {
  return until === null ? null : Math.max(0, until - now);
}

function timeOrNull(at: Instant | null): string | null {
  return at === null ? null : isoTime(at);
}

function money(reading: {
  readonly limitNano?: number;
  readonly spentNano?: number;
}): Record<string, number> {
  return {
    ...(reading.limitNano === undefined ? {} : { limit_usd: reading.limitNano / 1e9 }),
    ...(reading.spentNano === undefined ? {} : { spent_usd: reading.spentNano / 1e9 }),
  };
}
