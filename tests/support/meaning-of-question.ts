/**
 * What a request says, whatever the dialect: who said which words in which order, the tools called and what they
 * returned, the pictures and files shown, the tools on offer. Shares no code with the gateway's dialects.
 */
import { isJsonObject } from './recorded-chats.ts';
import type { ChatDialect, JsonObject } from './recorded-chats.ts';

export type QuestionMeaning = {
  /** `user: …`, `call get_weather {…}`, `result: …`, `image`; what one role says in a row is one entry, without white space. */
  readonly said: readonly string[];
  readonly tools: readonly string[];
};

/** Parts of a conversation that are for their vendor alone, and so are no part of what crosses over. */
const VENDORS_OWN: readonly (readonly [type: RegExp, reason: string])[] = [
  [
    /^(?:redacted_)?thinking$/,
    'reasoning of earlier turns is signed, and goes back to the vendor that signed it',
  ],
  [/^server_tool_use$|_tool_result$/, 'history of tools that only Anthropic runs; the text around it stays'],
  [
    /^(?:compaction|tool_addition)$/,
    'instructions to Anthropic about the conversation, not something that was said',
  ],
];
/** On the list of tools, but nothing that a model of another vendor could call: all tools are declared at once there. */
const SEARCH_TOOL = /^tool_search_tool_/;

export function meaningOfQuestion(dialect: ChatDialect, request: JsonObject): QuestionMeaning {
  const items = dialect === 'openai-chat' ? openAiItems(request) : anthropicItems(request);
  const said: Item[] = [];
  for (const item of items) {
    if (item.text === '') continue;
    const last = said.at(-1);
    if (last?.who === item.who && MERGED.has(item.who)) last.text += item.text;
    else said.push({ ...item });
  }
  return {
    said: said.map(({ who, text }) => `${who}: ${text}`),
    tools: objectsIn(request['tools'])
      .filter(({ type }) => typeof type !== 'string' || !SEARCH_TOOL.test(type))
      .map(toolName),
  };
}

type Item = { who: string; text: string };

/** A turn of several texts is one text, however it is divided. */
const MERGED = new Set(['system', 'user', 'assistant']);

function openAiItems(request: JsonObject): readonly Item[] {
  return objectsIn(request['messages']).flatMap((message) => {
    const role = message['role'] === 'developer' ? 'system' : String(message['role']);
    const who = role === 'tool' ? 'result' : role;
    const calls = objectsIn(message['tool_calls']).map((call) => {
      const made = isJsonObject(call['function']) ? call['function'] : {};
      return callItem(made['name'], parsedOr(made['arguments']));
    });
    return [...contentItems(who, message['content']), ...calls];
  });
}

function anthropicItems(request: JsonObject): readonly Item[] {
  const messages = objectsIn(request['messages']).flatMap((message) => {
    const who = String(message['role']);
    return typeof message['content'] === 'string'
      ? contentItems(who, message['content'])
      : objectsIn(message['content']).flatMap((block) => blockItems(who, block));
  });
  return [...contentItems('system', request['system']), ...messages];
}

function blockItems(who: string, block: JsonObject): readonly Item[] {
  if (block['type'] === 'tool_use') return [callItem(block['name'], block['input'])];
  if (block['type'] === 'tool_result') return contentItems('result', block['content']);
  return contentItems(who, [block]);
}

function contentItems(who: string, content: unknown): readonly Item[] {
  if (typeof content === 'string') return [{ who, text: squeezed(content) }];
  return objectsIn(content).map((part) => {
    const { type, text } = part;
    if (type === 'text') return { who, text: squeezed(String(text)) };
    if (type === 'image' || type === 'image_url') return { who: 'image', text: squeezed(dataOf(part)) };
    if (type === 'document' || type === 'file' || type === 'document_url')
      return { who: 'file', text: squeezed(dataOf(part)) };
    // What Anthropic's own search found is said in words to others.
    if (type === 'tool_reference') return { who, text: squeezed(`Tool found: ${String(part['tool_name'])}`) };
    if (VENDORS_OWN.some(([vendorsOwn]) => vendorsOwn.test(String(type)))) return { who, text: '' };
    return { who: String(type), text: '(something)' };
  });
}

/** The last characters of the bytes or of the address: enough to tell two apart. */
function dataOf(part: JsonObject): string {
  const strings =
    JSON.stringify(part).match(/"(?:data|url|file_data|file_id|document_url)":"([^"]*)"/)?.[1] ?? '';
  return strings.slice(-40) || '(no data)';
}

function callItem(name: unknown, input: unknown): Item {
  return { who: `call ${String(name)}`, text: JSON.stringify(sortedOf(input)) };
}

function toolName(tool: JsonObject): string {
  const inner = isJsonObject(tool['function']) ? tool['function'] : tool;
  const schema = inner['parameters'] ?? inner['input_schema'] ?? null;
  return `${String(inner['name'])} ${JSON.stringify(sortedOf(schema))}`;
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

function sortedOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedOf);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sortedOf(item)]),
  );
}

function parsedOr(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value === '' ? '{}' : value) as unknown;
  } catch {
    // Arguments that a model wrote badly are compared as text.
    return value;
  }
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
