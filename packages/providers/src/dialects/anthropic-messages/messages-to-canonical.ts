/** `system` and the turns of the Messages API → canonical messages. */
import { partsFromBlocks, simplestContent, splitToolResult } from './content-to-canonical.ts';
import { isObject, type JsonObject, objectsOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { detailFromBlock, reasoningMembers } from './reasoning.ts';

export function messagesToCanonical(request: JsonObject): readonly JsonObject[] {
  const system = partsFromBlocks(request['system'] ?? []).filter((part) => part['text'] !== '');
  const head = system.length === 0 ? [] : [{ role: 'system', content: simplestContent(system) }];
  return [...head, ...objectsOf(request['messages']).flatMap(messageToCanonical)];
}

function messageToCanonical(message: JsonObject): readonly JsonObject[] {
  switch (message['role']) {
    case 'user':
      return userMessages(message['content']);
    case 'assistant':
      return assistantMessage(message['content']);
    case 'system': {
      const parts = partsFromBlocks(message['content']);
      return parts.length === 0 ? [] : [{ role: 'system', content: simplestContent(parts) }];
    }
    default:
      throw refuse('A message has a `role` that is none of user, assistant and system.');
  }
}

/** Results become tool messages, in order; what else the turn holds follows as the user's own message. */
function userMessages(content: unknown): readonly JsonObject[] {
  const blocks: readonly JsonObject[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content);
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const block of blocks) {
    if (block['type'] !== 'tool_result') {
      parts.push(...partsFromBlocks([block]));
      continue;
    }
    const { text, attachments } = splitToolResult(block);
    const id = stringOf(block['tool_use_id']) ?? '';
    const mark = block['cache_control'];
    const tool = isObject(mark) ? [{ type: 'text', text, cache_control: mark }] : text;
    results.push({ role: 'tool', tool_call_id: id, content: tool });
    if (attachments.length > 0)
      parts.push({ type: 'text', text: `Result of tool call ${id}:` }, ...attachments);
  }
  const said = parts.filter((part) => part['text'] !== '');
  return said.length === 0 ? results : [...results, { role: 'user', content: simplestContent(said) }];
}

function assistantMessage(content: unknown): readonly JsonObject[] {
  const blocks: readonly JsonObject[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content);
  const { text, details, toolCalls } = readAssistantBlocks(blocks, '\n\n');
  if (text === '' && details.length === 0 && toolCalls.length === 0) return [];
  const mark = blocks.map((block) => block['cache_control']).findLast(isObject);
  const written = mark === undefined || text === '' ? text : [{ type: 'text', text, cache_control: mark }];
  return [
    present({
      role: 'assistant',
      content: text === '' && toolCalls.length > 0 ? null : written,
      ...reasoningMembers(details),
      tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
    }),
  ];
}

export type AssistantBlocks = {
  readonly text: string;
  readonly details: readonly JsonObject[];
  readonly toolCalls: readonly JsonObject[];
};

/**
 * What an assistant said, in the three kinds the canonical form has; blocks of server tools say nothing there. `gap`
 * goes between texts that such a block or a call stood between; neighbouring text blocks (cited ones) are one text.
 */
export function readAssistantBlocks(blocks: readonly JsonObject[], gap: '' | '\n\n'): AssistantBlocks {
  let text = '';
  let apart = false;
  const details: JsonObject[] = [];
  const toolCalls: JsonObject[] = [];
  for (const block of blocks) {
    if (block['type'] === 'text') {
      const more = stringOf(block['text']) ?? '';
      text += apart && text !== '' && more !== '' ? gap + more : more;
      apart = false;
      continue;
    }
    apart = true;
    if (block['type'] === 'tool_use') toolCalls.push(toolCall(block));
    const detail = detailFromBlock(block, details.length);
    if (detail !== undefined) details.push(detail);
  }
  return { text, details, toolCalls };
}

function toolCall(block: JsonObject): JsonObject {
  return {
    id: stringOf(block['id']) ?? '',
    type: 'function',
    function: { name: stringOf(block['name']) ?? '', arguments: JSON.stringify(block['input'] ?? {}) },
  };
}
