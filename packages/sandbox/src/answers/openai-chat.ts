/**
 * The OpenAI chat completions wire format, as recorded from api.openai.com in 2026: a JSON body, or one `data:` event
 * per piece, a usage event only where `stream_options.include_usage` asks for it, and `data: [DONE]`.
 */
import { composeReply, idCharacters } from './compose-reply.ts';
import type { Ask, AskedTool, Reply, ToolChoice } from './compose-reply.ts';
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject, textOfContent } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { EVENT_STREAM, jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const CHOICES_MAX = 128;
const OBFUSCATION = 'k3Jw9QzT1mXrB7';

export function answerOpenaiChat(request: SandboxRequest): Answer {
  const body = request.json;
  if (!isObject(body))
    return invalidRequest(request, 'We could not parse the JSON body of your request.', null);
  const problem = problemOf(body);
  if (problem !== null) return invalidRequest(request, problem.message, problem.param);
  const ask = readAsk(body);
  const reply = composeReply(ask);
  const choices = typeof body['n'] === 'number' ? Math.min(Math.max(1, body['n']), CHOICES_MAX) : 1;
  const headers = answerHeaders(request, ask.inputTokens + reply.outputTokens * choices);
  if (!ask.streamed) return jsonAnswer(200, headers, completion({ request, ask, reply, choices }));
  const options = body['stream_options'];
  const withUsage = isObject(options) && options['include_usage'] === true;
  return {
    status: 200,
    headers: [['content-type', EVENT_STREAM], ...headers],
    frames: chunks({ request, ask, reply, choices }, withUsage),
    streamed: true,
  };
}

type Telling = {
  readonly request: SandboxRequest;
  readonly ask: Ask;
  readonly reply: Reply;
  readonly choices: number;
};

function completion({ request, ask, reply, choices }: Telling): unknown {
  return {
    id: `chatcmpl-${idCharacters(reply.seed, request.sequence, 29)}`,
    object: 'chat.completion',
    created: Math.floor(request.now / 1000),
    model: ask.model,
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: {
        role: 'assistant',
        content: reply.text,
        ...(reply.calls.length > 0 && {
          tool_calls: reply.calls.map((call, place) => ({
            id: callId(reply, request.sequence, place),
            type: 'function',
            function: { name: call.name, arguments: call.json },
          })),
        }),
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finishReason(reply),
    })),
    usage: usage(ask, reply, choices),
    service_tier: 'default',
    system_fingerprint: 'fp_sandbox',
  };
}

function chunks({ request, ask, reply, choices }: Telling, withUsage: boolean): string[] {
  const id = `chatcmpl-${idCharacters(reply.seed, request.sequence, 29)}`;
  const created = Math.floor(request.now / 1000);
  const head = `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(ask.model)},"service_tier":"default","system_fingerprint":"fp_sandbox","choices":[`;
  const tail = withUsage ? '],"usage":null,"obfuscation":"' : '],"obfuscation":"';
  const frames: string[] = [];
  const push = (choice: string): void => {
    // As on the wire: padding of varying length, so that the size of an event does not tell its text.
    frames.push(`${head}${choice}${tail}${OBFUSCATION.slice(frames.length % 14)}"}\n\n`);
  };
  for (let index = 0; index < choices; index += 1) {
    const delta = (json: string, finish: string): string =>
      `{"index":${index},"delta":${json},"logprobs":null,"finish_reason":${finish}}`;
    for (const json of deltas(reply, request.sequence)) push(delta(json, 'null'));
    push(delta('{}', `"${finishReason(reply)}"`));
  }
  if (withUsage) {
    const total = JSON.stringify(usage(ask, reply, choices));
    frames.push(`${head}],"usage":${total},"obfuscation":"${OBFUSCATION}"}\n\n`);
  }
  frames.push('data: [DONE]\n\n');
  return frames;
}

