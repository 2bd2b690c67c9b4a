/** Canonical messages → `system` and the turns of the Messages API. */
import { createHash } from 'node:crypto';
import { blocksFromContent } from './content-from-canonical.ts';
import {
  argumentsToInput,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { signedBlocks } from './reasoning.ts';
import { arrangeTurns, type Turn } from './turns.ts';

export type Conversation = { readonly system: readonly JsonObject[]; readonly turns: readonly Turn[] };

/** Leading system and developer messages are hoisted; later ones become user text where they stand. */
export function messagesFromCanonical(messages: unknown): Conversation {
  const all = objectsOf(messages);
  const firstTurn = all.findIndex((message) => !isSystem(message));
  const leading = firstTurn === -1 ? all : all.slice(0, firstTurn);
  const system = leading.flatMap((message) => textOnly(blocksFromContent(message['content'])));
  const turns = arrangeTurns(firstTurn === -1 ? [] : all.slice(firstTurn).map(turnFrom));
  if (turns.length > 0) return { system, turns };
  // Nothing but instructions: the API wants at least one user turn, and the last instruction is what is asked.
  const asked = system.at(-1);
  if (asked === undefined) {
    throw refuse('`messages` holds no text, image or file; send at least one message with content.');
  }
  return { system: system.slice(0, -1), turns: [{ role: 'user', content: [asked] }] };
}

/** Ids that the API's pattern refuses are renamed, the same way wherever they occur. */
export function toolUseId(id: unknown): string {
  const written = stringOf(id) ?? '';
  if (/^[a-zA-Z0-9_-]{1,128}$/.test(written)) return written;
  return `call_${createHash('sha256').update(written).digest('hex').slice(0, 24)}`;
}

function turnFrom(message: JsonObject): Turn {
  switch (message['role']) {
    case 'assistant':
      return { role: 'assistant', content: assistantBlocks(message) };
    case 'tool':
    case 'function':
      return { role: 'user', content: [toolResult(message)] };
    case 'user':
    case 'system':
    case 'developer':
      return { role: 'user', content: blocksFromContent(message['content']) };
    default:
      throw refuse('A message has a `role` that is none of system, developer, user, assistant and tool.');
  }
}

/** Thinking first, then text, then tool calls: the order the API requires of a turn it shall continue. */
function assistantBlocks(message: JsonObject): readonly JsonObject[] {
  const written = blocksFromContent(message['content']);
  const refusal = written.length === 0 ? blocksFromContent(message['refusal']) : [];
  return [
    ...signedBlocks(message['reasoning_details']),
    ...written,
    ...refusal,
    ...toolCalls(message).map((call) => {
      const named = objectOf(call['function'] ?? call['custom']);
      return present({
        type: 'tool_use',
        id: toolUseId(call['id']),
        name: stringOf(named['name']) ?? '',
        input: argumentsToInput(named['arguments'] ?? named['input']),
        cache_control: isObject(call['cache_control']) ? call['cache_control'] : undefined,
      });
    }),
  ];
}

/** `tool_calls`, or the one `function_call` of the older API, which had no ids: its name serves. */
function toolCalls(message: JsonObject): readonly JsonObject[] {
  const legacy = message['function_call'];
  if (!isObject(legacy)) return objectsOf(message['tool_calls']);
  return [{ id: legacyId(legacy['name']), function: legacy }];
}

function legacyId(name: unknown): string {
  return toolUseId(`call_${stringOf(name) ?? ''}`);
}

function toolResult(message: JsonObject): JsonObject {
  const id = message['role'] === 'function' ? legacyId(message['name']) : toolUseId(message['tool_call_id']);
  const blocks = blocksFromContent(message['content']);
  const { marks, unmarked } = liftCacheControl(blocks);
  return present({
    type: 'tool_result',
    tool_use_id: id,
    // The shortest form where there is nothing but one text; a result may be empty, its blocks may not.
    content: simplified(unmarked),
    is_error: message['is_error'] === true ? true : undefined,
    cache_control: marks,
  });
}

function simplified(blocks: readonly JsonObject[]): unknown {
  const only = blocks.length === 1 ? blocks[0] : undefined;
  if (only?.['type'] === 'text') return only['text'];
  return blocks.length === 0 ? '' : blocks;
}

/** A cache mark inside a tool result belongs on the result itself. */
function liftCacheControl(blocks: readonly JsonObject[]): {
  readonly marks: unknown;
  readonly unmarked: readonly JsonObject[];
} {
  const marks = blocks.map((block) => block['cache_control']).findLast((mark) => mark !== undefined);
  const unmarked = blocks.map(({ cache_control: _mark, ...block }) => block);
  return { marks, unmarked };
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

function textOnly(blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.filter((block) => block['type'] === 'text');
}
