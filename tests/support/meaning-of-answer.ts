/**
 * What an answer says, whatever the dialect: the common measure for answers that were translated. Written for the wire
 * formats as their vendors document them; it shares no code with the gateway's dialects.
 */
import { isJsonObject } from './recorded-chats.ts';
import type { JsonObject, RecordedDialect } from './recorded-chats.ts';

export type Meaning = {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly end: 'stop' | 'length' | 'tool_calls' | 'content_filter' | null;
};

/** `answer` is a whole answer, or the list of a stream's events. */
export function meaningOfAnswer(dialect: RecordedDialect, answer: unknown): Meaning {
  const parts = (Array.isArray(answer) ? answer : [answer]).filter(isJsonObject);
  if (dialect === 'openai-responses')
    return responsesMeaning(Array.isArray(answer) ? resourceOfStream(parts) : (parts[0] ?? {}));
  return dialect === 'openai-chat'
    ? openAiMeaning(parts)
    : anthropicMeaning(Array.isArray(answer) ? blocksOfStream(parts) : parts[0]);
}

type Call = { name: string; json: string };

/** The first choice; a chunk's `delta` adds to what came before, a whole answer's `message` is one such piece. */
function openAiMeaning(parts: readonly JsonObject[]): Meaning {
  let text = '';
  let reasoning = '';
  let end: unknown = null;
  const calls = new Map<number, Call>();
  for (const part of parts) {
    const choice = objectsIn(part['choices']).find((each) => (each['index'] ?? 0) === 0);
    if (choice === undefined) continue;
    end = choice['finish_reason'] ?? end;
    const message = objectIn(choice['message'] ?? choice['delta']);
    text += openAiText(message['content']);
    // Two names of one thing; who sends both sends the same in both.
    reasoning +=
      stringIn(message['reasoning_content']) ||
      stringIn(message['reasoning']) ||
      thinkingParts(message['content']);
    for (const [position, call] of objectsIn(message['tool_calls']).entries()) {
      const index = typeof call['index'] === 'number' ? call['index'] : position;
      const made = calls.get(index) ?? { name: '', json: '' };
      const { name, arguments: json } = objectIn(call['function']);
      made.name += stringIn(name);
      made.json += stringIn(json);
      calls.set(index, made);
    }
  }
  return { text, reasoning, calls: [...calls.values()].map(parsedCall), end: openAiEnd(end, calls.size > 0) };
}

/** A list of parts: text, and Mistral's thinking. */
function openAiText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsIn(content)
    .map((part) => (part['type'] === 'text' ? stringIn(part['text']) : ''))
    .join('');
}

function thinkingParts(content: unknown): string {
  return objectsIn(content)
    .filter((part) => part['type'] === 'thinking')
    .flatMap((part) => objectsIn(part['thinking']).map((each) => stringIn(each['text'])))
    .join('');
}

/** Some providers say `stop` beside tool calls; whoever reads it must run the tools. */
function openAiEnd(reason: unknown, called: boolean): Meaning['end'] {
  switch (reason) {
    case 'stop':
      return called ? 'tool_calls' : 'stop';
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason;
    default:
      return null;
  }
}

const ANTHROPIC_ENDS: Readonly<Record<string, Meaning['end']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

function anthropicMeaning(message: JsonObject | undefined): Meaning {
  const blocks = objectsIn(message?.['content']);
  const joined = (type: string, field: string): string =>
    blocks
      .filter((block) => block['type'] === type)
      .map((block) => stringIn(block[field]))
      .join('');
  return {
    text: joined('text', 'text'),
    reasoning: joined('thinking', 'thinking'),
    calls: blocks
      .filter((block) => block['type'] === 'tool_use')
      .map((block) => ({ name: stringIn(block['name']), input: block['input'] })),
    end: ANTHROPIC_ENDS[stringIn(message?.['stop_reason'])] ?? null,
  };
}

/** The message that the events of a stream add up to. */
function blocksOfStream(events: readonly JsonObject[]): JsonObject {
  const blocks = new Map<unknown, Record<string, unknown> & { json: string }>();
  let stopReason: unknown = null;
  for (const event of events) {
    const delta = objectIn(event['delta']);
    if (event['type'] === 'message_delta') stopReason = delta['stop_reason'] ?? stopReason;
    if (event['type'] === 'content_block_start')
      blocks.set(event['index'], { ...objectIn(event['content_block']), json: '' });
    const block = blocks.get(event['index']);
    if (event['type'] !== 'content_block_delta' || block === undefined) continue;
    if (delta['type'] === 'text_delta') block['text'] = stringIn(block['text']) + stringIn(delta['text']);
    if (delta['type'] === 'thinking_delta')
      block['thinking'] = stringIn(block['thinking']) + stringIn(delta['thinking']);
    if (delta['type'] === 'input_json_delta') block.json += stringIn(delta['partial_json']);
  }
  const content = [...blocks.values()].map(({ json, ...block }) =>
    json === '' ? block : { ...block, input: parsedOr(json) },
  );
  return { content, stop_reason: stopReason };
}

function responsesMeaning(resource: JsonObject): Meaning {
  const output = objectsIn(resource['output']);
  const ofType = (type: string) => output.filter((item) => item['type'] === type);
  const joined = (items: readonly JsonObject[], field: string): string =>
    items
      .flatMap((item) => objectsIn(item[field]))
      .map((part) => stringIn(part['text']))
      .join('');
  const calls = ofType('function_call').map((item) =>
    parsedCall({ name: stringIn(item['name']), json: stringIn(item['arguments']) }),
  );
  const { reason } = objectIn(resource['incomplete_details']);
  const end = calls.length > 0 ? 'tool_calls' : 'stop';
  return {
    text: joined(ofType('message'), 'content'),
    reasoning: joined(ofType('reasoning'), 'content') || joined(ofType('reasoning'), 'summary'),
    calls,
    end: reason === 'max_output_tokens' ? 'length' : reason === 'content_filter' ? reason : end,
  };
}

/** What the events of a stream add up to: its items as each was told to be done, and the last resource for how it ended. */
function resourceOfStream(events: readonly JsonObject[]): JsonObject {
  const output = events
    .filter(({ type }) => type === 'response.output_item.done')
    .map((event) => withStreamedText(objectIn(event['item']), events, event['output_index']));
  const last = objectIn(events.findLast((event) => isJsonObject(event['response']))?.['response']);
  return { ...last, output };
}

/** The text of a message as its pieces gave it: what a reader of the stream has seen. */
function withStreamedText(item: JsonObject, events: readonly JsonObject[], index: unknown): JsonObject {
  if (item['type'] !== 'message') return item;
  const text = events
    .filter((event) => event['type'] === 'response.output_text.delta' && event['output_index'] === index)
    .map((event) => stringIn(event['delta']))
    .join('');
  return { ...item, content: [{ text }] };
}

function parsedCall({ name, json }: Call): Meaning['calls'][number] {
  return { name, input: json.trim() === '' ? {} : parsedOr(json) };
}

function parsedOr(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // Cut off by the output limit: then the text itself is what both sides must have.
    return json;
  }
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function stringIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
