/** What an attempt came to: usage → cost → counters and health, and the ledger row. Idempotent below; repeated until durable. */
import type { Failure } from '../errors/failure-class.ts';
import type { AttemptOpened, AttemptOutcome, AttemptSettled } from '../keys/generation.ts';
import { chargesCredits } from '../limits/demands-for.ts';
import type { Reservation } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import { knownCostOf, unitLines, type Cost } from '../pricing/cost-of.ts';
import type { Outcome } from '../routing/health.ts';
import { BENCH_POLICIES } from '../routing/next-health.ts';
import { nanoUsd, type Instant, type NanoUsd } from '../values.ts';
import type { AnswerFacts } from '../wire/dialect.ts';
import type { TokenUsage } from '../wire/token-usage.ts';
import { fallbackReason } from './answer-headers.ts';
import { scrub } from './attempt-failure.ts';
import type { Target } from './prepare.ts';
import { toCounterRefusal, type Run } from './run.ts';

/** An attempt that was opened: what all its later stages share. */
export type OpenAttempt = {
  readonly run: Run;
  readonly target: Target;
  readonly reservation: Reservation | null;
  readonly opened: AttemptOpened;
  readonly startedMs: number;
};
export type AttemptEnd = {
  readonly outcome: AttemptOutcome;
  readonly failure: Failure | null;
  readonly upstreamStatus: number | null;
  readonly answer: AnswerFacts;
  /** Bytes of answer that arrived, for an estimate where the provider gave no usage; 0: nothing was generated. */
  readonly contentBytes: number;
  readonly firstByteMs: number | null;
  /** The status the caller gets, when this ends the generation. */
  readonly callerStatus: number | null;
};

/** Estimates for budgets err high: few texts have fewer bytes per token than this. */
const ESTIMATE_BYTES_PER_TOKEN = 3;
/** Estimates for credits err in the customer's favour: this part of the estimated cost is taken. */
const ESTIMATE_CREDITS_SHARE = 0.6;

export const NO_ANSWER: AnswerFacts = { usage: null, upstreamId: null, finishReason: null };

/** Applies the end of an attempt to counters and health; returns the ledger row, which the caller makes durable. */
export function settleAttempt(ports: Ports, attempt: OpenAttempt, end: AttemptEnd): AttemptSettled {
  const usage = finalUsage(attempt, end);
  const { price } = attempt.target.endpoint;
  const cost = usage === null ? null : knownCostOf(usage, price);
  const chargedNano = creditsFor(attempt, end, usage, cost);
  if (attempt.reservation !== null) {
    ports.counters.settle(attempt.reservation, {
      spendNano: cost?.totalNano ?? nanoUsd(0),
      creditsNano: chargedNano,
      dispatched: end.failure?.reach !== 'unsent',
    });
  }
  const at = ports.clock.now();
  const latencyMs = ports.clock.monotonicMs() - attempt.startedMs;
  const settled = { end, usage, cost, chargedNano, at, latencyMs };
  if (end.outcome === 'succeeded') observeSpeed(ports, attempt.target, settled);
  applyToHealth(ports, attempt, settled);
  return toRow(attempt, settled);
}

function observeSpeed(
  ports: Ports,
  target: Target,
  { end: { firstByteMs }, usage, latencyMs }: Settled,
): void {
  if (firstByteMs === null || usage === null) return;
  ports.speeds.observe({
    provider: target.key.provider,
    upstreamModel: target.endpoint.upstreamModel,
    firstByteMs,
    totalMs: latencyMs,
    outputTokens: usage.outputTokens,
  });
}

/** An attempt that a fault of ours ended: nothing is known of what the provider did. Does nothing to counters twice. */
export function settleAbandoned(ports: Ports, attempt: OpenAttempt): AttemptSettled {
  return settleAttempt(ports, attempt, {
    outcome: 'interrupted',
    failure: null,
    upstreamStatus: null,
    answer: NO_ANSWER,
    contentBytes: 0,
    firstByteMs: null,
    callerStatus: null,
  });
}

/** The provider's own numbers; an estimate only where they are absent or incomplete, and marked so. */
function finalUsage({ run, target }: OpenAttempt, end: AttemptEnd): TokenUsage | null {
  const { usage } = end.answer;
  const complete = end.outcome === 'succeeded' || end.answer.finishReason !== null;
  if (usage !== null && complete) return usage;
  if (!mayHaveCharged(end)) return null;
  // What was passed on unread is of unknown size and price, but for what generates nothing.
  if (run.inbound.dialect.operation === 'raw') {
    return target.endpoint.price === undefined ? null : { ...NO_USAGE, origin: 'provider' };
  }
  const { units } = run.request.facts;
  if (usage === null && units !== undefined) return { ...NO_USAGE, units };
  // The dialect has read it from the content that arrived, and knows better than the number of bytes.
  if (usage?.origin === 'estimated') return usage;
  const { inputMax, outputMax } = target.bounds;
  // Never above the bounds by which the attempt was held: a hard budget has no room for more.
  const outputTokens = Math.min(outputMax, Math.ceil(end.contentBytes / ESTIMATE_BYTES_PER_TOKEN));
  if (usage !== null)
    return { ...usage, outputTokens: Math.max(usage.outputTokens, outputTokens), origin: 'estimated' };
  const inputTokens = Math.min(
    inputMax,
    Math.ceil((target.unsigned.body?.length ?? 0) / ESTIMATE_BYTES_PER_TOKEN),
  );
  return { ...NO_USAGE, inputTokens, outputTokens };
}

