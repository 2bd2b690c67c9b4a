/** The output items of a response, whole. Streams write the same items piece by piece. */
import { isObject, type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';
import { encryptedForCaller, type ReasoningItem, RESPONSES_FORMAT } from './reasoning.ts';

export type ItemPrefix = 'msg' | 'rs' | 'fc';

/** Ids for the items of one response, in order: made from the response's own, so that they are the same every time. */
export function itemIds(responseId: string): (prefix: ItemPrefix) => string {
  const stem = responseId.replace(/^[a-z]+[-_]/, '');
  let next = 0;
  return (prefix) => `${prefix}_${stem}-${next++}`;
}

export function messageItem(id: string, content: readonly JsonObject[]): JsonObject {
  return { id, type: 'message', status: 'completed', role: 'assistant', content };
}

export function textPart(
  text: string,
  {
    annotations,
    logprobs,
  }: { readonly annotations: readonly JsonObject[]; readonly logprobs: readonly JsonObject[] },
): JsonObject {
  return {
    type: 'output_text',
    text,
    annotations: annotations.map(annotationForCaller),
    logprobs: logprobs.map(logprobForCaller),
  };
}

export function refusalPart(refusal: string): JsonObject {
  return { type: 'refusal', refusal };
}

export function reasoningItem(id: string, { texts, detail }: ReasoningItem): JsonObject {
  return {
    id: reasoningId(id, detail),
    type: 'reasoning',
    summary: texts.map((text) => ({ type: 'summary_text', text })),
    encrypted_content: encryptedForCaller(detail),
  };
}

/** A Responses provider's own item keeps its id: encrypted content belongs to it. */
export function reasoningId(id: string, detail: JsonObject): string {
  const own = detail['format'] === RESPONSES_FORMAT ? stringOf(detail['id']) : undefined;
  return own ?? id;
}

export function callItem(id: string, call: JsonObject): JsonObject {
  const call_id = stringOf(call['id']) || id;
  if (isObject(call['custom'])) {
    const { name, input } = call['custom'];
    return {
      id,
      type: 'custom_tool_call',
      status: 'completed',
      call_id,
      name: stringOf(name) ?? '',
      input: stringOf(input) ?? '',
    };
  }
  const { name, arguments: written } = objectOf(call['function']);
  return {
    id,
    type: 'function_call',
    status: 'completed',
    call_id,
    name: stringOf(name) ?? '',
    arguments: argumentsText(written) || '{}',
  };
}

/** Text as a rule; some servers send the arguments as the object they stand for. */
export function argumentsText(written: unknown): string {
  return isObject(written) ? JSON.stringify(written) : (stringOf(written) ?? '');
}

/** Chat nests what the Responses API has flat. */
export function annotationForCaller(annotation: JsonObject): JsonObject {
  const nested = annotation['url_citation'];
  if (annotation['type'] !== 'url_citation' || !isObject(nested)) return annotation;
  return { type: 'url_citation', start_index: 0, end_index: 0, title: '', url: '', ...nested };
}

export function logprobForCaller(logprob: JsonObject): JsonObject {
  return { bytes: [], top_logprobs: [], ...logprob };
}
