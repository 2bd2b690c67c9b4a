/**
 * Where the gateway's answer is rightly not the recording: what must be true of an exchange, and the reason. Told by
 * what stands in the exchange, not by its name, so that other recordings are judged by the same rules.
 */
import type { Exception } from '../support/equality-table.ts';
import { isJsonObject } from '../support/recorded-chats.ts';
import type { JsonObject, RecordedChat } from '../support/recorded-chats.ts';
import { eventsOf, statedUsage } from '../support/stated-usage.ts';

/** Members of a request that speak to the gateway itself: they are read here and not sent on. */
export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

/** About the key, or the provider's state; the caller can do nothing about it. */
const ABOUT_THE_KEY: ReadonlySet<number> = new Set([401, 402, 403, 429]);

const COUNTED_TWICE: Exception = {
  applies: (chat) => {
    const usage = statedUsage(chat);
    return usage !== null && usage.cached + usage.written5m + usage.written1h > usage.input;
  },
  aspects: ['usage', 'record'],
  reason:
    'the provider counts the same tokens as read from the cache and as written to it, more than went in; here each token is of one kind',
};
const NO_USAGE_STATED: Exception = {
  applies: (chat) => chat.status === 200 && statedUsage(chat) === null,
  aspects: ['usage', 'record', 'cost'],
  reason: 'the provider states no usage: it is estimated, and marked so',
};

export const EXCEPTIONS: readonly Exception[] = [
  {
    applies: ({ status }) => ABOUT_THE_KEY.has(status) || status >= 500,
    aspects: ['answer'],
    reason:
      'what is about the key or the provider the gateway says itself: it names the key, when to try again and what could be done',
  },
  {
    applies: (chat) => !asksForUsage(chat) && streamEvents(chat).some(isUsageChunk),
    aspects: ['answer'],
    reason:
      'the provider states usage in a last chunk although the caller did not ask; the gateway asks for it always and keeps it',
  },
  {
    applies: (chat) => streamHasError(chat) && chat.answer.includes('data: [DONE]'),
    aspects: ['answer'],
    reason:
      'the provider sends [DONE] after an error inside the stream; the gateway sends none, so that nobody takes the answer for complete',
  },
  COUNTED_TWICE,
  NO_USAGE_STATED,
];

/** `question`: what reaches the provider after both translations. */
const CROSSED_ANYWHERE: readonly Exception[] = [
  {
    applies: ({ request }) => {
      const messages = messagesOf(request);
      const first = messages.findIndex((message) => !isSystem(message));
      return messages.some((message, index) => isSystem(message) && index > first);
    },
    aspects: ['question'],
    reason: 'most Claude models take no system message in the middle: there it is said by the user',
  },
  {
    applies: ({ dialect, request }) =>
      dialect === 'anthropic-messages' &&
      messagesOf(request)
        .flatMap((message) => objectsOf(message['content']))
        .filter(({ type }) => type === 'tool_result')
        .flatMap((result) => objectsOf(result['content']))
        .some(({ type }) => type === 'image' || type === 'document'),
    aspects: ['question'],
    reason: 'a tool message of OpenAI holds text only: pictures and files follow in a message of the user',
  },
  COUNTED_TWICE,
  NO_USAGE_STATED,
  {
    applies: streamHasError,
    aspects: ['usage'],
    reason:
      'usage stands at the end of a stream, and one that ends with an error has no such end; the record has it',
  },
];

/** Between the two chat dialects. */
export const CROSSED_EXCEPTIONS: readonly Exception[] = [
  {
    applies: ({ dialect, request }) =>
      dialect === 'openai-chat' && messagesOf(request).every((message) => isSystem(message)),
    aspects: ['question'],
    reason: 'there is nothing but a system message, and the Messages API wants a turn of the user',
  },
  {
    applies: ({ request }) => objectOf(request['response_format'])['type'] === 'json_object',
    aspects: ['question'],
    reason: 'response_format json_object has no counterpart there and becomes a sentence',
  },
  {
    applies: ({ request }) =>
      request['tools'] === undefined &&
      messagesOf(request).some((message) => message['tool_calls'] !== undefined),
    aspects: ['question'],
    reason:
      'the history has calls of a tool that is not declared any more, which the Messages API refuses: it is declared',
  },
  ...CROSSED_ANYWHERE,
];

/** Between responses and either of them. */
export const CROSSED_RESPONSES_EXCEPTIONS: readonly Exception[] = [
  ...CROSSED_ANYWHERE,
  {
    applies: ({ status, answer }) =>
      status === 400 && /requested model .* does not exist/.test(answer.toString()),
    aspects: ['answer'],
    reason: 'a model that does not exist is 404 here, whatever status its provider has for it',
  },
];
/** The caller's format can name such a file, but only the provider that stores it can read it: the gateway refuses. */
export const namesStoredFile = (chat: RecordedChat): boolean => /"file_id":"/.test(written(chat));

/** Questions that have no form in the other dialect; the gateway refuses them with a sentence that says so. */
export const NOT_ASKABLE: readonly (readonly [reason: string, applies: (chat: RecordedChat) => boolean])[] = [
  ['a file is stored at the provider', namesStoredFile],
  ['servers are called by Anthropic', ({ request }) => request['mcp_servers'] !== undefined],
  ['the provider searches', ({ request }) => request['web_search_options'] !== undefined],
  ['several answers at once', ({ request }) => typeof request['n'] === 'number' && request['n'] > 1],
  ['speech', (chat) => /"(?:input_audio|audio|modalities)":/.test(written(chat))],
  ['a container at Anthropic', (chat) => /"container_upload"/.test(written(chat))],
  [
    'a tool that only its vendor knows',
    ({ request }) =>
      objectsOf(request['tools']).some(
        ({ type }) => typeof type === 'string' && type !== 'function' && type !== 'custom',
      ),
  ],
  [
    'a tool of another kind than functions',
    ({ request }) => objectsOf(request['tools']).some(({ type }) => type === 'custom'),
  ],
  ['a part that only its vendor knows', (chat) => /"(?:document_url|video_url)"/.test(written(chat))],
];

function asksForUsage({ dialect, request }: RecordedChat): boolean {
  return dialect !== 'openai-chat' || objectOf(request['stream_options'])['include_usage'] === true;
}

function streamEvents({ answer, streamed, status }: RecordedChat): readonly JsonObject[] {
  return streamed && status === 200 ? eventsOf(answer.toString('utf8')).filter(isJsonObject) : [];
}

function isUsageChunk(event: JsonObject): boolean {
  return isJsonObject(event['usage']) && Array.isArray(event['choices']) && event['choices'].length === 0;
}

function streamHasError(chat: RecordedChat): boolean {
  return streamEvents(chat).some((event) => isJsonObject(event['error']));
}

function messagesOf(request: JsonObject): readonly JsonObject[] {
  return objectsOf(request['messages']);
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

function written({ request }: RecordedChat): string {
  return JSON.stringify(request);
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
