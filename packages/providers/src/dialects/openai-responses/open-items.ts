/** Output items while they grow, and the places and parts that events name them by. */
import type { JsonObject } from '../shared/json-values.ts';
import { callItem, refusalPart, textPart } from './output-items.ts';
import { continuesItem } from './reasoning.ts';

export type Thought = {
  readonly kind: 'thought';
  readonly id: string;
  readonly outputIndex: number;
  readonly texts: string[];
  detail: JsonObject;
  partOpen: boolean;
};
export type TextPart = {
  readonly type: 'output_text';
  text: string;
  readonly annotations: JsonObject[];
  readonly logprobs: JsonObject[];
};
export type RefusalPart = { readonly type: 'refusal'; text: string };
export type Message = {
  readonly kind: 'message';
  readonly id: string;
  readonly outputIndex: number;
  readonly parts: (TextPart | RefusalPart)[];
  /** Whether the last part is still growing. */
  partOpen: boolean;
};
export type Call = {
  readonly kind: 'call';
  readonly id: string;
  readonly outputIndex: number;
  readonly isCustom: boolean;
  callId: string;
  name: string;
  text: string;
  /** Known to the caller: not before its name is. */
  isAdded: boolean;
};
export type ItemStatus = 'completed' | 'incomplete';
export type CallFragment = {
  readonly id: string;
  readonly name: string;
  readonly fragment: string;
  readonly isCustom: boolean;
};

/** Fragments of one detail share its index; after its signature or datum a detail of most vendors is whole. */
export function grows({ detail }: Thought, next: JsonObject): boolean {
  if (continuesItem(detail, next)) return true;
  if (detail['signature'] !== undefined || detail['data'] !== undefined || next['data'] !== undefined)
    return false;
  return detail['format'] === next['format'] && detail['index'] === next['index'];
}

export function placeOf(message: Message): JsonObject {
  return { item_id: message.id, output_index: message.outputIndex, content_index: message.parts.length - 1 };
}

export function summaryPlace(thought: Thought): JsonObject {
  return { item_id: thought.id, output_index: thought.outputIndex, summary_index: thought.texts.length - 1 };
}

export function summaryPart(text: string): JsonObject {
  return { type: 'summary_text', text };
}

export function toPart(part: TextPart | RefusalPart): JsonObject {
  return part.type === 'refusal' ? refusalPart(part.text) : textPart(part.text, part);
}

export function toCall(call: Call, text: string): JsonObject {
  const named = call.isCustom
    ? { custom: { name: call.name, input: text } }
    : { function: { name: call.name, arguments: text } };
  const item = callItem(call.id, { id: call.callId, ...named });
  return call.isCustom ? item : { ...item, arguments: text };
}
