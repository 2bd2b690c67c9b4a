/** The cost that the gateway adds to an answer's usage, for callers who asked: `contract.md` §8.3, amounts in USD. */
import type { CostInBody } from '@arouter/core';
import { asBuffer, findMember, JsonScanError, scanJsonObject, type JsonMember } from './scan-json.ts';
import { spliceJson, type JsonEdit } from './splice.ts';

/** The body with the cost in its `usage`; other bytes stay. `members` are those of the body. */
export function addUsageCost(body: Uint8Array, members: readonly JsonMember[], cost: CostInBody): Uint8Array {
  const usage = findMember(members, 'usage');
  const isObject = usage?.kind === 'object';
  const text = isObject ? asBuffer(body).subarray(usage.valueStart, usage.valueEnd) : asBuffer(EMPTY_OBJECT);
  const merged = spliceJson(text, scanJsonObject(text), costEdits(cost));
  return spliceJson(body, members, [{ kind: 'set', key: 'usage', json: asBuffer(merged).toString('utf8') }]);
}

/** Null for what the scan is too strict for: providers may repeat keys or nest deeper. */
export function answerMembers(body: Uint8Array): readonly JsonMember[] | null {
  try {
    return scanJsonObject(body);
  } catch (error) {
    if (error instanceof JsonScanError) return null;
    throw error;
  }
}

function costEdits(cost: CostInBody): readonly JsonEdit[] {
  const { costUsd, isByok, promptCostUsd, completionCostUsd } = cost;
  const details = {
    upstream_inference_cost: costUsd,
    upstream_inference_prompt_cost: promptCostUsd,
    upstream_inference_completions_cost: completionCostUsd,
  };
  return [
    { kind: 'set', key: 'cost', json: JSON.stringify(costUsd) },
    { kind: 'set', key: 'is_byok', json: JSON.stringify(isByok) },
    { kind: 'set', key: 'cost_details', json: JSON.stringify(details) },
  ];
}

const EMPTY_OBJECT = new TextEncoder().encode('{}');
