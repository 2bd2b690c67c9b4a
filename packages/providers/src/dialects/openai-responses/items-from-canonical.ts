/** Canonical messages → `instructions` and `input` items of a Responses request. */
import { createHash } from 'node:crypto';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { replayableItems } from './reasoning.ts';

export type Input = { readonly instructions: string | undefined; readonly input: readonly JsonObject[] };

/** The API's bound of `call_id`. */
const CALL_ID_CHARS_MAX = 64;

/** Leading system and developer texts are the instructions, unless there is nothing else; later ones stay where they stand. */
export function itemsFromCanonical(messages: unknown): Input {
  const all = objectsOf(messages);
  const firstTurn = all.findIndex((message) => !isSystem(message));
  const leading = firstTurn <= 0 ? [] : all.slice(0, firstTurn);
  const instructions = leading.map((message) => textOf(message['content'])).filter((text) => text !== '');
  const custom = customCalls(all);
  return {
    instructions: instructions.length === 0 ? undefined : instructions.join('\n\n'),
    input: all.slice(leading.length).flatMap((message) => itemsFrom(message, custom)),
  };
}

/** Ids of calls whose results are written otherwise than those of functions. */
function customCalls(messages: readonly JsonObject[]): ReadonlySet<unknown> {
  const calls = messages.flatMap((message) => objectsOf(message['tool_calls']));
  return new Set(calls.filter((call) => isObject(call['custom'])).map((call) => call['id']));
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

/** Ids that are too long for the API are renamed, the same way wherever they occur. */
function callId(id: unknown): string {
  const written = stringOf(id) ?? '';
  if (written !== '' && written.length <= CALL_ID_CHARS_MAX) return written;
  return `call_${createHash('sha256').update(written).digest('hex').slice(0, 24)}`;
}

function itemsFrom(message: JsonObject, custom: ReadonlySet<unknown>): readonly JsonObject[] {
  switch (message['role']) {
    case 'assistant':
      return assistantItems(message);
    case 'tool':
    case 'function':
      return [resultItem(message, custom.has(message['tool_call_id']))];
    case 'user':
    case 'system':
    case 'developer':
      return [{ type: 'message', role: message['role'], content: contentFrom(message['content']) }];
    default:
      throw refuse('A message has a `role` that is none of system, developer, user, assistant and tool.');
  }
}

/** Reasoning first, then text, then calls: the order in which the model made them. */
function assistantItems(message: JsonObject): readonly JsonObject[] {
  const text = textOf(message['content']) || (stringOf(message['refusal']) ?? '');
  const legacy = message['function_call'];
  const calls = isObject(legacy)
    ? [{ id: legacyId(legacy['name']), function: legacy }]
    : objectsOf(message['tool_calls']);
  const said = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
  return [
    ...replayableItems(message['reasoning_details']),
    ...(text === '' ? [] : [said]),
    ...calls.map(callItem),
  ];
}

function callItem(call: JsonObject): JsonObject {
  const call_id = callId(call['id']);
  if (isObject(call['custom'])) {
    const { name, input } = call['custom'];
    return { type: 'custom_tool_call', call_id, name: stringOf(name) ?? '', input: stringOf(input) ?? '' };
  }
  const { name, arguments: written } = objectOf(call['function']);
  const text = isObject(written) ? JSON.stringify(written) : stringOf(written);
  return { type: 'function_call', call_id, name: stringOf(name) ?? '', arguments: text || '{}' };
}

/** The older API had no ids: the name serves. */
function legacyId(name: unknown): string {
  return callId(`call_${stringOf(name) ?? ''}`);
}

function resultItem(message: JsonObject, isCustom: boolean): JsonObject {
  const call_id =
    message['role'] === 'function' ? legacyId(message['name']) : callId(message['tool_call_id']);
  const output = contentFrom(message['content']);
  return { type: isCustom ? 'custom_tool_call_output' : 'function_call_output', call_id, output };
}

/** Text only is a string; anything else a list of parts. */
function contentFrom(content: unknown): unknown {
  if (typeof content === 'string') return content;
  const parts = objectsOf(content).flatMap(partFrom);
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.['type'] === 'input_text' ? only['text'] : parts;
}

function partFrom(part: JsonObject): readonly JsonObject[] {
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return [{ type: 'input_text', text: stringOf(part['text']) ?? '' }];
    case 'refusal':
      return [{ type: 'input_text', text: stringOf(part['refusal']) ?? '' }];
    case 'image_url': {
      const image = part['image_url'];
      const detail = stringOf(objectOf(image)['detail']) ?? 'auto';
      return [
        { type: 'input_image', image_url: stringOf(image) ?? stringOf(objectOf(image)['url']) ?? '', detail },
      ];
    }
    case 'file':
      return [filePart(objectOf(part['file']))];
    case 'input_audio':
      return [{ type: 'input_audio', input_audio: objectOf(part['input_audio']) }];
    case 'thinking':
      // Another vendor's thinking proves nothing here.
      return [];
    default:
      throw refuse(
        'A message holds a content part whose `type` the Responses API cannot express; use text, image_url or file.',
      );
  }
}

function filePart(file: JsonObject): JsonObject {
  const data = stringOf(file['file_data']) ?? stringOf(file['file_url']);
  const filename = stringOf(file['filename']);
  if (data === undefined) return present({ type: 'input_file', file_id: stringOf(file['file_id']) });
  if (/^https?:\/\//i.test(data)) return { type: 'input_file', file_url: data };
  const url = /^data:/i.test(data) ? data : `data:application/pdf;base64,${data}`;
  return { type: 'input_file', filename: filename ?? 'document.pdf', file_data: url };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => stringOf(part['text']) ?? stringOf(part['refusal']) ?? '')
    .join('');
}
