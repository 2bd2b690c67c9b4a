/** The caller's chat completions body for a provider of the same dialect: its bytes, with a few members changed. */
import type { EncodedRequest, EncodeTarget, RequestFacts } from '@arouter/core';
import { findMember, memberText, scanJsonObject, type JsonMember } from '../shared/scan-json.ts';
import { spliceJson, type JsonEdit } from '../shared/splice.ts';
import { gatewayEdits } from '../shared/gateway-fields.ts';
import { requestMembers } from '../shared/request-body.ts';

/**
 * Changes the model, takes out the gateway's own fields and turns usage in the stream on. Nothing else changes; where
 * nothing is to change, the result is the very body.
 */
export function passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest {
  const members = requestMembers(facts);
  const edits = [...gatewayEdits(facts, members, target), ...usageSwitch(facts, members, target)];
  return { body: spliceJson(facts.body, members, edits), headers: HEADERS };
}

/** True when the switch was ours, so that the caller must not see what it brings. */
function isUsageSwitchOurs(facts: RequestFacts, target: EncodeTarget): boolean {
  return facts.stream && !facts.includeUsage && target.quirks.streamOptions !== false;
}

export const HEADERS = [['content-type', 'application/json']] as const;
const INCLUDE_USAGE = '{"include_usage":true}';

function usageSwitch(
  facts: RequestFacts,
  members: readonly JsonMember[],
  target: EncodeTarget,
): readonly JsonEdit[] {
  // A provider that refuses the switch states usage in streams without it.
  if (target.quirks.streamOptions === false) return [{ kind: 'remove', key: 'stream_options' }];
  if (!isUsageSwitchOurs(facts, target)) return [];
  const options = findMember(members, 'stream_options');
  if (options?.kind !== 'object') return [{ kind: 'set', key: 'stream_options', json: INCLUDE_USAGE }];
  const text = new TextEncoder().encode(memberText(facts.body, options));
  const merged = spliceJson(text, scanJsonObject(text), [
    { kind: 'set', key: 'include_usage', json: 'true' },
  ]);
  return [{ kind: 'set', key: 'stream_options', json: new TextDecoder().decode(merged) }];
}
