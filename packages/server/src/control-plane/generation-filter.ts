/** Which generations are asked for: for the list, and for those that are still to come. */
import type { RouteAnswer, RouteInput } from '@arouter/contract';
import { instant, usdToNano, type ProviderKeyId, type WorkspaceId } from '@arouter/core';
import type { GenerationFilter } from '../store/generation-ports.ts';
import type { Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findApiKey } from './find-api-key.ts';
import { findProvider } from './find-provider.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;
type Query = RouteInput<'streamGenerations'>['query'];
type Asked = { readonly workspace: WorkspaceId; readonly caller: Caller; readonly query: Query };

/** Throws `not_found` for an API key or provider that does not exist. */
export async function readGenerationFilter(deps: Deps, asked: Asked): Promise<GenerationFilter> {
  const { query } = asked;
  const key = query.key_id === undefined ? undefined : await findApiKey(deps, asked, query.key_id);
  const provider =
    query.provider_id === undefined
      ? undefined
      : findProvider(deps.providers, query.provider_id, 'provider_id').id;
  return defined({
    from: query.start_time === undefined ? undefined : instant(Date.parse(query.start_time)),
    to: query.end_time === undefined ? undefined : instant(Date.parse(query.end_time)),
    model: query.model,
    modelRequested: query.model_requested,
    provider,
    providerKeyId: query.provider_key_id as ProviderKeyId | undefined,
    apiKeyId: key?.id,
    source: query.source,
    status: query.status,
    dialect: query.dialect,
    streamed: query.streamed,
    errorCode: query.error_code,
    callerStatus: query.caller_status,
    finishReason: query.finish_reason,
    fallbackReason: query.fallback_reason,
    requestId: query.request_id,
    upstreamId: query.upstream_id,
    costNanoMin: query.min_cost_usd === undefined ? undefined : usdToNano(query.min_cost_usd),
    latencyMsMin: query.min_latency_ms,
    attemptsMin: query.min_attempts,
    tokensMin: query.min_tokens,
  });
}

type Summary = RouteAnswer<'listGenerations'>['data'][number];

/** The same question, of one that has just ended. */
export function matchesSummary(filter: GenerationFilter, summary: Summary): boolean {
  const model = filter.model === undefined || [summary.model, summary.model_requested].includes(filter.model);
  const equal: readonly (readonly [unknown, unknown])[] = [
    [filter.modelRequested, summary.model_requested],
    [filter.provider, summary.provider],
    [filter.providerKeyId, summary.provider_key_id],
    [filter.apiKeyId, summary.api_key_id],
    [filter.source, summary.source],
    [filter.status, summary.status],
    [filter.dialect, summary.dialect],
    [filter.streamed, summary.streamed],
    [filter.errorCode, summary.error_code],
    [filter.callerStatus, summary.caller_status],
    [filter.finishReason, summary.finish_reason],
    [filter.fallbackReason, summary.fallback_reason],
    [filter.requestId, summary.request_id],
    [filter.upstreamId, summary.upstream_id],
  ];
  const createdAt = Date.parse(summary.created_at);
  return (
    model &&
    equal.every(([wanted, is]) => wanted === undefined || wanted === is) &&
    createdAt >= (filter.from ?? 0) &&
    createdAt < (filter.to ?? Number.POSITIVE_INFINITY) &&
    usdToNano(summary.usage?.cost ?? 0) >= (filter.costNanoMin ?? 0) &&
    (summary.latency_ms ?? 0) >= (filter.latencyMsMin ?? 0) &&
    summary.attempts >= (filter.attemptsMin ?? 0) &&
    (summary.usage?.total_tokens ?? 0) >= (filter.tokensMin ?? 0)
  );
}

function defined(filter: { readonly [Name in keyof GenerationFilter]: GenerationFilter[Name] | undefined }) {
  return Object.fromEntries(
    Object.entries(filter).filter(([, value]) => value !== undefined),
  ) as GenerationFilter;
}
