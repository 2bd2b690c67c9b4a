/**
 * Settlements and refusals as the journal's text; openings are in opening-text.ts. What is written for every request is put
 * together piece by piece, each of them JSON: with cold caches that takes less than having arrays written as JSON, and a sum of strings
 * instead of one `join` takes more. `Stored` sees to it that no field is forgotten: one that is added to a ledger row and not
 * listed here is a type error where these functions are called.
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
  const usage: StoredUsage | typeof NO_USAGE = row.usage ?? NO_USAGE;
  const operation = [
    SETTLEMENT_START,
    sequence,
    jsonNumber(row.settledAt),
    jsonOf(row.outcome),
    failure === null ? 'null' : jsonInText(failure),
    jsonNumber(row.upstreamStatus),
    jsonOf(row.upstreamId),
    jsonOf(row.finishReason),
    jsonNumber(usage.inputTokens),
    jsonNumber(usage.cachedInputTokens),
    jsonNumber(usage.cacheWrite5mTokens),
    jsonNumber(usage.cacheWrite1hTokens),
    jsonNumber(usage.outputTokens),
    jsonNumber(usage.reasoningTokens),
    jsonNumber(usage.audioInputTokens),
    jsonNumber(usage.audioOutputTokens),
    jsonOf(usage.origin),
    jsonNumber(row.costNano),
    costLinesText(row.costLines),
    jsonNumber(row.chargedNano),
    jsonNumber(Math.round(row.latencyMs)),
    firstByteMs === null ? 'null' : jsonNumber(Math.round(firstByteMs)),
    Number(row.final),
    jsonNumber(row.callerStatus),
    jsonOf(row.errorCode),
    row.refusals.length === 0 ? 'null' : jsonInText(row.refusals),
    `${jsonOf(row.fallbackReason)}]`,
  ];
  return operation.join();
}

const SETTLEMENT_START = `[${SETTLE}`;

const NO_USAGE = {
  inputTokens: null,
  cachedInputTokens: null,
  cacheWrite5mTokens: null,
  cacheWrite1hTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  audioInputTokens: null,
  audioOutputTokens: null,
  origin: null,
};

/** JSON in a column of text, as jsonInText writes it. What is priced is one of a few names, which stand as they are. */
function costLinesText(lines: readonly StoredCostLine[]): string {
  if (lines.length === 0) return 'null';
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
