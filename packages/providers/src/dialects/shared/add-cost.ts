/** Adds what an answer cost to its usage, in the bytes: nothing else in the body changes. */
import { Buffer } from 'node:buffer';
import type { CostInBody } from '@arouter/core';
import { asBuffer, findMember, JsonScanError, memberText, scanJsonObject } from './scan-json.ts';

/**
 * `member`: where the dialect keeps its usage, at the top. A body without it, or that is no JSON object, is given back as
 * it is.
 */
export function addCostTo(member: string, body: Uint8Array, cost: CostInBody): Uint8Array {
  const usage = findUsage(body, member);
  if (usage === undefined) return body;
  const members = JSON.stringify({
    cost: cost.costUsd,
    is_byok: cost.isByok,
    cost_details: {
      upstream_inference_cost: cost.costUsd,
      upstream_inference_prompt_cost: cost.promptCostUsd,
      upstream_inference_completions_cost: cost.completionCostUsd,
    },
  }).slice(1, -1);
  const bytes = asBuffer(body);
  const brace = usage.end - 1;
  const separator = usage.empty ? '' : ',';
  return Buffer.concat([bytes.subarray(0, brace), Buffer.from(separator + members), bytes.subarray(brace)]);
}

function findUsage(
  body: Uint8Array,
  name: string,
): { readonly end: number; readonly empty: boolean } | undefined {
  try {
    const member = findMember(scanJsonObject(body), name);
    if (member?.kind !== 'object') return undefined;
    return { end: member.valueEnd, empty: memberText(body, member).slice(1, -1).trim() === '' };
  } catch (error) {
    if (error instanceof JsonScanError) return undefined;
    throw error;
  }
}
