/** A Gemini answer → a canonical chat completion. */
import type { CanonicalAnswer } from '@arouter/core';
import { type JsonObject, numberOf, objectOf, objectsOf, present, stringOf } from '../shared/json-values.ts';
import { dateMs } from '../shared/retry-after.ts';
import { type PartDelta, partsOfCandidate, readPart } from './candidate-parts.ts';
import { reasoningMembers } from './details.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { annotationsOf } from './grounding.ts';
import { logprobsToCanonical } from './logprobs.ts';
import { usageToCanonical } from './usage.ts';

export function answerToCanonical(answer: JsonObject): CanonicalAnswer {
  const id = stringOf(answer['responseId']) ?? '';
  const candidates = objectsOf(answer['candidates']);
  return present({
    id,
    object: 'chat.completion',
    created: createdOf(answer),
    model: stringOf(answer['modelVersion']) ?? '',
    choices:
      candidates.length === 0
        ? [blockedChoice(answer)]
        : candidates.map((each, at) => choiceFrom(each, at, id)),
    usage: usageToCanonical(answer['usageMetadata']),
  });
}

/** Seconds since 1970 where the answer states its time (Vertex); 0: a dialect has no clock. */
export function createdOf(answer: JsonObject): number {
  const stated = dateMs(stringOf(answer['createTime']));
  return stated === null ? 0 : Math.floor(stated / 1000);
}

/** Why a prompt was blocked, in words for the caller; null when it was not. */
export function blockedBecause(
  answer: JsonObject,
): { readonly reason: string; readonly message: string } | null {
  const feedback = objectOf(answer['promptFeedback']);
  const reason = stringOf(feedback['blockReason']);
  if (reason === undefined) return null;
  return {
    reason,
    message: stringOf(feedback['blockReasonMessage']) ?? `The prompt was blocked (${reason}).`,
  };
}

function blockedChoice(answer: JsonObject): JsonObject {
  const blocked = blockedBecause(answer);
  return {
    index: 0,
    message: { role: 'assistant', content: '', refusal: blocked?.message ?? null },
    logprobs: null,
    finish_reason: 'content_filter',
    native_finish_reason: blocked?.reason ?? null,
  };
}

function choiceFrom(candidate: JsonObject, at: number, answerId: string): JsonObject {
  const index = numberOf(candidate['index']) ?? at;
  const { text, details, calls, images, audio } = addUp(candidate, index, answerId);
  const annotations = annotationsOf(candidate, text);
  const finish = finishReasonToCanonical(candidate['finishReason'], calls.length > 0);
  const message = present({
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: finish === 'content_filter' && text === '' ? refusalOf(candidate) : null,
    ...reasoningMembers(details),
    annotations: annotations.length === 0 ? undefined : annotations,
    tool_calls: calls.length === 0 ? undefined : calls,
    images: images.length === 0 ? undefined : images,
    audio,
  });
  return {
    index,
    message,
    logprobs: logprobsToCanonical(candidate['logprobsResult']),
    finish_reason: finish ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
    native_finish_reason: stringOf(candidate['finishReason']) ?? null,
  };
}

function addUp(candidate: JsonObject, index: number, answerId: string): PartDelta {
  let sum: PartDelta = { text: '', reasoning: '', details: [], calls: [], images: [], audio: undefined };
  for (const part of partsOfCandidate(candidate)) {
    const context = {
      answerId,
      candidate: index,
      callsSeen: sum.calls.length,
      detailsSeen: sum.details.length,
    };
    const delta = readPart(part, context);
    sum = {
      text: sum.text + delta.text,
      reasoning: sum.reasoning + delta.reasoning,
      details: [...sum.details, ...delta.details],
      calls: [...sum.calls, ...delta.calls],
      images: [...sum.images, ...delta.images],
      audio: delta.audio ?? sum.audio,
    };
  }
  return sum;
}

function refusalOf(candidate: JsonObject): string {
  return (
    stringOf(candidate['finishMessage']) ??
    `The answer was blocked (${stringOf(candidate['finishReason']) ?? ''}).`
  );
}
