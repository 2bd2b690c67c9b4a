/**
 * AWS Bedrock's runtime as recorded in 2026: Converse for any model, Claude's own API under `invoke`, both streamed as
 * AWS event messages, each padded by a member `p` as Bedrock pads them; errors with their type in a header.
 */
import { checkSignature } from '../aws/check-signature.ts';
import { eventMessage } from '../aws/event-message.ts';
import { isObject, textOfContent } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer, HeaderList } from '../script.ts';
import { answerAnthropicMessages } from './anthropic-messages.ts';
import { bedrockEmbedding } from './embeddings.ts';
import { composeReply, idCharacters } from './compose-reply.ts';
import type { Ask, Reply, ToolChoice } from './compose-reply.ts';
import { TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';

export const BEDROCK_PATH =
  /\/model\/([^/]+)\/(converse|invoke|count-tokens)(-stream|-with-response-stream)?$/;
const STREAM_TYPE = 'application/vnd.amazon.eventstream';
const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  stop_sequence: 'stop_sequence',
} as const;

/** Null when the credential is good. `known`: whether the access key or API key is accepted. */
export function refuseBedrockCredential(
  request: SandboxRequest,
  known: (key: string) => boolean,
): Answer | null {
  if (/^bearer /i.test(request.headers.authorization ?? '')) {
    return request.key !== null && known(request.key)
      ? null
      : bedrockError(
          request,
          403,
          'AccessDeniedException',
          'Authentication failed: Please make sure your API Key is valid.',
        );
  }
  switch (checkSignature(request, known)) {
    case 'accepted':
      return null;
    case 'missing':
      return bedrockError(
        request,
        403,
        'MissingAuthenticationTokenException',
        'Missing Authentication Token',
      );
    case 'unknown_key':
      return bedrockError(
        request,
        403,
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    case 'expired':
      return bedrockError(
        request,
        403,
        'InvalidSignatureException',
        'Signature expired: it is now earlier than the request.',
      );
    case 'mismatch':
      return bedrockError(
        request,
        403,
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
      );
  }
}

export function answerBedrock(request: SandboxRequest): Answer {
  const [, , operation, streamed] = BEDROCK_PATH.exec(request.path) ?? [];
  const body = request.json;
  if (!isObject(body)) return invalid(request, 'The request body is not valid JSON.');
  const model = request.model ?? '';
  if (model.includes('does-not-exist')) return invalid(request, 'The provided model identifier is invalid.');
  if (operation === 'count-tokens') return answerCount(request, body);
  return operation === 'converse'
    ? answerConverse(request, body, streamed !== undefined)
    : answerInvoke(request, body, streamed !== undefined);
}

function answerConverse(request: SandboxRequest, body: JsonObject, streamed: boolean): Answer {
  const { messages } = body;
  if (!Array.isArray(messages)) return invalid(request, "Member must not be null at 'messages'");
  if (messages.length === 0) return invalid(request, 'A conversation must start with a user message.');
  const ask = readAsk(request, body, streamed);
  const reply = composeReply(ask);
  const usage = {
    inputTokens: ask.inputTokens,
    outputTokens: reply.outputTokens,
    totalTokens: ask.inputTokens + reply.outputTokens,
  };
  const content = contentOf(request, reply);
  if (!streamed) {
    return jsonAnswer(200, headersOf(request), {
      metrics: { latencyMs: 20 },
      output: { message: { content, role: 'assistant' } },
      stopReason: STOP_REASONS[reply.end],
      usage,
    });
  }
  const frames = [
    event('messageStart', { role: 'assistant' }),
    ...content.flatMap((_, place) => blockEvents(request, reply, place)),
    event('messageStop', { stopReason: STOP_REASONS[reply.end] }),
    event('metadata', { metrics: { latencyMs: 20 }, usage }),
  ];
  return {
    status: 200,
    headers: [['content-type', STREAM_TYPE], ...headersOf(request)],
    frames,
    streamed: true,
  };
}

/** The same count that an answer would state as its input; by the model's own id only. */
function answerCount(request: SandboxRequest, body: JsonObject): Answer {
  const model = decodeURIComponent(request.model ?? '');
  if (!model.startsWith('anthropic.claude-'))
    return invalid(request, "The provided model doesn't support counting tokens.");
  const input = isObject(body['input']) ? body['input'] : {};
  const { converse, invokeModel } = input;
  if (isObject(converse) && Array.isArray(converse['messages']))
    return jsonAnswer(200, headersOf(request), {
      inputTokens: readAsk(request, converse, false).inputTokens,
    });
  if (!isObject(invokeModel)) return invalid(request, "Member must not be null at 'input'");
  const own = Buffer.from(String(invokeModel['body']), 'base64').toString('utf8');
  return jsonAnswer(200, headersOf(request), { inputTokens: TOKENS_PER_REQUEST + textTokens(own) });
}

/** Claude's own answer; its events go one by one into messages. */
function answerInvoke(request: SandboxRequest, body: JsonObject, streamed: boolean): Answer {
  const embedded = (request.model ?? '').includes('embed') ? bedrockEmbedding(request, body) : null;
  if (embedded !== null) {
    const counted = ['x-amzn-bedrock-input-token-count', String(embedded.tokens)] as const;
    return jsonAnswer(200, [...headersOf(request), counted], embedded.body);
  }
  const { anthropic_version: version, ...rest } = body;
  for (const field of ['model', 'stream']) {
    if (rest[field] !== undefined) return invalid(request, `${field}: Extra inputs are not permitted`);
  }
  if (version !== 'bedrock-2023-05-31') return invalid(request, 'anthropic_version: Field required');
  const answer = answerAnthropicMessages({
    ...request,
    headers: { ...request.headers, 'anthropic-version': String(version) },
    json: { ...rest, model: request.model, stream: streamed },
  });
  if (answer.status !== 200) return invalid(request, textOf(answer));
  if (!streamed) return { ...answer, headers: [['content-type', 'application/json'], ...headersOf(request)] };
  const frames = answer.frames
    .map((frame) => /^data: (.*)$/m.exec(String(frame))?.[1]?.trim())
    .filter((data) => data !== undefined && !data.includes('"type": "ping"'))
    .map((data) => event('chunk', { bytes: Buffer.from(data ?? '').toString('base64') }));
  return { ...answer, headers: [['content-type', STREAM_TYPE], ...headersOf(request)], frames };
}

function contentOf(request: SandboxRequest, reply: Reply): readonly unknown[] {
  if (reply.calls.length === 0) return [{ text: reply.text ?? '' }];
  return reply.calls.map((call, place) => ({
    toolUse: { toolUseId: callId(request, reply, place), name: call.name, input: inputOf(call.json) },
  }));
}

/** Bedrock opens no block for text. */
function blockEvents(request: SandboxRequest, reply: Reply, place: number): readonly Buffer[] {
  const contentBlockIndex = place;
  const stop = event('contentBlockStop', { contentBlockIndex });
  const delta = (part: unknown) => event('contentBlockDelta', { contentBlockIndex, delta: part });
  const call = reply.calls[place];
  if (call === undefined) return [...reply.pieces.map((text) => delta({ text })), stop];
  const start = { toolUse: { toolUseId: callId(request, reply, place), name: call.name } };
  return [
    event('contentBlockStart', { contentBlockIndex, start }),
    ...call.pieces.map((input) => delta({ toolUse: { input } })),
    stop,
  ];
}

function readAsk(request: SandboxRequest, body: JsonObject, streamed: boolean): Ask {
  const messages = (body['messages'] as readonly unknown[]).filter(isObject);
  const inference = isObject(body['inferenceConfig']) ? body['inferenceConfig'] : {};
  const config = isObject(body['toolConfig']) ? body['toolConfig'] : {};
  const specs = (Array.isArray(config['tools']) ? config['tools'] : []).flatMap((tool: unknown) =>
    isObject(tool) && isObject(tool['toolSpec']) ? [tool['toolSpec']] : [],
  );
  const texts = messages.map((message) => textOfContent(message['content']));
  const asked = messages.findLastIndex(({ role }, at) => role === 'user' && texts[at] !== '');
  const words = texts.reduce((sum, text) => sum + TOKENS_PER_MESSAGE + textTokens(text), TOKENS_PER_REQUEST);
  const cap = inference['maxTokens'];
  const stops = inference['stopSequences'];
  return {
    model: request.model ?? '',
    streamed,
    lastUserText: texts[asked] ?? '',
    endsWithToolResult: JSON.stringify(messages.at(-1) ?? {}).includes('"toolResult"'),
    tools: specs.map((spec) => ({
      name: String(spec['name']),
      schema: isObject(spec['inputSchema']) ? spec['inputSchema']['json'] : {},
    })),
    toolChoice: readToolChoice(config['toolChoice']),
    answerSchema: readAnswerSchema(body['outputConfig']),
    outputTokensMax: typeof cap === 'number' ? cap : Infinity,
    stops: Array.isArray(stops) ? stops.filter((stop) => typeof stop === 'string') : [],
    inputTokens: words + textTokens(textOfContent(body['system'])) + textTokens(JSON.stringify(specs)),
  };
}

/** The schema stands there as text. */
function readAnswerSchema(outputConfig: unknown): unknown {
  const format = isObject(outputConfig) ? outputConfig['textFormat'] : undefined;
  const structure = isObject(format) ? format['structure'] : undefined;
  const named = isObject(structure) ? structure['jsonSchema'] : undefined;
  if (!isObject(named) || typeof named['schema'] !== 'string') return undefined;
  return JSON.parse(named['schema']) as unknown;
}

function readToolChoice(choice: unknown): ToolChoice {
  if (!isObject(choice)) return { kind: 'auto' };
  if (isObject(choice['tool'])) return { kind: 'named', name: String(choice['tool']['name']) };
  return { kind: choice['any'] === undefined ? 'auto' : 'required' };
}

function event(name: string, payload: JsonObject): Buffer {
  return eventMessage('event', name, { ...payload, p: 'abcdefghijklmnop'.slice(0, name.length % 16) });
}

function callId({ sequence }: SandboxRequest, reply: Reply, place: number): string {
  return `tooluse_${idCharacters(reply.seed, sequence + place, 22)}`;
}

function inputOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Cut short by the bound on the output.
    return {};
  }
}

function textOf(answer: Answer): string {
  const body: unknown = JSON.parse(String(answer.frames[0] ?? '{}'));
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  return String(error['message'] ?? 'invalid');
}

function invalid(request: SandboxRequest, message: string): Answer {
  return bedrockError(request, 400, 'ValidationException', message);
}

function bedrockError(request: SandboxRequest, status: number, type: string, message: string): Answer {
  const headers: HeaderList = [
    ...headersOf(request),
    ['x-amzn-errortype', `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`],
  ];
  return jsonAnswer(status, headers, { message });
}

function headersOf({ sequence }: SandboxRequest): HeaderList {
  return [['x-amzn-requestid', `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`]];
}
