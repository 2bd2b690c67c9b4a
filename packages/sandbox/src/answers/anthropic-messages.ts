/**
 * The Anthropic messages wire format, as recorded from api.anthropic.com in 2026: a JSON body, or named events from
 * `message_start` to `message_stop` with a `ping` after the first block has begun.
 */
import { composeReply, idCharacters } from './compose-reply.ts';
import type { Ask, AskedTool, Reply, ToolChoice } from './compose-reply.ts';
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject, textOfContent } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { EVENT_STREAM, jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  stop_sequence: 'stop_sequence',
} as const;
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

export function answerAnthropicMessages(request: SandboxRequest): Answer {
  const body = request.json;
  const problem = isObject(body) ? problemOf(request, body) : 'The request body is not valid JSON.';
  if (problem !== null || !isObject(body)) return invalidRequest(request, problem ?? '', null);
  const ask = readAsk(body);
  const reply = composeReply(ask);
  const headers = answerHeaders(request, ask.inputTokens + reply.outputTokens);
  if (!ask.streamed) return jsonAnswer(200, headers, message(request, ask, reply));
  return {
    status: 200,
    headers: [['content-type', EVENT_STREAM], ['cache-control', 'no-cache'], ...headers],
    frames: events(request, ask, reply),
    streamed: true,
  };
}

/** `POST /v1/messages/count_tokens`: the same count that an answer would state as its input. */
export function answerCountTokens(request: SandboxRequest): Answer {
  const body = request.json;
  if (!isObject(body) || !Array.isArray(body['messages']))
    return invalidRequest(request, 'messages: Field required', null);
  return jsonAnswer(200, answerHeaders(request, 0), { input_tokens: readAsk(body).inputTokens });
}

function message({ sequence }: SandboxRequest, ask: Ask, reply: Reply): unknown {
  return {
    model: ask.model,
    id: `msg_01${idCharacters(reply.seed, sequence, 22)}`,
    type: 'message',
    role: 'assistant',
    content:
      reply.calls.length === 0
        ? [{ type: 'text', text: reply.text ?? '' }]
        : reply.calls.map((call, place) => ({
            type: 'tool_use',
            id: callId(reply, sequence, place),
            name: call.name,
            input: inputOf(call.json),
          })),
    stop_reason: STOP_REASONS[reply.end],
    stop_sequence: reply.stopSequence,
    usage: {
      input_tokens: ask.inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: reply.outputTokens,
      service_tier: 'standard',
    },
  };
}

function events({ sequence }: SandboxRequest, ask: Ask, reply: Reply): string[] {
  const id = `msg_01${idCharacters(reply.seed, sequence, 22)}`;
  const frames = [
    event(
      'message_start',
      `"message":{"model":${JSON.stringify(ask.model)},"id":"${id}","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":${ask.inputTokens},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}`,
    ),
  ];
  const block = (index: number, opened: string, deltas: readonly string[]): void => {
    frames.push(event('content_block_start', `"index":${index},"content_block":${opened}`));
    if (index === 0) frames.push(PING);
    for (const delta of deltas)
      frames.push(event('content_block_delta', `"index":${index},"delta":${delta}`));
    frames.push(event('content_block_stop', `"index":${index}`));
  };
  if (reply.calls.length === 0) {
    const deltas = reply.pieces.map((piece) => `{"type":"text_delta","text":${JSON.stringify(piece)}}`);
    block(0, '{"type":"text","text":""}', deltas);
  }
  for (const [place, call] of reply.calls.entries()) {
    const deltas = call.pieces.map(
      (piece) => `{"type":"input_json_delta","partial_json":${JSON.stringify(piece)}}`,
    );
    const opened = `{"type":"tool_use","id":"${callId(reply, sequence, place)}","name":${JSON.stringify(call.name)},"input":{}}`;
    block(place, opened, ['{"type":"input_json_delta","partial_json":""}', ...deltas]);
  }
  frames.push(
    event(
      'message_delta',
      `"delta":{"stop_reason":"${STOP_REASONS[reply.end]}","stop_sequence":${JSON.stringify(reply.stopSequence)}},"usage":{"input_tokens":${ask.inputTokens},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":${reply.outputTokens}}`,
    ),
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  );
  return frames;
}

