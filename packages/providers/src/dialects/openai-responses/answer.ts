/** A complete response: what the gateway reads of it, and the cost that it may add. */
import { Buffer } from 'node:buffer';
import { type AnswerFacts, type CostInBody, DialectError, type FailureSignals } from '@arouter/core';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { parseBody } from '../shared/json-body.ts';
import {
  isObject,
  isShallow,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../shared/json-values.ts';
import { asBuffer, findMember, JsonScanError, memberText, scanJsonObject } from '../shared/scan-json.ts';
import { readUsage } from './usage.ts';

/** Throws DialectError when the body is not a response with output. */
export function readAnswer(body: Uint8Array): AnswerFacts {
  const answer = parseAnswer(body);
  return {
    usage: readUsage(answer['usage']),
    upstreamId: stringOf(answer['id']) ?? null,
    finishReason: finishReasonOf(answer),
  };
}

/** A parsed response with output. Throws DialectError. */
export function parseAnswer(body: Uint8Array): JsonObject {
  const answer = parseBody(body);
  if (!isObject(answer) || !Array.isArray(answer['output']) || !isShallow(answer)) {
    throw new DialectError('the body is not a response with output');
  }
  return answer;
}

/** An error where a response should be, or a response that failed. */
export function findFailure(body: Uint8Array): FailureSignals | null {
  const answer = parseBody(body);
  return isObject(answer) && hasFailed(answer) ? failureIn(answer) : null;
}

export function hasFailed(answer: JsonObject): boolean {
  return answer['status'] === 'failed' || isObject(answer['error']) || answer['type'] === 'error';
}

export function failureIn(answer: JsonObject): FailureSignals {
  const stated = isObject(answer['error']) || answer['type'] === 'error';
  return readFailureInAnswer(stated ? answer : { message: 'the provider says that the response failed' });
}

/** Canonical `finish_reason` of a whole response. */
export function finishReasonOf(answer: JsonObject): string {
  if (answer['status'] === 'incomplete') {
    return objectOf(answer['incomplete_details'])['reason'] === 'content_filter'
      ? 'content_filter'
      : 'length';
  }
  const calls = objectsOf(answer['output']).some(isCall);
  return calls ? 'tool_calls' : 'stop';
}

/** A call that the caller is to run. */
export function isCall(item: JsonObject): boolean {
  return item['type'] === 'function_call' || item['type'] === 'custom_tool_call';
}

/** The body with the cost in its usage; other bytes stay. The very body when it states no usage. */
export function addCost(body: Uint8Array, cost: CostInBody): Uint8Array {
  const usage = usageMember(body);
  if (usage === undefined) return body;
  const members = JSON.stringify({
    cost: cost.costUsd,
    is_byok: cost.isByok,
    cost_details: {
      upstream_inference_cost: cost.costUsd,
      upstream_inference_input_cost: cost.promptCostUsd,
      upstream_inference_output_cost: cost.completionCostUsd,
    },
  }).slice(1, -1);
  const bytes = asBuffer(body);
  const brace = usage.end - 1;
  const separator = usage.empty ? '' : ',';
  return Buffer.concat([bytes.subarray(0, brace), Buffer.from(separator + members), bytes.subarray(brace)]);
}

function usageMember(body: Uint8Array): { readonly end: number; readonly empty: boolean } | undefined {
  try {
    const member = findMember(scanJsonObject(body), 'usage');
    if (member?.kind !== 'object') return undefined;
    return { end: member.valueEnd, empty: memberText(body, member).slice(1, -1).trim() === '' };
  } catch (error) {
    if (error instanceof JsonScanError) return undefined;
    throw error;
  }
}
