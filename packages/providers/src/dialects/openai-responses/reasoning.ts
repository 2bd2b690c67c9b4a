/**
 * Reasoning items ⇄ the canonical `reasoning_details` (OpenRouter's form). Encrypted content goes back only to the family
 * that made it; details of another family travel inside `encrypted_content` behind CARRIED_MARK, are unpacked when the
 * conversation comes back, and are never sent to a Responses provider.
 */
import { carry, CARRIED_MARK, unpackCarried } from '../shared/carried-reasoning.ts';
import { type JsonObject, objectsOf, present, stringOf } from '../shared/json-values.ts';

/** The `format` of details that a Responses provider made and will accept back. */
export const RESPONSES_FORMAT = 'openai-responses-v1';
/** Between the parts of a summary, where they become one text. */
export const PART_GAP = '\n\n';

/** A reasoning item → its details, which share the item's id. `index` of the first. */
export function detailsFromItem(item: JsonObject, index: number): readonly JsonObject[] {
  const encrypted = stringOf(item['encrypted_content']) ?? '';
  const id = stringOf(item['id']);
  const texts = textDetails(item);
  if (encrypted.startsWith(CARRIED_MARK)) {
    const carried = unpackCarried(encrypted);
    const text = texts.map(textOfDetail).join(PART_GAP);
    return [withText(carried, text, index)];
  }
  const opaque = encrypted === '' ? [] : [{ type: 'reasoning.encrypted', data: encrypted }];
  return [...texts, ...opaque].map((detail, position) =>
    present({ ...detail, format: RESPONSES_FORMAT, id, index: index + position }),
  );
}

/** Summaries and plain reasoning text, without what says where they come from. */
function textDetails(item: JsonObject): readonly JsonObject[] {
  return [
    ...objectsOf(item['summary']).map((part) => ({
      type: 'reasoning.summary',
      summary: stringOf(part['text']) ?? '',
    })),
    ...objectsOf(item['content']).map((part) => ({
      type: 'reasoning.text',
      text: stringOf(part['text']) ?? '',
    })),
  ].filter((detail) => textOfDetail(detail) !== '');
}

function withText(carried: JsonObject, text: string, index: number): JsonObject {
  if (carried['type'] === 'reasoning.encrypted') return { ...carried, index };
  return carried['type'] === 'reasoning.summary'
    ? { ...carried, summary: text, index }
    : { ...carried, text, index };
}

/** The members that reasoning adds to a canonical assistant message. */
export function reasoningMembers(details: readonly JsonObject[]): JsonObject {
  if (details.length === 0) return {};
  const text = details
    .map(textOfDetail)
    .filter((each) => each !== '')
    .join(PART_GAP);
  return present({
    reasoning: text === '' ? undefined : text,
    // The same text under the name that DeepSeek's clients and upstreams read.
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: details,
  });
}

export function textOfDetail(detail: JsonObject): string {
  return stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '';
}

/**
 * Canonical details → the reasoning items that a Responses provider will accept back. Streaming clients collect details
 * as fragments: those of one id are one item, those of one index one part. What is not encrypted proves nothing and is
 * left out: the provider would look for it in its store.
 */
export function replayableItems(details: unknown): readonly JsonObject[] {
  const items = new Map<string, { readonly parts: Map<unknown, string>; data: string }>();
  for (const detail of objectsOf(details)) {
    const id = stringOf(detail['id']);
    if (detail['format'] !== RESPONSES_FORMAT || id === undefined) continue;
    const item = items.get(id) ?? { parts: new Map<unknown, string>(), data: '' };
    items.set(id, item);
    if (detail['type'] === 'reasoning.encrypted') item.data += stringOf(detail['data']) ?? '';
    else if (detail['type'] === 'reasoning.summary') {
      item.parts.set(detail['index'], (item.parts.get(detail['index']) ?? '') + textOfDetail(detail));
    }
  }
  return [...items]
    .filter(([, { data }]) => data !== '')
    .map(([id, { parts, data }]) => ({
      type: 'reasoning',
      id,
      summary: [...parts.values()].map((text) => ({ type: 'summary_text', text })),
      encrypted_content: data,
    }));
}

/** A canonical answer's reasoning → the reasoning items of a Responses answer, without ids. */
export function itemsForCaller(message: JsonObject): readonly ReasoningItem[] {
  const items: ReasoningItem[] = [];
  for (const detail of objectsOf(message['reasoning_details'])) {
    const open = items.at(-1);
    if (open !== undefined && continuesItem(open.detail, detail)) {
      items[items.length - 1] = merged(open, detail);
    } else items.push(merged({ texts: [], detail }, detail));
  }
  if (items.length > 0) return items;
  const text = stringOf(message['reasoning_content']) || stringOf(message['reasoning']);
  return text ? [{ texts: [text], detail: {} }] : [];
}

/** Texts are the parts of its summary; `detail` says where they come from. */
export type ReasoningItem = { readonly texts: readonly string[]; readonly detail: JsonObject };

/** Details of one item of a Responses provider share its id; of another vendor each is an item of its own. */
export function continuesItem(open: JsonObject, next: JsonObject): boolean {
  return (
    open['format'] === RESPONSES_FORMAT &&
    next['format'] === RESPONSES_FORMAT &&
    open['id'] !== undefined &&
    open['id'] === next['id']
  );
}

function merged({ texts, detail }: ReasoningItem, next: JsonObject): ReasoningItem {
  const text = textOfDetail(next);
  return { texts: text === '' ? texts : [...texts, text], detail: { ...detail, ...next } };
}

/** The opaque content that a Responses caller gets: a Responses provider's own as it is, anything else carried. */
export function encryptedForCaller(detail: JsonObject): string | null {
  const { text: _text, summary: _summary, index: _index, ...rest } = detail;
  if (detail['format'] === RESPONSES_FORMAT) return stringOf(detail['data']) ?? null;
  // Unsigned text of an unknown vendor: there is nothing that would have to come back.
  if (detail['signature'] === undefined && detail['data'] === undefined) return null;
  return carry(rest);
}

/** True for an item whose encrypted content this gateway wrote: a Responses provider would refuse it. */
export function isCarried(item: JsonObject): boolean {
  return (
    item['type'] === 'reasoning' && (stringOf(item['encrypted_content'])?.startsWith(CARRIED_MARK) ?? false)
  );
}
