/** What the events of a Responses stream say about the answer as a whole; the decoder and the relay both keep it. */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals } from '@arouter/core';
import { isObject, type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';
import { failureIn, finishReasonOf, isCall } from './answer.ts';
import { readUsage } from './usage.ts';

export type StreamFacts = { readonly answer: AnswerFacts; readonly callSeen: boolean };

export const NO_FACTS: StreamFacts = {
  answer: { usage: null, upstreamId: null, finishReason: null },
  callSeen: false,
};

const TERMINAL: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete']);
/** Events that open something without giving anything of it yet. */
const PREAMBLE: ReadonlySet<unknown> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
]);

export function withEvent(facts: StreamFacts, event: JsonObject): StreamFacts {
  const callSeen = facts.callSeen || isCall(objectOf(event['item']));
  const { response } = event;
  if (!isObject(response)) return callSeen === facts.callSeen ? facts : { ...facts, callSeen };
  const { usage, finishReason, upstreamId: known } = facts.answer;
  const upstreamId = known ?? stringOf(response['id']) ?? null;
  if (!isTerminal(event)) return { answer: { usage, finishReason, upstreamId }, callSeen };
  const stated = finishReasonOf(response);
  const answer = {
    upstreamId,
    usage: readUsage(response['usage']) ?? usage,
    // Some servers leave the output out of the last event.
    finishReason: stated === 'stop' && callSeen ? 'tool_calls' : stated,
  };
  return { answer, callSeen };
}

export function isTerminal(event: JsonObject): boolean {
  return TERMINAL.has(event['type']);
}

/** Null when the event is no error. */
export function failureOfEvent(event: JsonObject): FailureSignals | null {
  if (event['type'] === 'response.failed') return failureIn(objectOf(event['response']));
  return event['type'] === 'error' || isObject(event['error'])
    ? failureIn({ ...event, type: 'error' })
    : null;
}

/** True when the event gives the caller something of the answer, so that the attempt may be committed. */
export function isContent(event: JsonObject): boolean {
  const type = stringOf(event['type']) ?? '';
  if (!type.startsWith('response.') || PREAMBLE.has(type) || failureOfEvent(event) !== null) return false;
  if (type !== 'response.output_item.added') return true;
  const opened = objectOf(event['item'])['type'];
  return opened !== 'message' && opened !== 'reasoning';
}

/** Bytes of content in a delta, without its framing. */
export function contentBytesOf(event: JsonObject): number {
  return Buffer.byteLength(stringOf(event['delta']) ?? '', 'utf8');
}
