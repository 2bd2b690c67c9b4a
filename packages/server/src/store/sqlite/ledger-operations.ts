/** Ledger rows as the flat arrays the writer takes. Every field is named here, so that a new one cannot be forgotten. */
import type { AttemptOpened, AttemptSettled, GenerationRefused, TokenUsage } from '@arouter/core';
import { noFieldLeft } from '../columns.ts';
import { creationWindow } from '../generation-time.ts';
import { OPEN, REFUSE, SETTLE } from './messages.ts';
import type { OpenOperation, RefuseOperation, SettleOperation } from './messages.ts';

/** Throws RangeError when the generation's id does not carry its creation time: it could not be found again. */
export function toOpenOperation(row: AttemptOpened): OpenOperation {
  const { generation, plans, ...attempt } = row;
  const { id, requestId, workspaceId, apiKeyId, createdAt, dialect, modelRequested, streamed } = generation;
  const { attemptNo, openedAt, providerKeyId, provider, source, model, upstreamModel, ...rest } = attempt;
  const { reservedNano, inputTokensEstimate, inputCostEstimateNano, credits, ...nothing } = rest;
  noFieldLeft(nothing);
  checkCreationTime(id, createdAt);
  return [
    OPEN,
    workspaceId,
    createdAt,
    id,
    attemptNo,
    requestId,
    apiKeyId,
    dialect,
    modelRequested,
    Number(streamed),
    openedAt,
    providerKeyId,
    provider,
    source,
    model,
    upstreamModel,
    reservedNano,
    inputTokensEstimate,
    inputCostEstimateNano ?? null,
    credits,
    JSON.stringify(plans),
  ];
}

/** What the attempt's opening has already stored (key, provider, source, model) is not sent again. */
export function toSettleOperation(row: AttemptSettled): SettleOperation {
  const { generation, attemptNo, settledAt, outcome, failure, upstreamStatus, upstreamId, ...more } = row;
  const { finishReason, usage, costNano, costLines, chargedNano, latencyMs, firstByteMs, ...rest } = more;
  const { final, callerStatus, errorCode, refusals, fallbackReason, ...opened } = rest;
  const {
    providerKeyId: _key,
    provider: _provider,
    source: _source,
    model: _model,
    openedAt: _at,
    ...nothing
  } = opened;
  noFieldLeft(nothing);
  return [
    SETTLE,
    generation.workspaceId,
    generation.createdAt,
    generation.id,
    attemptNo,
    settledAt,
    outcome,
    failure === null ? null : JSON.stringify(failure),
    upstreamStatus,
    upstreamId,
    finishReason,
    ...usageColumns(usage),
    costNano,
    jsonUnlessEmpty(costLines),
    chargedNano,
    Math.round(latencyMs),
    firstByteMs === null ? null : Math.round(firstByteMs),
    Number(final),
    callerStatus,
    errorCode,
    jsonUnlessEmpty(refusals),
    fallbackReason,
  ];
}

/** Throws RangeError, as toOpenOperation does. */
export function toRefuseOperation(row: GenerationRefused): RefuseOperation {
  const { generation, plans, refusals, callerStatus, errorCode, ...nothing } = row;
  const { id, requestId, workspaceId, apiKeyId, createdAt, dialect, modelRequested, streamed } = generation;
  noFieldLeft(nothing);
  checkCreationTime(id, createdAt);
  return [
    REFUSE,
    workspaceId,
    createdAt,
    id,
    requestId,
    apiKeyId,
    dialect,
    modelRequested,
    Number(streamed),
    JSON.stringify(plans),
    jsonUnlessEmpty(refusals),
    callerStatus,
    errorCode,
  ];
}

type UsageColumns = [
  ...[number | null, number | null, number | null, number | null],
  ...[number | null, number | null, number | null, number | null],
  string | null,
];

function usageColumns(usage: TokenUsage | null): UsageColumns {
  if (usage === null) return [null, null, null, null, null, null, null, null, null];
  const { inputTokens, cachedInputTokens, cacheWrite5mTokens, cacheWrite1hTokens, ...more } = usage;
  const { outputTokens, reasoningTokens, audioInputTokens, audioOutputTokens, origin, ...nothing } = more;
  noFieldLeft(nothing);
  return [
    inputTokens,
    cachedInputTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens,
    reasoningTokens,
    audioInputTokens,
    audioOutputTokens,
    origin,
  ];
}

function checkCreationTime(id: string, createdAt: number): void {
  const window = creationWindow(id);
  if (window === null || createdAt < window.from || createdAt >= window.to) {
    throw new RangeError(`generation id ${id} does not carry its creation time ${createdAt}`);
  }
}

function jsonUnlessEmpty(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}
