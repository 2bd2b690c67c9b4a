/** A Responses request for a Responses provider: the caller's bytes but for what is the gateway's business. */
import { Buffer } from 'node:buffer';
import type { EncodedRequest, EncodeTarget, RequestFacts } from '@arouter/core';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';
import { isObject } from '../shared/json-values.ts';
import { fieldValue } from '../shared/request-body.ts';
import { asBuffer, findMember, memberValue, type JsonMember } from '../shared/scan-json.ts';
import { type JsonEdit, spliceJson } from '../shared/splice.ts';
import { isCarried } from './reasoning.ts';
import { requestMembers } from '../shared/request-body.ts';
import { GATEWAY_FIELDS } from './read-request.ts';

const MARK = Buffer.from(CARRIED_MARK);

/** Where nothing is to change, the result is the very body. */
export function passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest {
  const { body } = facts;
  const members = requestMembers(facts);
  const edits: JsonEdit[] = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }));
  const model = findMember(members, 'model');
  if (model === undefined || memberValue(body, model) !== target.upstreamModel) {
    edits.push({ kind: 'set', key: 'model', json: JSON.stringify(target.upstreamModel) });
  }
  if (asBuffer(body).includes(MARK)) edits.push(...withoutCarriedReasoning(body, members));
  return { body: spliceJson(body, members, edits), headers: [] };
}

/**
 * Reasoning of another vendor earlier in the conversation, for which this gateway wrote the encrypted content: the
 * provider would refuse it. The one case in which a passed-through conversation is rewritten.
 */
function withoutCarriedReasoning(body: Uint8Array, members: readonly JsonMember[]): readonly JsonEdit[] {
  const input = fieldValue(body, members, 'input');
  if (!Array.isArray(input)) return [];
  const kept = input.filter((item: unknown) => !isObject(item) || !isCarried(item));
  return [{ kind: 'set', key: 'input', json: JSON.stringify(kept) }];
}
