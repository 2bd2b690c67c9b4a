/**
 * The `input` of a Responses request → canonical messages. What an assistant did in a row (reasoning, text, calls) is one
 * message; results follow as tool messages, and what a tool message cannot hold follows those.
 */
import { type JsonObject, objectsOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { partsFromContent, simplestContent, splitOutput, textOfContent } from './content-to-canonical.ts';
import { detailsFromItem, reasoningMembers } from './reasoning.ts';

export type CanonicalInput = {
  readonly messages: readonly JsonObject[];
  /** Tools that were made known in the course of the conversation. */
  readonly tools: readonly JsonObject[];
};

/** Calls of tools that their provider ran: the text around them stays. */
const HOSTED_HISTORY: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
  'tool_search_call',
]);

/** Throws GatewayError `invalid_request` for items that only their provider can read. */
export function itemsToCanonical(input: unknown): CanonicalInput {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objectsOf(input);
  const conversation = new Conversation();
  const tools: JsonObject[] = [];
  for (const item of items) {
    if (item['type'] === 'additional_tools' || item['type'] === 'tool_search_output') {
      tools.push(...objectsOf(item['tools']));
    } else if (!HOSTED_HISTORY.has(item['type'])) conversation.add(item);
  }
  return { messages: conversation.end(), tools };
}

/** What an assistant has done since somebody else spoke. */
type Turn = { texts: string[]; readonly details: JsonObject[]; readonly calls: JsonObject[] };

class Conversation {
  readonly #messages: JsonObject[] = [];
  #turn: Turn | null = null;
  /** Pictures and files that tools gave back; they wait for the last result of a row. */
  #attachments: JsonObject[] = [];

  add(item: JsonObject): void {
    switch (item['type'] ?? 'message') {
      case 'message':
        return this.#addMessage(item);
      case 'reasoning':
        this.#assistant().details.push(...detailsFromItem(item, this.#assistant().details.length));
        return;
      case 'function_call':
      case 'custom_tool_call':
        this.#assistant().calls.push(callFrom(item));
        return;
      case 'function_call_output':
      case 'custom_tool_call_output':
        return this.#addResult(item);
      default:
        throw unreadableItem(item['type']);
    }
  }

  end(): readonly JsonObject[] {
    this.#closeTurn();
    this.#closeResults();
    return this.#messages;
  }

  #addMessage(item: JsonObject): void {
    if (item['role'] === 'assistant') {
      const text = textOfContent(item['content']);
      if (text !== '') this.#assistant().texts.push(text);
      return;
    }
    this.#closeTurn();
    this.#closeResults();
    const parts = partsFromContent(item['content']);
    if (parts.length > 0)
      this.#messages.push({ role: roleOf(item['role']), content: simplestContent(parts) });
  }

  #addResult(item: JsonObject): void {
    this.#closeTurn();
    const id = stringOf(item['call_id']) ?? '';
    const { text, attachments } = splitOutput(item['output']);
    this.#messages.push({ role: 'tool', tool_call_id: id, content: text });
    if (attachments.length > 0) {
      this.#attachments.push({ type: 'text', text: `Result of tool call ${id}:` }, ...attachments);
    }
  }

  #assistant(): Turn {
    this.#closeResults();
    this.#turn ??= { texts: [], details: [], calls: [] };
    return this.#turn;
  }

  #closeTurn(): void {
    if (this.#turn === null) return;
    const { texts, details, calls } = this.#turn;
    this.#turn = null;
    if (texts.length === 0 && calls.length === 0 && details.length === 0) return;
    this.#messages.push(
      present({
        role: 'assistant',
        content: texts.length === 0 && calls.length > 0 ? null : texts.join('\n\n'),
        ...reasoningMembers(details),
        tool_calls: calls.length === 0 ? undefined : calls,
      }),
    );
  }

  #closeResults(): void {
    if (this.#attachments.length === 0) return;
    this.#messages.push({ role: 'user', content: this.#attachments });
    this.#attachments = [];
  }
}

function callFrom(item: JsonObject): JsonObject {
  const id = stringOf(item['call_id']) ?? stringOf(item['id']) ?? '';
  const name = stringOf(item['name']) ?? '';
  return item['type'] === 'custom_tool_call'
    ? { id, type: 'custom', custom: { name, input: stringOf(item['input']) ?? '' } }
    : { id, type: 'function', function: { name, arguments: stringOf(item['arguments']) || '{}' } };
}

/** `developer` is a system message by another name, which few providers know. */
function roleOf(role: unknown): string {
  if (role === 'user' || role === 'system') return role;
  if (role === 'developer') return 'system';
  throw refuse('An input message has a `role` that is none of user, assistant, system and developer.');
}

function unreadableItem(type: unknown): Error {
  if (type === 'item_reference') {
    return refuse(
      'The input holds an `item_reference`, an item that only its provider has stored. Send the item itself: with `store: false`, client libraries do.',
    );
  }
  if (type === 'compaction') {
    return refuse(
      'The input holds a `compaction`, which only the provider that made it can read. Send the conversation itself.',
    );
  }
  return refuse(
    'The input holds an item of a `type` that only its provider knows; use message, reasoning, function_call and function_call_output.',
  );
}