function mayHaveCharged({ outcome, failure }: AttemptEnd): boolean {
  if (failure?.reach === 'unsent') return false;
  return outcome !== 'failed' || failure?.reach === 'uncertain' || failure?.reach === 'partial';
}

const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
  origin: 'estimated',
};

/**
 * Credits are taken for answers that reached the caller, whole or in part; never for a failed attempt, and never more than was held:
 * a provider that reports more than the request can cost by its own bounds does not take what is not there. The row then has a cost
 * above what was reserved, and what was reserved as the charge.
 */
function creditsFor(
  { run, target }: OpenAttempt,
  end: AttemptEnd,
  usage: TokenUsage | null,
  cost: Cost | null,
): NanoUsd {
  const delivered = end.outcome !== 'failed' && end.contentBytes > 0;
  if (cost === null || !delivered || !chargesCredits({ key: target.key, workspace: run.workspace }))
    return nanoUsd(0);
  const dueNano =
    usage?.origin === 'estimated' ? Math.floor(cost.totalNano * ESTIMATE_CREDITS_SHARE) : cost.totalNano;
  return nanoUsd(Math.min(dueNano, creditsHeld(target)));
}

function creditsHeld({ demands }: Target): number {
  for (const demand of demands) if (demand.kind === 'credits') return demand.holdNano;
  return 0;
}

function applyToHealth(ports: Ports, { target, opened }: OpenAttempt, settled: Settled): void {
  const { scopes } = target;
  const outcome = toOutcome(ports, target, opened, settled);
  if (outcome === null) {
    ports.counters.releaseProbes(scopes);
    return;
  }
  // A healthy key has no state: its successes cost nothing.
  if (outcome.kind === 'success' && scopes.every((scope) => ports.counters.health(scope) === undefined))
    return;
  ports.counters.applyOutcome(scopes, outcome);
}

function toOutcome(
  ports: Ports,
  target: Target,
  opened: AttemptOpened,
  { end: { outcome, failure }, at }: Settled,
): Outcome | null {
  if (failure === null) return outcome === 'succeeded' ? { kind: 'success', at } : null;
  if (BENCH_POLICIES[failure.class] === null) return null;
  return {
    kind: 'failure',
    at,
    startedAt: opened.openedAt,
    key: target.key.id,
    class: failure.class,
    status: failure.status,
    message: failure.message,
    retryAfterMs: failure.retryAfterMs,
    jitter: ports.random.uniform(),
  };
}

type Settled = {
  readonly end: AttemptEnd;
  readonly usage: TokenUsage | null;
  readonly cost: Cost | null;
  readonly chargedNano: NanoUsd;
  readonly at: Instant;
  readonly latencyMs: number;
};

function toRow({ run, target, opened }: OpenAttempt, settled: Settled): AttemptSettled {
  const { end, usage, cost } = settled;
  return {
    generation: run.header,
    attemptNo: opened.attemptNo,
    providerKeyId: target.key.id,
    provider: target.key.provider,
    source: target.key.source,
    model: target.model.id,
    openedAt: opened.openedAt,
    settledAt: settled.at,
    outcome: end.outcome,
    failure:
      end.failure === null
        ? null
        : { class: end.failure.class, message: end.failure.message, providerCode: end.failure.providerCode },
    upstreamStatus: end.upstreamStatus,
    upstreamId: keptWord(end.answer.upstreamId, target.credential),
    finishReason: keptWord(end.answer.finishReason, target.credential),
    usage,
    costNano: cost?.totalNano ?? null,
    costLines: cost?.lines ?? unitLines(usage?.units, target.endpoint.price),
    chargedNano: settled.chargedNano,
    latencyMs: settled.latencyMs,
    firstByteMs: end.firstByteMs,
    final: end.callerStatus !== null,
    callerStatus: end.callerStatus,
    errorCode: null,
    refusals: run.refusals.map(toCounterRefusal),
    fallbackReason: fallbackReason(run, target.key),
  };
}

/** What the provider calls something, as far as it is kept: it may be of any length, and some providers repeat the key. */
function keptWord(word: string | null, credential: Target['credential']): string | null {
  return word === null ? null : scrub(word, credential).slice(0, KEPT_WORD_CHARS_MAX);
}
const KEPT_WORD_CHARS_MAX = 256;
