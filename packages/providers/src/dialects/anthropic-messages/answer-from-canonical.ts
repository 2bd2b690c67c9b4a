/** A canonical chat completion → a Messages API answer. */
import { type CanonicalAnswer, DialectError } from '@arouter/core';
import { openAiUsageOf } from '../shared/token-usage.ts';
import { finishReasonFromCanonical } from './finish-reasons.ts';
import { argumentsToInput, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { toolUseId } from './messages-from-canonical.ts';
import { blocksForCaller } from './reasoning.ts';
import { usageFromCanonical } from './usage.ts';

/** Throws DialectError when there is no choice to take the answer from. Of several choices the first is the answer. */
export function answerFromCanonical(answer: CanonicalAnswer, id: string): JsonObject {
  const choice = objectsOf(answer['choices'])[0];
  if (choice === undefined) throw new DialectError('the answer has no choices');
  const message = objectOf(choice['message']);
  const text = textOf(message['content']);
  const refusal = stringOf(message['refusal']) ?? '';
  const calls = toolUses(message);
  const content = [
    ...blocksForCaller(message),
    ...(text === '' ? [] : [textBlock(text)]),
    ...(refusal === '' || text !== '' ? [] : [textBlock(refusal)]),
    ...calls,
  ];
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: stringOf(answer['model']) ?? '',
    content,
    stop_reason: finishReasonFromCanonical(choice['finish_reason'], {
      toolCalls: calls.length > 0,
      refusal: refusal !== '',
    }),
    stop_sequence: null,
    usage: usageFromCanonical(answer['usage'], openAiUsageOf(answer)),
  };
}

/** The text of string or parts content; parts of other types are read elsewhere. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .filter((part) => part['type'] === 'text' || part['type'] === 'output_text')
    .map((part) => stringOf(part['text']) ?? '')
    .join('');
}

function toolUses(message: JsonObject): readonly JsonObject[] {
  const legacy = objectOf(message['function_call']);
  const calls =
    legacy['name'] === undefined
      ? objectsOf(message['tool_calls'])
      : [{ id: `call_${stringOf(legacy['name']) ?? ''}`, function: legacy }];
  return calls.map((call, index) => {
    const named = objectOf(call['function'] ?? call['custom']);
    return {
      type: 'tool_use',
      id: toolUseId(stringOf(call['id']) || `call_${index}`),
      name: stringOf(named['name']) ?? '',
      input: argumentsToInput(named['arguments'] ?? named['input']),
    };
  });
}

function textBlock(text: string): JsonObject {
  return { type: 'text', text };
}
