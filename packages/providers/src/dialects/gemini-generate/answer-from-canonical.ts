/** A canonical chat completion → a Gemini answer. */
import { type CanonicalAnswer, DialectError } from '@arouter/core';
import {
  argumentsToInput,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import { openAiUsageOf } from '../shared/token-usage.ts';
import { finishReasonFromCanonical } from './finish-reasons.ts';
import { logprobsFromCanonical } from './logprobs.ts';
import { carry, GEMINI_FORMAT, keptSignatures } from './signatures.ts';
import { usageFromCanonical } from './usage.ts';

/** Throws DialectError when there is no choice to take an answer from. */
export function answerFromCanonical(answer: CanonicalAnswer, id: string): JsonObject {
  const choices = objectsOf(answer['choices']);
  if (choices.length === 0) throw new DialectError('the answer has no choices');
  return {
    candidates: choices.map(candidateFrom),
    usageMetadata: usageFromCanonical(openAiUsageOf(answer)),
    modelVersion: stringOf(answer['model']) ?? '',
    responseId: id,
  };
}

function candidateFrom(choice: JsonObject, at: number): JsonObject {
  const message = objectOf(choice['message']);
  const refusal = stringOf(message['refusal']) ?? '';
  return present({
    content: { parts: partsFrom(message), role: 'model' },
    finishReason: finishReasonFromCanonical(choice['finish_reason'], refusal !== ''),
    index: numberOf(choice['index']) ?? at,
    finishMessage: refusal === '' ? undefined : refusal,
    logprobsResult: logprobsFromCanonical(choice['logprobs']),
  });
}

function partsFrom(message: JsonObject): readonly JsonObject[] {
  const { byCall, ofText } = keptSignatures(message);
  const text = textOf(message['content']);
  return [
    ...thoughtParts(message),
    ...(text === '' && ofText === undefined ? [] : [present({ text, thoughtSignature: ofText })]),
    ...callParts(message, byCall),
    ...objectsOf(message['images']).flatMap(imagePart),
  ];
}

/** The text of string or parts content; parts of other types are read elsewhere. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .filter((part) => part['type'] === 'text' || part['type'] === 'output_text')
    .map((part) => stringOf(part['text']) ?? '')
    .join('');
}

/** Thoughts of other families carry their details; Gemini's own signatures stand on the parts they belong to. */
function thoughtParts(message: JsonObject): readonly JsonObject[] {
  const details = objectsOf(message['reasoning_details']).flatMap(thoughtPart);
  if (details.length > 0) return details;
  const text = stringOf(message['reasoning_content']) || stringOf(message['reasoning']);
  return text ? [{ text, thought: true }] : [];
}

/** One detail as a thought part; none for a signature that belongs to a call or a text. */
export function thoughtPart(detail: JsonObject): readonly JsonObject[] {
  const text = stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '';
  if (detail['format'] === GEMINI_FORMAT) {
    if (detail['type'] === 'reasoning.encrypted') return [];
    const thoughtSignature = stringOf(detail['signature']);
    return text === '' && thoughtSignature === undefined
      ? []
      : [present({ text, thought: true, thoughtSignature })];
  }
  const isSigned = detail['type'] === 'reasoning.encrypted' || stringOf(detail['signature']) !== undefined;
  if (text === '' && !isSigned) return [];
  return [present({ text, thought: true, thoughtSignature: isSigned ? carry(detail) : undefined })];
}

function callParts(message: JsonObject, byCall: ReadonlyMap<string, string>): readonly JsonObject[] {
  const legacy = objectOf(message['function_call']);
  const calls = legacy['name'] === undefined ? objectsOf(message['tool_calls']) : [{ function: legacy }];
  return calls.map((call: JsonObject) => callPart(call, byCall.get(stringOf(call['id']) ?? '')));
}

export function callPart(call: JsonObject, thoughtSignature: string | undefined): JsonObject {
  const named = objectOf(call['function'] ?? call['custom']);
  const functionCall = present({
    id: stringOf(call['id']) || undefined,
    name: stringOf(named['name']) ?? '',
    args: argumentsToInput(named['arguments'] ?? named['input']),
  });
  return present({ functionCall, thoughtSignature });
}

export function imagePart(image: JsonObject): readonly JsonObject[] {
  const url = stringOf(objectOf(image['image_url'])['url']) ?? '';
  const data = /^data:([^;,]+);base64,(.*)$/s.exec(url);
  return data === null ? [] : [{ inlineData: { mimeType: data[1], data: data[2] } }];
}