/** Anthropic pads its events with spaces before the line ends; a reader must bear that. */
function event(type: string, fields: string): string {
  return `event: ${type}\ndata: {"type":"${type}",${fields}}${' '.repeat(fields.length % 16)}\n\n`;
}

/** Arguments cut short by `max_tokens` are not JSON; Anthropic then gives what parsed, which is here nothing. */
function inputOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function callId(reply: Reply, sequence: number, place: number): string {
  return `toolu_01${idCharacters(reply.seed, sequence + place, 22)}`;
}

function problemOf(request: SandboxRequest, body: JsonObject): string | null {
  if (request.headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  if (typeof body['model'] !== 'string') return 'model: Field required';
  if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
  if (body['max_tokens'] < 1) return 'max_tokens: Input should be greater than or equal to 1';
  if (!Array.isArray(body['messages'])) return 'messages: Field required';
  return body['messages'].length === 0 ? 'messages: at least one message is required' : null;
}

function readAsk(body: JsonObject): Ask {
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  let inputTokens = TOKENS_PER_REQUEST + textTokens(textOfContent(body['system']));
  let lastUserText = '';
  for (const each of messages) {
    if (!isObject(each)) continue;
    const text = textOfContent(each['content']);
    inputTokens += TOKENS_PER_MESSAGE + textTokens(text) + otherTokens(each['content']);
    if (each['role'] === 'user' && text !== '') lastUserText = text;
  }
  const last: unknown = messages.at(-1);
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  if (tools.length > 0) inputTokens += textTokens(JSON.stringify(tools));
  const stops = body['stop_sequences'];
  return {
    model: String(body['model']),
    streamed: body['stream'] === true,
    lastUserText,
    endsWithToolResult: isObject(last) && hasPart(last['content'], 'tool_result'),
    tools: tools.flatMap(readTool),
    toolChoice: readToolChoice(body['tool_choice']),
    answerSchema: readAnswerSchema(body),
    outputTokensMax: typeof body['max_tokens'] === 'number' ? body['max_tokens'] : Infinity,
    stops: Array.isArray(stops) ? stops.filter((stop) => typeof stop === 'string') : [],
    inputTokens,
  };
}

function otherTokens(content: unknown): number {
  if (!Array.isArray(content)) return 0;
  let tokens = 0;
  for (const part of content) {
    if (!isObject(part)) continue;
    if (part['type'] === 'image') tokens += TOKENS_PER_IMAGE;
    if (part['type'] === 'tool_use') tokens += textTokens(JSON.stringify(part['input'] ?? {}));
    if (part['type'] === 'tool_result') tokens += textTokens(textOfContent(part['content']));
  }
  return tokens;
}

function hasPart(content: unknown, type: string): boolean {
  return Array.isArray(content) && content.some((part) => isObject(part) && part['type'] === type);
}

function readTool(tool: unknown): AskedTool[] {
  // Tools that the provider runs itself have no schema; the sandbox runs none.
  if (!isObject(tool) || !isObject(tool['input_schema'])) return [];
  return [{ name: String(tool['name']), schema: tool['input_schema'] }];
}

function readToolChoice(choice: unknown): ToolChoice {
  if (!isObject(choice)) return { kind: 'auto' };
  if (choice['type'] === 'tool') return { kind: 'named', name: String(choice['name']) };
  if (choice['type'] === 'any') return { kind: 'required' };
  return { kind: choice['type'] === 'none' ? 'none' : 'auto' };
}

function readAnswerSchema(body: JsonObject): unknown {
  const config = body['output_config'];
  const format = isObject(config) ? config['format'] : body['output_format'];
  return isObject(format) ? format['schema'] : undefined;
}
