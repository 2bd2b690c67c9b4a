/**
 * Settlements and refusals as the journal's text; openings are in opening-text.ts. The text of a settlement is put together piece by
 * piece: making an array and having it written as JSON was measured to cost twice as much. `Stored` sees to it that no field
 * is forgotten: one that is added to a ledger row and not listed here is a type error where these functions are called.
 */
import type { AttemptSettled, CostLine, GenerationRefused, TokenUsage } from '@arouter/core';
import { carriesCreationTime } from '../generation-time.ts';
import { jsonInText, jsonNumber, jsonOf } from './json-text.ts';
import { REFUSE, SETTLE } from './messages.ts';
import type { OperationText, RefuseOperation } from './messages.ts';

export type Stored<Row, Fields extends keyof Row> = Row & Record<Exclude<keyof Row, Fields>, never>;

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

type StoredCostLine = Stored<CostLine, 'what' | 'quantity' | 'nanoPerMillion'>;

/** @param sequence What the attempt was opened as. */
export function settlementText(sequence: number, row: StoredSettled): OperationText {
  const { failure, firstByteMs } = row;
  const end = `[${SETTLE},${sequence},${jsonNumber(row.settledAt)},"${row.outcome}",${failure === null ? null : jsonInText(failure)}`;
  const upstream = `${jsonNumber(row.upstreamStatus)},${jsonOf(row.upstreamId)},${jsonOf(row.finishReason)},${usageText(row.usage)}`;
  const cost = `${jsonNumber(row.costNano)},${costLinesText(row.costLines)},${jsonNumber(row.chargedNano)}`;
  const times = `${jsonNumber(Math.round(row.latencyMs))},${firstByteMs === null ? null : jsonNumber(Math.round(firstByteMs))}`;
  const answer = `${row.final ? 1 : 0},${jsonNumber(row.callerStatus)},${jsonOf(row.errorCode)}`;
  return `${end},${upstream},${cost},${times},${answer},${textUnlessEmpty(row.refusals)},${jsonOf(row.fallbackReason)}]`;
}

function usageText(usage: StoredUsage | null): string {
  if (usage === null) return 'null,null,null,null,null,null,null,null,null';
  const input = `${jsonNumber(usage.inputTokens)},${jsonNumber(usage.cachedInputTokens)},${jsonNumber(usage.cacheWrite5mTokens)},${jsonNumber(usage.cacheWrite1hTokens)}`;
  const output = `${jsonNumber(usage.outputTokens)},${jsonNumber(usage.reasoningTokens)}`;
  const audio = `${jsonNumber(usage.audioInputTokens)},${jsonNumber(usage.audioOutputTokens)}`;
  return `${input},${output},${audio},"${usage.origin}"`;
}

/** JSON in a column of text, as jsonInText writes it. What is priced is one of a few names, which stand as they are. */
function costLinesText(lines: readonly StoredCostLine[]): string | null {
  if (lines.length === 0) return null;
  let text = '';
  for (const { what, quantity, nanoPerMillion } of lines) {
    const comma = text === '' ? '' : ',';
    text += `${comma}{\\"what\\":\\"${what}\\",\\"quantity\\":${jsonNumber(quantity)},\\"nanoPerMillion\\":${jsonNumber(nanoPerMillion)}}`;
  }
  return `"[${text}]"`;
}

type StoredRefused = Stored<
  GenerationRefused,
  'generation' | 'plans' | 'refusals' | 'callerStatus' | 'errorCode'
>;

/** Throws RangeError, as the text of an opening does. */
export function refusalText(row: StoredRefused): OperationText {
  const { generation } = row;
  checkCreationTime(generation.id, generation.createdAt);
  const operation: RefuseOperation = [
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
    row.refusals.length === 0 ? null : JSON.stringify(row.refusals),
    row.callerStatus,
    row.errorCode,
  ];
  return JSON.stringify(operation);
}

export function checkCreationTime(id: string, createdAt: number): void {
  if (!carriesCreationTime(id, createdAt)) {
    throw new RangeError(`generation id ${id} does not carry its creation time ${createdAt}`);
  }
}

function textUnlessEmpty(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : jsonInText(list);
}
