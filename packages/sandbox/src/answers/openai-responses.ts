/**
 * The OpenAI responses wire format, as recorded from api.openai.com in 2025 and 2026: the complete resource, or its events
 * in the recorded order with a gap-free `sequence_number`, ended by `response.completed` or `response.incomplete`; no
 * `[DONE]`. Reasoning is an item of its own where the request asks for effort.
 */
import { composeReply, idCharacters } from './compose-reply.ts';
import type { Reply } from './compose-reply.ts';
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { problemOfResponses, readResponsesAsk } from './read-responses-ask.ts';
import { textPieces } from './token-rule.ts';
import { isObject } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { EVENT_STREAM, jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const SUMMARY = '**Thinking it over** The question is clear.';
/** Tokens that thinking costs, whatever the question. */
const REASONING_TOKENS = 64;
/** As long as the padding of recorded events, cut to varying length so that sizes do not tell the text. */
const NO_JSON = { message: 'We could not parse the JSON body of your request.', param: null };
const OBFUSCATION = 'k3Jw9QzT1mXrB7';

export function answerOpenaiResponses(request: SandboxRequest): Answer {
  const body = request.json;
  const problem = isObject(body) ? problemOfResponses(body) : NO_JSON;
  if (problem !== null || !isObject(body))
    return invalidRequest(request, problem?.message ?? '', problem?.param ?? null);
  const ask = readResponsesAsk(body);
  const reply = composeReply(ask);
  const telling: Telling = { request, body, reply, inputTokens: ask.inputTokens, thinks: thinks(body) };
  const headers = answerHeaders(request, ask.inputTokens + reply.outputTokens);
  if (!ask.streamed) return jsonAnswer(200, headers, finishedResource(telling));
  return {
    status: 200,
    headers: [['content-type', EVENT_STREAM], ...headers],
    frames: events(telling).map((event, index) => frameOf({ ...event, sequence_number: index })),
    streamed: true,
  };
}

/** `POST /v1/responses/input_tokens`: the same count that an answer would state as its input. */
export function answerResponsesCount(request: SandboxRequest): Answer {
  const body = request.json;
  const problem = isObject(body) ? problemOfResponses(body) : NO_JSON;
  if (problem !== null || !isObject(body))
    return invalidRequest(request, problem?.message ?? '', problem?.param ?? null);
  const { inputTokens } = readResponsesAsk(body);
  return jsonAnswer(200, answerHeaders(request, 0), {
    object: 'response.input_tokens',
    input_tokens: inputTokens,
  });
}

type Telling = {
  readonly request: SandboxRequest;
  readonly body: JsonObject;
  readonly reply: Reply;
  readonly inputTokens: number;
  readonly thinks: boolean;
};
type Event = JsonObject & { readonly type: string };

function thinks({ reasoning }: JsonObject): boolean {
  const effort = isObject(reasoning) ? reasoning['effort'] : undefined;
  return typeof effort === 'string' && effort !== 'none';
}

function events(telling: Telling): readonly Event[] {
  const begun = resource(telling, { status: 'in_progress', output: [], usage: null, service_tier: 'auto' });
  const finished = finishedResource(telling);
  return [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...outputItems(telling).flatMap((item, index) => itemEvents(telling, item, index)),
    { type: `response.${String(finished['status'])}`, response: finished },
  ];
}

/** Every member that the resource has, said or not, as on the wire. */
function resource({ request, body, reply }: Telling, state: JsonObject): JsonObject {
  const { reasoning, text } = body;
  const said = (name: string, otherwise: unknown): unknown => body[name] ?? otherwise;
  return {
    id: `resp_${idCharacters(reply.seed, request.sequence, 48).toLowerCase()}`,
    object: 'response',
    created_at: Math.floor(request.now / 1000),
    background: false,
    completed_at: null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: null,
    instructions: said('instructions', null),
    max_output_tokens: said('max_output_tokens', null),
    max_tool_calls: said('max_tool_calls', null),
    model: request.model,
    parallel_tool_calls: said('parallel_tool_calls', true),
    presence_penalty: 0,
    previous_response_id: said('previous_response_id', null),
    prompt_cache_key: said('prompt_cache_key', null),
    prompt_cache_retention: null,
    reasoning: { effort: null, summary: null, ...(isObject(reasoning) ? reasoning : {}) },
    safety_identifier: said('safety_identifier', null),
    store: said('store', true),
    temperature: said('temperature', 1),
    text: { format: { type: 'text' }, verbosity: 'medium', ...(isObject(text) ? text : {}) },
    tool_choice: said('tool_choice', 'auto'),
    tools: said('tools', []),
    top_logprobs: said('top_logprobs', 0),
    top_p: said('top_p', 1),
    truncation: said('truncation', 'disabled'),
    user: said('user', null),
    metadata: said('metadata', {}),
    ...state,
  };
}

function finishedResource(telling: Telling): JsonObject {
  const { request, reply, inputTokens } = telling;
  const reasoningTokens = telling.thinks ? REASONING_TOKENS : 0;
  const outputTokens = reply.outputTokens + reasoningTokens;
  const isCut = reply.end === 'length';
  return resource(telling, {
    status: isCut ? 'incomplete' : 'completed',
    completed_at: isCut ? null : Math.floor(request.now / 1000),
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    service_tier: 'default',
    output: outputItems(telling),
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: reasoningTokens },
      total_tokens: inputTokens + outputTokens,
    },
  });
}

