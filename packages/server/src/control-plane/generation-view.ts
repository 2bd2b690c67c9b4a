/** A generation as the contract shows it: the answer's numbers flat, the routing under `route`. */
import type { RouteAnswer } from '@arouter/contract';
import type { CostLine } from '@arouter/core';
import type { AttemptView, GenerationView } from '../store/generation-ports.ts';
import { shownTime, shownTimeOrNull, shownUsd, shownUsdOrNull } from './handler.ts';
import { shownRoutePlan, type Viewer } from './route-plan-view.ts';

type Shown = RouteAnswer<'getGeneration'>;
type Summary = RouteAnswer<'listGenerations'>['data'][number];
type ShownAttempt = Shown['route']['attempts'][number];

export function shownGeneration(generation: GenerationView, viewer: Viewer): Shown {
  return {
    ...shownGenerationSummary(generation),
    route: {
      plans: generation.plans.map((plan) => shownRoutePlan(plan, viewer)),
      refusals: generation.refusals.map(({ providerKeyId, code, resetsAt }) => ({
        provider_key_id: providerKeyId,
        code,
        resets_at: shownTimeOrNull(resetsAt),
      })),
      attempts: generation.attempts.map(shownAttempt),
    },
  };
}

/** What was served is the last attempt: earlier ones failed over to it. */
export function shownGenerationSummary({ header, attempts, ...generation }: GenerationView): Summary {
  const last = attempts.at(-1);
  const settledAt = last?.settledAt ?? null;
  return {
    id: header.id,
    model: last?.model ?? generation.plans.at(-1)?.model ?? header.modelRequested,
    provider: last?.provider ?? null,
    created_at: shownTime(header.createdAt),
    latency_ms: settledAt === null ? null : Math.max(0, settledAt - header.createdAt),
    status: generation.status,
    caller_status: generation.callerStatus,
    error_code: generation.errorCode,
    model_requested: header.modelRequested,
    dialect: header.dialect,
    streamed: header.streamed,
    finish_reason: last?.finishReason ?? null,
    upstream_id: last?.upstreamId ?? null,
    request_id: header.requestId,
    api_key_id: header.apiKeyId,
    provider_key_id: last?.providerKeyId ?? null,
    source: last?.source ?? null,
    fallback_reason: last?.fallbackReason ?? null,
    attempts: attempts.length,
    usage: last === undefined ? null : shownUsage(last),
  };
}

function shownUsage({ usage, costNano, costLines, source }: AttemptView): Summary['usage'] {
  if (usage === null) return null;
  const priced = costNano !== null;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    cost: shownUsdOrNull(costNano),
    is_byok: source === 'byok',
    estimated: usage.origin === 'estimated',
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    cost_details: {
      upstream_inference_cost: shownUsdOrNull(costNano),
      upstream_inference_prompt_cost: priced ? shownUsd(lineSum(costLines, (line) => !isOutput(line))) : null,
      upstream_inference_completions_cost: priced ? shownUsd(lineSum(costLines, isOutput)) : null,
    },
  };
}

function shownAttempt(attempt: AttemptView): ShownAttempt {
  return {
    attempt: attempt.attemptNo,
    provider_key_id: attempt.providerKeyId,
    provider: attempt.provider,
    source: attempt.source,
    model: attempt.model,
    upstream_model: attempt.upstreamModel,
    started_at: shownTime(attempt.openedAt),
    settled_at: shownTimeOrNull(attempt.settledAt),
    outcome: attempt.outcome,
    failure:
      attempt.failure === null
        ? null
        : {
            class: attempt.failure.class,
            message: attempt.failure.message,
            provider_code: attempt.failure.providerCode,
          },
    status: attempt.upstreamStatus,
    upstream_id: attempt.upstreamId,
    latency_ms: attempt.latencyMs,
    first_byte_ms: attempt.firstByteMs,
    cost_usd: shownUsdOrNull(attempt.costNano),
    charged_usd: shownUsd(attempt.chargedNano),
    charge_capped: isChargeCapped(attempt),
    reserved_usd: shownUsd(attempt.reservedNano),
    cost_lines: attempt.costLines.map((line) => ({
      what: line.what,
      quantity: line.quantity,
      usd_per_million: line.nanoPerMillion === null ? null : shownUsd(line.nanoPerMillion),
      usd: line.nanoPerMillion === null ? null : shownUsd(lineNano(line)),
    })),
    fallback_reason: attempt.fallbackReason,
  };
}

/** Nothing else charges exactly what was held and costs more than that. */
function isChargeCapped({
  costNano,
  chargedNano,
  reservedNano,
}: Pick<GenerationView['attempts'][number], 'costNano' | 'chargedNano' | 'reservedNano'>): boolean {
  return chargedNano > 0 && chargedNano === reservedNano && (costNano ?? 0) > chargedNano;
}

function lineSum(lines: readonly CostLine[], wanted: (line: CostLine) => boolean): number {
  return Math.round(lines.filter(wanted).reduce((total, line) => total + lineNano(line), 0));
}

function lineNano({ quantity, nanoPerMillion }: CostLine): number {
  return (quantity * (nanoPerMillion ?? 0)) / 1e6;
}

function isOutput({ what }: CostLine): boolean {
  return what === 'output' || what === 'audio_output';
}
