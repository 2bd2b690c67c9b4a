/** A response → a canonical chat completion. */
import type { CanonicalAnswer } from '@arouter/core';
import { type JsonObject, objectsOf, present, stringOf } from '../shared/json-values.ts';
import { finishReasonOf } from './answer.ts';
import { detailsFromItem, PART_GAP, reasoningMembers } from './reasoning.ts';
import { usageToCanonical } from './usage.ts';

/** Between two messages of one answer: what stood between them (a search, a call) says nothing in the canonical form. */
export const MESSAGE_GAP = PART_GAP;

export function answerToCanonical(answer: JsonObject): CanonicalAnswer {
  const output = objectsOf(answer['output']);
  const parts = output.filter(isMessage).map((item) => objectsOf(item['content']));
  const text = parts
    .map((content) => joined(content, 'text'))
    .filter((each) => each !== '')
    .join(MESSAGE_GAP);
  const refusal = parts.map((content) => joined(content, 'refusal')).join('');
  const calls = output.flatMap((item) => callFromItem(item) ?? []);
  const logprobs = parts.flat().flatMap((part) => objectsOf(part['logprobs']));
  const message = present({
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...reasoningMembers(detailsOf(output)),
    annotations: annotationsOf(parts),
    tool_calls: calls.length === 0 ? undefined : calls,
  });
  return present({
    id: stringOf(answer['id']) ?? '',
    object: 'chat.completion',
    created: typeof answer['created_at'] === 'number' ? Math.floor(answer['created_at']) : 0,
    model: stringOf(answer['model']) ?? '',
    choices: [
      {
        index: 0,
        message,
        finish_reason: finishReasonOf(answer),
        logprobs: logprobs.length === 0 ? null : { content: logprobs, refusal: null },
      },
    ],
    service_tier: stringOf(answer['service_tier']),
    usage: usageToCanonical(answer['usage']),
  });
}

/** A call for the caller to run; undefined for other items. */
export function callFromItem(item: JsonObject): JsonObject | undefined {
  const id = stringOf(item['call_id']) || (stringOf(item['id']) ?? '');
  const name = stringOf(item['name']) ?? '';
  if (item['type'] === 'function_call') {
    return { id, type: 'function', function: { name, arguments: stringOf(item['arguments']) ?? '' } };
  }
  if (item['type'] !== 'custom_tool_call') return undefined;
  return { id, type: 'custom', custom: { name, input: stringOf(item['input']) ?? '' } };
}

/** A citation of the web in chat's nesting; citations of stored files mean nothing elsewhere. */
export function annotationFrom(annotation: JsonObject): JsonObject | undefined {
  if (annotation['type'] !== 'url_citation') return undefined;
  const { type, url_citation: nested, ...flat } = annotation;
  return { type, url_citation: nested ?? flat };
}

function isMessage(item: JsonObject): boolean {
  return item['type'] === 'message';
}

function joined(content: readonly JsonObject[], field: 'text' | 'refusal'): string {
  return content.map((part) => stringOf(part[field]) ?? '').join('');
}

function detailsOf(output: readonly JsonObject[]): readonly JsonObject[] {
  const details: JsonObject[] = [];
  for (const item of output) {
    if (item['type'] === 'reasoning') details.push(...detailsFromItem(item, details.length));
  }
  return details;
}

function annotationsOf(parts: readonly (readonly JsonObject[])[]): readonly JsonObject[] | undefined {
  const found: readonly JsonObject[] = parts
    .flat()
    .flatMap((part) => objectsOf(part['annotations']))
    .map(annotationFrom)
    .filter((annotation) => annotation !== undefined);
  return found.length === 0 ? undefined : found;
}
