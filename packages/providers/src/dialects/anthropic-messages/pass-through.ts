/** A Messages request for a Messages provider: the caller's bytes but for what is the gateway's business. */
import { Buffer } from 'node:buffer';
import type { EncodedRequest, EncodeTarget, RequestFacts, WireHeaders } from '@arouter/core';
import { fieldValue } from '../shared/request-body.ts';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';
import { asBuffer, findMember, memberValue, type JsonMember } from '../shared/scan-json.ts';
import { type JsonEdit, spliceJson } from '../shared/splice.ts';
import { type JsonObject, objectOf, objectsOf } from '../shared/json-values.ts';
import { isCarried } from './reasoning.ts';
import { requestMembers } from '../shared/request-body.ts';
import { GATEWAY_FIELDS } from './read-request.ts';
import { lacksThinkingInToolLoop, type Turn } from './turns.ts';

/** The only version there is. A caller's own `anthropic-version` takes its place. */
export const DEFAULT_HEADERS: WireHeaders = [['anthropic-version', '2023-06-01']];

const MARK = Buffer.from(CARRIED_MARK);

export function passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest {
  const { body } = facts;
  const members = requestMembers(facts);
  const edits: JsonEdit[] = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }));
  edits.push(...modelEdits(facts, members, target));
  if (asBuffer(body).includes(MARK)) edits.push(...withoutCarriedThinking(body, members));
  return { body: spliceJson(body, members, edits), headers: DEFAULT_HEADERS };
}

function modelEdits(
  { body }: RequestFacts,
  members: readonly JsonMember[],
  { upstreamModel, quirks }: EncodeTarget,
): readonly JsonEdit[] {
  if (quirks.modelInPath !== undefined) {
    const fields = Object.entries(quirks.modelInPath.bodyFields);
    return [
      { kind: 'remove', key: 'model' },
      ...fields.map(([key, value]) => ({ kind: 'set', key, json: JSON.stringify(value) }) as const),
    ];
  }
  const model = findMember(members, 'model');
  const isSame = model !== undefined && memberValue(body, model) === upstreamModel;
  return isSame ? [] : [{ kind: 'set', key: 'model', json: JSON.stringify(upstreamModel) }];
}

/**
 * Thinking that another vendor's model did earlier in the conversation, for which this gateway wrote a signature in its
 * own form: the provider would refuse it. This is the one case in which a passed-through conversation is rewritten.
 */
function withoutCarriedThinking(body: Uint8Array, members: readonly JsonMember[]): readonly JsonEdit[] {
  const messages = objectsOf(fieldValue(body, members, 'messages'));
  const kept = messages
    .map((message) => ({ ...message, content: withoutCarried(message['content']) }))
    .filter((message) => !Array.isArray(message.content) || message.content.length > 0);
  const edits: JsonEdit[] = [{ kind: 'set', key: 'messages', json: JSON.stringify(kept) }];
  const budgeted = objectOf(fieldValue(body, members, 'thinking'))['type'] === 'enabled';
  if (budgeted && lacksThinkingInToolLoop(kept.map(turnOf))) edits.push({ kind: 'remove', key: 'thinking' });
  return edits;
}

function withoutCarried(content: unknown): unknown {
  return Array.isArray(content) ? objectsOf(content).filter((block) => !isCarried(block)) : content;
}

function turnOf(message: JsonObject): Turn {
  return {
    role: message['role'] === 'assistant' ? 'assistant' : 'user',
    content: objectsOf(message['content']),
  };
}