function deltas(reply: Reply, sequence: number): string[] {
  if (reply.calls.length === 0) {
    const list = ['{"role":"assistant","content":"","refusal":null}'];
    for (const piece of reply.pieces) list.push(`{"content":${JSON.stringify(piece)}}`);
    return list;
  }
  const list: string[] = [];
  for (const [place, call] of reply.calls.entries()) {
    const opened = `{"index":${place},"id":"${callId(reply, sequence, place)}","type":"function","function":{"name":${JSON.stringify(call.name)},"arguments":""}}`;
    list.push(
      place === 0
        ? `{"role":"assistant","content":null,"tool_calls":[${opened}],"refusal":null}`
        : `{"tool_calls":[${opened}]}`,
    );
    for (const piece of call.pieces)
      list.push(`{"tool_calls":[{"index":${place},"function":{"arguments":${JSON.stringify(piece)}}}]}`);
  }
  return list;
}

function usage(ask: Ask, reply: Reply, choices: number): unknown {
  const output = reply.outputTokens * choices;
  return {
    prompt_tokens: ask.inputTokens,
    completion_tokens: output,
    total_tokens: ask.inputTokens + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function finishReason(reply: Reply): string {
  return reply.end === 'stop_sequence' ? 'stop' : reply.end;
}

function callId(reply: Reply, sequence: number, place: number): string {
  return `call_${idCharacters(reply.seed, sequence + place, 24)}`;
}

/** The mistakes that OpenAI words so; the bad-body probe of a key test relies on the last. */
function problemOf(body: JsonObject): { message: string; param: string | null } | null {
  if (typeof body['model'] !== 'string' || body['model'] === '')
    return { message: 'you must provide a model parameter', param: null };
  const messages = body['messages'];
  if (messages === undefined)
    return { message: "Missing required parameter: 'messages'.", param: 'messages' };
  if (!Array.isArray(messages))
    return { message: "Invalid type for 'messages': expected an array of objects.", param: 'messages' };
  if (messages.length === 0)
    return {
      message:
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      param: 'messages',
    };
  return null;
}

function readAsk(body: JsonObject): Ask {
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  let inputTokens = TOKENS_PER_REQUEST;
  let lastUserText = '';
  for (const message of messages) {
    if (!isObject(message)) continue;
    const text = textOfContent(message['content']);
    inputTokens += TOKENS_PER_MESSAGE + textTokens(text) + imageTokens(message['content']);
    if (message['tool_calls'] !== undefined) inputTokens += textTokens(JSON.stringify(message['tool_calls']));
    if (message['role'] === 'user') lastUserText = text;
  }
  const last: unknown = messages.at(-1);
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  if (tools.length > 0) inputTokens += textTokens(JSON.stringify(tools));
  const cap = body['max_completion_tokens'] ?? body['max_tokens'];
  const stop = body['stop'];
  return {
    model: String(body['model']),
    streamed: body['stream'] === true,
    lastUserText,
    endsWithToolResult: isObject(last) && last['role'] === 'tool',
    tools: tools.flatMap(readTool),
    toolChoice: readToolChoice(body['tool_choice']),
    answerSchema: readAnswerSchema(body['response_format']),
    outputTokensMax: typeof cap === 'number' ? Math.max(0, cap) : Infinity,
    stops:
      typeof stop === 'string'
        ? [stop]
        : Array.isArray(stop)
          ? stop.filter((item) => typeof item === 'string')
          : [],
    inputTokens,
  };
}

function imageTokens(content: unknown): number {
  if (!Array.isArray(content)) return 0;
  let images = 0;
  for (const part of content) if (isObject(part) && part['type'] === 'image_url') images += 1;
  return images * TOKENS_PER_IMAGE;
}

function readTool(tool: unknown): AskedTool[] {
  if (!isObject(tool) || !isObject(tool['function'])) return [];
  return [{ name: String(tool['function']['name']), schema: tool['function']['parameters'] ?? {} }];
}

function readToolChoice(choice: unknown): ToolChoice {
  if (choice === 'none' || choice === 'required') return { kind: choice };
  if (isObject(choice) && isObject(choice['function']))
    return { kind: 'named', name: String(choice['function']['name']) };
  return { kind: 'auto' };
}

function readAnswerSchema(format: unknown): unknown {
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_object') return { type: 'object', properties: { answer: { type: 'string' } } };
  return isObject(format['json_schema']) ? (format['json_schema']['schema'] ?? {}) : undefined;
}
