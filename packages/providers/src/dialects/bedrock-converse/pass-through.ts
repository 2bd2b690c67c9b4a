/** A Converse request for Converse: the caller's bytes but for what is the gateway's business. */
import { Buffer } from 'node:buffer';
import type { EncodedRequest, RequestFacts } from '@arouter/core';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { fieldValue } from '../shared/request-body.ts';
import { asBuffer, type JsonMember } from '../shared/scan-json.ts';
import { type JsonEdit, spliceJson } from '../shared/splice.ts';
import { requestMembers } from '../shared/request-body.ts';
import { GATEWAY_FIELDS } from './read-request.ts';

export function passThrough(facts: RequestFacts): EncodedRequest {
  const { body } = facts;
  const members = requestMembers(facts);
  const edits: JsonEdit[] = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }));
  if (mayHoldCarried(body)) edits.push(...withoutCarried(body, members));
  return { body: spliceJson(body, members, edits), headers: [] };
}

const MARK = Buffer.from(CARRIED_MARK);
/** The mark in base64 as redacted content holds it: its first bytes, which do not depend on what follows. */
const ENCODED_MARK = Buffer.from(MARK.subarray(0, 12).toString('base64'));

function mayHoldCarried(body: Uint8Array): boolean {
  const bytes = asBuffer(body);
  return bytes.includes(MARK) || bytes.includes(ENCODED_MARK);
}

/** Reasoning of another vendor's model, with a signature in this gateway's own form: Bedrock would refuse it. */
function withoutCarried(body: Uint8Array, members: readonly JsonMember[]): readonly JsonEdit[] {
  const kept = objectsOf(fieldValue(body, members, 'messages'))
    .map((message) => ({
      ...message,
      content: objectsOf(message['content']).filter((block) => !isCarried(block)),
    }))
    .filter(({ content }) => content.length > 0);
  return [{ kind: 'set', key: 'messages', json: JSON.stringify(kept) }];
}

function isCarried(block: JsonObject): boolean {
  const reasoning = objectOf(block['reasoningContent']);
  const signature = stringOf(objectOf(reasoning['reasoningText'])['signature']) ?? '';
  const redacted = stringOf(reasoning['redactedContent']) ?? '';
  return (
    signature.startsWith(CARRIED_MARK) ||
    Buffer.from(redacted, 'base64').subarray(0, MARK.length).equals(MARK)
  );
}