function outputItems(telling: Telling): readonly JsonObject[] {
  const { reply } = telling;
  const status = reply.end === 'length' ? 'incomplete' : 'completed';
  const text = reply.text ?? '';
  const said =
    reply.calls.length > 0
      ? reply.calls.map(({ name, json }, place) => ({
          id: itemId(telling, 'fc', place),
          type: 'function_call',
          status,
          arguments: json,
          call_id: `call_${idCharacters(reply.seed, telling.request.sequence + place, 24)}`,
          name,
        }))
      : [
          {
            id: itemId(telling, 'msg', 0),
            type: 'message',
            status,
            content: [{ type: 'output_text', annotations: [], logprobs: [], text }],
            role: 'assistant',
          },
        ];
  return telling.thinks ? [reasoningItem(telling), ...said] : said;
}

function reasoningItem(telling: Telling): JsonObject {
  const { reasoning, include } = telling.body;
  const tells = isObject(reasoning) && typeof reasoning['summary'] === 'string';
  const sealed = Array.isArray(include) && include.includes('reasoning.encrypted_content');
  return {
    id: itemId(telling, 'rs', 0),
    type: 'reasoning',
    ...(sealed ? { encrypted_content: Buffer.from(`sandbox ${telling.reply.seed}`).toString('base64') } : {}),
    summary: tells ? [{ type: 'summary_text', text: SUMMARY }] : [],
  };
}

function itemId({ reply, request }: Telling, stem: string, place: number): string {
  return `${stem}_${idCharacters(reply.seed, request.sequence + place, 48).toLowerCase()}`;
}

/** An item from its empty beginning to its end. */
function itemEvents(telling: Telling, item: JsonObject, output_index: number): readonly Event[] {
  const at = { item_id: item['id'], output_index };
  const frame = (empty: JsonObject, between: readonly Event[]): readonly Event[] => [
    { type: 'response.output_item.added', item: { ...item, ...empty }, output_index },
    ...between,
    { type: 'response.output_item.done', item, output_index },
  ];
  switch (item['type']) {
    case 'reasoning':
      return frame({ summary: [] }, summaryEvents(at, item['summary']));
    case 'message':
      return frame({ status: 'in_progress', content: [] }, textEvents(at, telling.reply));
    default:
      return frame({ status: 'in_progress', arguments: '' }, argumentEvents(at, item, telling.reply));
  }
}

type Place = { readonly item_id: unknown; readonly output_index: number };

function textEvents(at: Place, { pieces, text }: Reply): readonly Event[] {
  const there = { ...at, content_index: 0 };
  const part = (words: string): JsonObject => ({
    type: 'output_text',
    annotations: [],
    logprobs: [],
    text: words,
  });
  return [
    { type: 'response.content_part.added', ...there, part: part('') },
    ...pieces.map((delta, index) => ({
      type: 'response.output_text.delta',
      ...there,
      delta,
      logprobs: [],
      obfuscation: OBFUSCATION.slice(index % OBFUSCATION.length),
    })),
    { type: 'response.output_text.done', ...there, logprobs: [], text: text ?? '' },
    { type: 'response.content_part.done', ...there, part: part(text ?? '') },
  ];
}

function summaryEvents(at: Place, summary: unknown): readonly Event[] {
  if (!Array.isArray(summary) || summary.length === 0) return [];
  const there = { ...at, summary_index: 0 };
  const name = 'response.reasoning_summary';
  return [
    { type: `${name}_part.added`, ...there, part: { type: 'summary_text', text: '' } },
    ...textPieces(SUMMARY).map((delta) => ({ type: `${name}_text.delta`, ...there, delta })),
    { type: `${name}_text.done`, ...there, text: SUMMARY },
    { type: `${name}_part.done`, ...there, part: { type: 'summary_text', text: SUMMARY } },
  ];
}

function argumentEvents(
  at: Place,
  { id, name, arguments: json }: JsonObject,
  reply: Reply,
): readonly Event[] {
  const call = reply.calls.find((each) => each.name === name && each.json === json);
  return [
    ...(call?.pieces ?? []).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      item_id: id,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...at, arguments: json },
  ];
}

function frameOf(event: Event): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
