/**
 * Ledger rows as the flat arrays of the journal. Fields are read one by one, not destructured with a rest: that was
 * measured to cost 1 µs of 20 per generation. `Stored` does what the rest would: a field added to a ledger row and not
 * listed here is a type error where these functions are called.
 */
import type { AttemptOpened, AttemptSettled, GenerationRefused, TokenUsage } from '@arouter/core';
import { carriesCreationTime } from '../generation-time.ts';
import { OPEN, REFUSE, SETTLE } from './messages.ts';
import type { OpenOperation, RefuseOperation, SettleOperation } from './messages.ts';

type Stored<Row, Fields extends keyof Row> = Row & Record<Exclude<keyof Row, Fields>, never>;

type StoredOpened = Stored<
  AttemptOpened,
  | 'generation'
  | 'attemptNo'
  | 'openedAt'
  | 'providerKeyId'
  | 'provider'
  | 'source'
  | 'model'
  | 'upstreamModel'
  | 'reservedNano'
  | 'inputTokensEstimate'
  | 'inputCostEstimateNano'
  | 'credits'
  | 'plans'
>;

/** Throws RangeError when the generation's id does not carry its creation time: it could not be found again. */
export function toOpenOperation(sequence: number, row: StoredOpened): OpenOperation {
  const { generation } = row;
  checkCreationTime(generation.id, generation.createdAt);
  return [
    OPEN,
    sequence,
    generation.workspaceId,
    generation.createdAt,
    generation.id,
    row.attemptNo,
    generation.requestId,
    generation.apiKeyId,
    generation.dialect,
    generation.modelRequested,
    Number(generation.streamed),
    row.openedAt,
    row.providerKeyId,
    row.provider,
    row.source,
    row.model,
    row.upstreamModel,
    row.reservedNano,
    row.inputTokensEstimate,
    row.inputCostEstimateNano ?? null,
    row.credits,
    JSON.stringify(row.plans),
  ];
}

/** Stored when the attempt was opened, and not sent again. */
type OpenedBefore =
  | 'generation'
  | 'attemptNo'
  | 'providerKeyId'
  | 'provider'
  | 'source'
  | 'model'
  | 'openedAt';
type StoredSettled = Stored<
  AttemptSettled,
  | OpenedBefore
  | 'settledAt'
  | 'outcome'
  | 'failure'
  | 'upstreamStatus'
  | 'upstreamId'
  | 'finishReason'
  | 'usage'
  | 'costNano'
  | 'costLines'
  | 'chargedNano'
  | 'latencyMs'
  | 'firstByteMs'
  | 'final'
  | 'callerStatus'
  | 'errorCode'
  | 'refusals'
  | 'fallbackReason'
>;
type StoredUsage = Stored<
  TokenUsage,
  | 'inputTokens'
  | 'cachedInputTokens'
  | 'cacheWrite5mTokens'
  | 'cacheWrite1hTokens'
  | 'outputTokens'
  | 'reasoningTokens'
  | 'audioInputTokens'
  | 'audioOutputTokens'
  // Stand in the cost lines, with their price or without.
  | 'units'
  | 'origin'
>;

/** @param sequence What the attempt was opened as. */
export function toSettleOperation(sequence: number, row: StoredSettled): SettleOperation {
  const { failure, firstByteMs } = row;
  const usage: StoredUsage | null = row.usage;
  return [
    SETTLE,
    sequence,
    row.settledAt,
    row.outcome,
    failure === null ? null : JSON.stringify(failure),
    row.upstreamStatus,
    row.upstreamId,
    row.finishReason,
    usage === null ? null : usage.inputTokens,
    usage === null ? null : usage.cachedInputTokens,
    usage === null ? null : usage.cacheWrite5mTokens,
    usage === null ? null : usage.cacheWrite1hTokens,
    usage === null ? null : usage.outputTokens,
    usage === null ? null : usage.reasoningTokens,
    usage === null ? null : usage.audioInputTokens,
    usage === null ? null : usage.audioOutputTokens,
    usage === null ? null : usage.origin,
    row.costNano,
    jsonUnlessEmpty(row.costLines),
    row.chargedNano,
    Math.round(row.latencyMs),
    firstByteMs === null ? null : Math.round(firstByteMs),
    Number(row.final),
    row.callerStatus,
    row.errorCode,
    jsonUnlessEmpty(row.refusals),
    row.fallbackReason,
  ];
}

type StoredRefused = Stored<
  GenerationRefused,
  'generation' | 'plans' | 'refusals' | 'callerStatus' | 'errorCode'
>;

/** Throws RangeError, as toOpenOperation does. */
export function toRefuseOperation(row: StoredRefused): RefuseOperation {
  const { generation } = row;
  checkCreationTime(generation.id, generation.createdAt);
  return [
    REFUSE,
    generation.workspaceId,
    generation.createdAt,
    generation.id,
    generation.requestId,
    generation.apiKeyId,
    generation.dialect,
    generation.modelRequested,
    Number(generation.streamed),
    JSON.stringify(row.plans),
    jsonUnlessEmpty(row.refusals),
    row.callerStatus,
    row.errorCode,
  ];
}

function checkCreationTime(id: string, createdAt: number): void {
  if (!carriesCreationTime(id, createdAt)) {
    throw new RangeError(`generation id ${id} does not carry its creation time ${createdAt}`);
  }
}

function jsonUnlessEmpty(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}
