/** What the objects of a Gemini stream say about the answer as a whole; the decoder and the relay both keep it. */
import { Buffer } from 'node:buffer';
import type { AnswerFacts } from '@arouter/core';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { blockedBecause } from './answer-to-canonical.ts';
import { partsOfCandidate } from './candidate-parts.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { readUsage } from './usage.ts';

export type StreamFacts = {
  readonly id: string | null;
  /** In Google's words; some models state it with every piece. */
  readonly nativeReason: unknown;
  readonly blocked: boolean;
  readonly hasCalls: boolean;
  /** The latest counts, which are those of the whole answer so far. */
  readonly usage: JsonObject | undefined;
};

export const NO_FACTS: StreamFacts = {
  id: null,
  nativeReason: undefined,
  blocked: false,
  hasCalls: false,
  usage: undefined,
};

export function withAnswer(facts: StreamFacts, answer: JsonObject): StreamFacts {
  const candidates = objectsOf(answer['candidates']);
  const hasCalls =
    facts.hasCalls ||
    candidates.some((each) => partsOfCandidate(each).some((part) => isObject(part['functionCall'])));
  return {
    id: facts.id ?? stringOf(answer['responseId']) ?? null,
    nativeReason: candidates[0]?.['finishReason'] ?? facts.nativeReason,
    blocked: facts.blocked || (candidates.length === 0 && blockedBecause(answer) !== null),
    hasCalls,
    usage: isObject(answer['usageMetadata']) ? answer['usageMetadata'] : facts.usage,
  };
}

/** Few texts have fewer bytes per token than this: estimates err high. */
const BYTES_PER_TOKEN = 3;

/** The counts of a stream that broke off are those of a moment: what was sent after it has been paid for too. */
export function answerFacts(facts: StreamFacts, contentBytes: number): AnswerFacts {
  const counted = readUsage(facts.usage);
  // Nothing was used is only true of a prompt that was blocked.
  const stated =
    counted !== null && (facts.blocked || counted.inputTokens + counted.outputTokens > 0) ? counted : null;
  const finishReason =
    finishReasonToCanonical(facts.nativeReason, facts.hasCalls) ?? (facts.blocked ? 'content_filter' : null);
  const usage =
    stated === null || finishReason !== null
      ? stated
      : {
          ...stated,
          outputTokens: Math.max(stated.outputTokens, Math.ceil(contentBytes / BYTES_PER_TOKEN)),
          origin: 'estimated' as const,
        };
  return { usage, upstreamId: facts.id, finishReason };
}

/** True when the caller gets something of an answer, or its regular end. */
export function hasContent(answer: JsonObject): boolean {
  return contentBytesOf(answer) > 0 || isFinal(answer);
}

/** An object that says why the answer ended. Others may follow it: then this one was not the last. */
export function isFinal(answer: JsonObject): boolean {
  const candidates = objectsOf(answer['candidates']);
  if (candidates.length === 0) return blockedBecause(answer) !== null;
  return candidates.some((candidate) => finishReasonToCanonical(candidate['finishReason'], false) !== null);
}

export function isFailure(answer: unknown): boolean {
  if (Array.isArray(answer)) return isFailure(answer[0]);
  return isObject(answer) && isObject(answer['error']) && answer['candidates'] === undefined;
}

/** Bytes of text, calls, code and media. */
export function contentBytesOf(answer: JsonObject): number {
  let bytes = 0;
  for (const candidate of objectsOf(answer['candidates'])) {
    for (const part of partsOfCandidate(candidate)) bytes += partBytes(part);
  }
  return bytes;
}

function partBytes(part: JsonObject): number {
  const text = stringOf(part['text']);
  if (text !== undefined) return Buffer.byteLength(text, 'utf8');
  const media = stringOf(objectOf(part['inlineData'])['data']);
  if (media !== undefined) return media.length;
  const { thoughtSignature: _signature, thought: _thought, ...content } = part;
  return Object.keys(content).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(content), 'utf8');
}
