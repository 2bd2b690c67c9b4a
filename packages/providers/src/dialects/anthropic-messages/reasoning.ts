/**
 * Thinking between the Messages API and the canonical form.
 *
 * Canonical messages carry `reasoning_details` (OpenRouter's form) so that signatures survive. A signature is only ever
 * sent to the family that made it: another vendor's, or an invented one, is refused with 400 for the rest of the
 * conversation. Toward a Messages caller, details of another family travel inside the block's signature behind
 * CARRIED_MARK; they are unpacked when the conversation comes back, and never sent to a Messages provider.
 */
import { carry, CARRIED_MARK, unpackCarried } from '../shared/carried-reasoning.ts';
import { type JsonObject, objectsOf, present, stringOf } from '../shared/json-values.ts';

/** The `format` of details that Claude itself made and will accept back. */
export const CLAUDE_FORMAT = 'anthropic-claude-v1';

/** One thinking block → its canonical detail; undefined for other blocks. */
export function detailFromBlock(block: JsonObject, index: number): JsonObject | undefined {
  if (block['type'] === 'thinking') {
    const text = stringOf(block['thinking']) ?? '';
    const signature = stringOf(block['signature']) ?? '';
    if (signature.startsWith(CARRIED_MARK)) return { ...unpackCarried(signature), text, index };
    return signature === ''
      ? { type: 'reasoning.text', text, format: 'unknown', index }
      : { type: 'reasoning.text', text, signature, format: CLAUDE_FORMAT, index };
  }
  if (block['type'] === 'redacted_thinking') {
    const data = stringOf(block['data']) ?? '';
    if (data.startsWith(CARRIED_MARK)) return { ...unpackCarried(data), index };
    return { type: 'reasoning.encrypted', data, format: CLAUDE_FORMAT, index };
  }
  return undefined;
}

/** The members that thinking blocks add to a canonical assistant message. */
export function reasoningMembers(details: readonly JsonObject[]): JsonObject {
  if (details.length === 0) return {};
  const text = details
    .map((detail) => stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '')
    .join('');
  return present({
    reasoning: text === '' ? undefined : text,
    // The same text under the name that DeepSeek's clients and upstreams read.
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: details,
  });
}

/**
 * Canonical details → the blocks a Claude will accept back, in order. Streaming clients collect details as fragments;
 * those of one index are one block, and a block without signature is left out.
 */
export function signedBlocks(details: unknown): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  let open: { readonly index: unknown; text: string } | undefined;
  for (const detail of objectsOf(details)) {
    if (detail['format'] !== CLAUDE_FORMAT) continue;
    if (detail['type'] === 'reasoning.encrypted') {
      open = undefined;
      const data = stringOf(detail['data']);
      if (data) blocks.push({ type: 'redacted_thinking', data });
    }
    if (detail['type'] !== 'reasoning.text') continue;
    if (open === undefined || open.index !== detail['index']) open = { index: detail['index'], text: '' };
    open.text += stringOf(detail['text']) ?? '';
    const signature = stringOf(detail['signature']);
    if (!signature) continue;
    blocks.push({ type: 'thinking', thinking: open.text, signature });
    open = undefined;
  }
  return blocks;
}

/** A canonical answer's reasoning → blocks for a Messages caller; foreign details are carried. */
export function blocksForCaller(message: JsonObject): readonly JsonObject[] {
  const blocks = objectsOf(message['reasoning_details']).flatMap((detail) => blockForCaller(detail));
  if (blocks.length > 0) return blocks;
  const text = plainReasoning(message);
  return text ? [{ type: 'thinking', thinking: text, signature: carry({}) }] : [];
}

/** Reasoning as plain text, under whichever name the provider uses. */
export function plainReasoning(message: JsonObject): string {
  const named = stringOf(message['reasoning_content']) || stringOf(message['reasoning']);
  if (named) return named;
  // Mistral: content parts {type: "thinking", thinking: [{type: "text", text}]}.
  return objectsOf(message['content'])
    .filter((part) => part['type'] === 'thinking')
    .flatMap((part) => (typeof part['thinking'] === 'string' ? [part] : objectsOf(part['thinking'])))
    .map((part) => stringOf(part['text']) ?? stringOf(part['thinking']) ?? '')
    .join('');
}

/** The signature that a Messages caller gets for a detail: Claude's own as it is, anything else carried. */
export function signatureForCaller(detail: JsonObject): string {
  const signature = stringOf(detail['signature']);
  if (signature && detail['format'] === CLAUDE_FORMAT) return signature;
  const { text: _text, summary: _summary, index: _index, ...rest } = detail;
  return carry(rest);
}

/** The opaque datum that a Messages caller gets for an encrypted detail. */
export function redactedForCaller(detail: JsonObject): string {
  if (detail['format'] === CLAUDE_FORMAT) return stringOf(detail['data']) ?? '';
  const { index: _index, ...rest } = detail;
  return carry(rest);
}

/** True for a block whose signature this gateway wrote: a Messages provider would refuse it. */
export function isCarried(block: JsonObject): boolean {
  const opaque = block['type'] === 'thinking' ? block['signature'] : block['data'];
  return (
    (block['type'] === 'thinking' || block['type'] === 'redacted_thinking') &&
    typeof opaque === 'string' &&
    opaque.startsWith(CARRIED_MARK)
  );
}

function blockForCaller(detail: JsonObject): readonly JsonObject[] {
  if (detail['type'] === 'reasoning.encrypted') {
    return [{ type: 'redacted_thinking', data: redactedForCaller(detail) }];
  }
  const thinking = stringOf(detail['text']) ?? stringOf(detail['summary']);
  const signature = signatureForCaller(detail);
  return thinking === undefined && !detail['signature']
    ? []
    : [{ type: 'thinking', thinking: thinking ?? '', signature }];
}
