/** A canonical chat completion → a complete response resource. */
import { type CanonicalAnswer, DialectError } from '@arouter/core';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { endOf } from './finish-reasons.ts';
import { itemIds, messageItem, reasoningItem, textPart, refusalPart, callItem } from './output-items.ts';
import { itemsForCaller } from './reasoning.ts';
import { responseResource, type ResourceHead } from './response-resource.ts';
import { usageFromCanonical } from './usage.ts';

/** Throws DialectError when there is no choice to take the answer from. Of several choices the first is the answer. */
export function answerFromCanonical(
  answer: CanonicalAnswer,
  head: ResourceHead,
  completedAt: number | null,
): JsonObject {
  const choice = objectsOf(answer['choices'])[0];
  if (choice === undefined) throw new DialectError('the answer has no choices');
  const end = endOf(choice['finish_reason']);
  return responseResource(head, {
    ...end,
    completedAt: end.status === 'completed' ? completedAt : null,
    output: outputOf(head.id, choice, end.status),
    usage: usageFromCanonical(answer['usage'] ?? objectOf(answer['x_groq'])['usage']),
    ...(typeof answer['service_tier'] === 'string' ? { serviceTier: answer['service_tier'] } : {}),
  });
}

/** An answer that was cut short was cut in its last item. */
function outputOf(id: string, choice: JsonObject, status: 'completed' | 'incomplete'): readonly JsonObject[] {
  const message = objectOf(choice['message']);
  const nextId = itemIds(id);
  const thoughts = itemsForCaller(message).map((item) => reasoningItem(nextId('rs'), item));
  const parts = partsOf(message, choice);
  const calls = callsOf(message).map((call) => callItem(nextId('fc'), call));
  const silent = calls.length === 0 && thoughts.length === 0;
  const said = parts.length > 0 || silent ? [messageItem(nextId('msg'), parts)] : [];
  const output = [...thoughts, ...said, ...calls];
  return output.map((item, index) =>
    index === output.length - 1 && 'status' in item ? { ...item, status } : item,
  );
}

function partsOf(message: JsonObject, choice: JsonObject): readonly JsonObject[] {
  const text = textOf(message['content']);
  const refusal = stringOf(message['refusal']) ?? '';
  const logprobs = objectsOf(objectOf(choice['logprobs'])['content']);
  const annotations = objectsOf(message['annotations']);
  return [
    ...(text === '' ? [] : [textPart(text, { annotations, logprobs })]),
    ...(refusal === '' ? [] : [refusalPart(refusal)]),
  ];
}

function callsOf(message: JsonObject): readonly JsonObject[] {
  const legacy = message['function_call'];
  if (!isObject(legacy)) return objectsOf(message['tool_calls']);
  return [{ id: `call_${stringOf(legacy['name']) ?? ''}`, function: legacy }];
}

/** The text of string or parts content. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .filter((part) => part['type'] === 'text' || part['type'] === 'output_text')
    .map((part) => stringOf(part['text']) ?? '')
    .join('');
}
