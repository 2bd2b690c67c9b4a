/** A complete chat completion: what the gateway reads of it, and the cost that it may add. */
import { DialectError, type AnswerFacts, type CostInBody, type FailureSignals } from '@arouter/core';
import { answerValue } from '../shared/answer-value.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { asBuffer, findMember, JsonScanError, scanJsonObject, type JsonMember } from '../shared/scan-json.ts';
import { isAt, usualKeyAt } from '../shared/json-keys.ts';
import { plainObject } from '../shared/plain-object.ts';
import { addUsageCost } from '../shared/usage-cost.ts';
import { isRecord, openAiUsage, openAiUsageOf, recordOrEmpty } from '../shared/token-usage.ts';

/** Throws DialectError when the body is not a chat completion with a choice. */
export function readAnswer(body: Uint8Array): AnswerFacts {
  const scanned = scanAnswer(body);
  if (scanned === null) return factsOf(parseAnswer(body));
  const { members, finishReasons } = scanned;
  const choices = findMember(members, 'choices');
  if (choices?.kind !== 'array' || body[behindSpace(body, choices.valueStart + 1)] !== OPEN_BRACE) {
    throw new DialectError('the answer has no choices');
  }
  const reasonAt = finishReasons.find((at) => at > choices.valueStart && at < choices.valueEnd);
  return {
    usage:
      openAiUsage(smallValue(body, members, 'usage')) ??
      openAiUsage(recordOrEmpty(smallValue(body, members, 'x_groq'))['usage']),
    upstreamId: textOrNull(smallValue(body, members, 'id')),
    finishReason: reasonAt === undefined ? null : readFinishReason(body, reasonAt),
  };
}

/** Of a member that is not long, whatever the answer. */
function smallValue(body: Uint8Array, members: readonly JsonMember[], key: string): unknown {
  const member = findMember(members, key);
  return member === undefined ? undefined : (plainObject(body, member) ?? answerValue(body, member));
}

/** A parsed answer with a choice. Throws DialectError. */
export function parseAnswer(body: Uint8Array): Readonly<Record<string, unknown>> {
  const answer = parseJson(body);
  if (!isRecord(answer)) throw new DialectError('the answer is not a JSON object');
  const { choices } = answer;
  if (!Array.isArray(choices) || !isRecord(choices[0])) throw new DialectError('the answer has no choices');
  return answer;
}

/** An error where an answer should be: `{"error": …}`, the same in an array, or the only choice an error (OpenRouter). */
export function findFailure(body: Uint8Array): FailureSignals | null {
  const bytes = asBuffer(body);
  if (bytes.indexOf(ERROR) < 0 && bytes.indexOf(CHOICES) >= 0) return null;
  const parsed = parseJson(body);
  const answer: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!isRecord(answer)) return null;
  const { error, choices } = answer;
  if (isError(error)) return readFailureInAnswer(answer);
  const choice = Array.isArray(choices) ? recordOrEmpty(choices[0]) : {};
  if (choice['finish_reason'] === 'error') return readFailureInAnswer(isError(choice['error']) ? choice : {});
  const isFlat = answer['object'] === 'error' || (answer['type'] === 'error' && choices === undefined);
  return isFlat ? readFailureInAnswer(answer) : null;
}

/** The body with the cost in its usage. The very body when it cannot be read. */
export function addCost(body: Uint8Array, cost: CostInBody): Uint8Array {
  const members = scanAnswer(body)?.members;
  return members === undefined ? body : addUsageCost(body, members, cost);
}

const ERROR = asBuffer(new TextEncoder().encode('"error"'));
const CHOICES = asBuffer(new TextEncoder().encode('"choices"'));
const FINISH_REASON = asBuffer(new TextEncoder().encode('finish_reason'));
const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `{choices: [{finish_reason}]}`: the object of a choice is the third level. */
const CHOICE_DEPTH = 3;

type ScannedAnswer = {
  readonly members: readonly JsonMember[];
  /** Behind every key `finish_reason` at the depth of a choice. */
  readonly finishReasons: readonly number[];
};
const REASON_BYTES_MAX = 100;

/** Null for what the scan is too strict for: providers may repeat keys or nest deeper. */
function scanAnswer(body: Uint8Array): ScannedAnswer | null {
  const bytes = asBuffer(body);
  const finishReasons: number[] = [];
  try {
    const members = scanJsonObject(body, (start, end, depth) => {
      const isReason =
        depth === CHOICE_DEPTH && end - start === FINISH_REASON.length && isAt(bytes, start, FINISH_REASON);
      if (isReason) finishReasons.push(end + 1);
    });
    return { members, finishReasons };
  } catch (error) {
    if (error instanceof JsonScanError) return null;
    throw error;
  }
}

function behindSpace(body: Uint8Array, start: number): number {
  let at = start;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

/** The plain word behind a key and its colon, in a text that has been found to be JSON; null for anything else. */
function readFinishReason(body: Uint8Array, keyEnd: number): string | null {
  const quote = behindSpace(body, behindSpace(body, keyEnd) + 1);
  if (body[quote] !== QUOTE) return null;
  const start = quote + 1;
  let end = start;
  for (; body[end] !== QUOTE; end++) if (body[end] === BACKSLASH) return null;
  if (end === start || end - start > REASON_BYTES_MAX) return null;
  return usualKeyAt(body, start, end)?.key ?? asBuffer(body).toString('utf8', start, end);
}

function factsOf(answer: Readonly<Record<string, unknown>>): AnswerFacts {
  const choices = answer['choices'] as readonly unknown[];
  return {
    usage: openAiUsageOf(answer),
    upstreamId: textOrNull(answer['id']),
    finishReason: textOrNull(recordOrEmpty(choices[0])['finish_reason']),
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(asBuffer(body).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isError(value: unknown): boolean {
  return isRecord(value) || (typeof value === 'string' && value !== '');
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
