/** A Gemini request for a Gemini provider: the caller's bytes but for what is the gateway's business. */
import { Buffer } from 'node:buffer';
import type { EncodedRequest, RequestFacts } from '@arouter/core';
import { isObject, type JsonObject, objectsOf } from '../shared/json-values.ts';
import { fieldValue } from '../shared/request-body.ts';
import { asBuffer, type JsonMember } from '../shared/scan-json.ts';
import { type JsonEdit, spliceJson } from '../shared/splice.ts';
import { fieldOf } from './field-of.ts';
import { GATEWAY_FIELDS } from './gateway-facts.ts';
import { requestMembers } from '../shared/request-body.ts';
import { CARRIED_MARK, isCarried, NO_SIGNATURE } from './signatures.ts';

const MARK = Buffer.from(CARRIED_MARK);

/** The model stands in the path, so nothing of it is in the body. */
export function passThrough(facts: RequestFacts): EncodedRequest {
  const { body } = facts;
  const members = requestMembers(facts);
  const edits: JsonEdit[] = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }));
  if (asBuffer(body).includes(MARK)) edits.push(...withoutCarriedThoughts(body, members));
  return { body: spliceJson(body, members, edits), headers: [] };
}

/**
 * Thinking that another vendor's model did earlier in the conversation, for which this gateway wrote a signature in its
 * own form: Google would refuse it. This is the one case in which a passed-through conversation is rewritten.
 */
function withoutCarriedThoughts(body: Uint8Array, members: readonly JsonMember[]): readonly JsonEdit[] {
  const contents = objectsOf(fieldValue(body, members, 'contents'));
  const kept = contents
    .map((content) =>
      Array.isArray(content['parts']) ? { ...content, parts: partsWithout(content) } : content,
    )
    .filter(({ parts }) => !Array.isArray(parts) || parts.length > 0);
  return [{ kind: 'set', key: 'contents', json: JSON.stringify(kept) }];
}

/** The thoughts go; the first call after them says that it has no signature. */
function partsWithout(content: JsonObject): readonly JsonObject[] {
  const parts = objectsOf(content['parts']);
  const isForeign = parts.some((part) => isCarried(fieldOf(part, 'thoughtSignature')));
  if (!isForeign) return parts;
  const kept = parts.filter(
    (part) => part['thought'] !== true && !isCarried(fieldOf(part, 'thoughtSignature')),
  );
  const first = kept.findIndex((part) => isObject(fieldOf(part, 'functionCall')));
  return kept.map((part, at) =>
    at === first && fieldOf(part, 'thoughtSignature') === undefined
      ? { ...part, thoughtSignature: NO_SIGNATURE }
      : part,
  );
}
