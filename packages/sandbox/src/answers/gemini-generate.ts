/**
 * The Gemini wire format, as recorded from generativelanguage.googleapis.com in 2026: a JSON body, events without a
 * terminal one, or one JSON array. Model and method stand in the path; thinking has a signature on the first call.
 */
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { composeReply, idCharacters } from './compose-reply.ts';
import type { Ask, AskedTool, Reply, ToolChoice } from './compose-reply.ts';
import { TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { EVENT_STREAM, jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const PATH = /\/models\/([^/]+(?:\/[^/]+)?):([a-zA-Z]+)$/;
const THOUGHT = 'The question is plain enough.';
const THOUGHT_TOKENS = 7;

export type GeminiPath = { readonly model: string; readonly streamed: boolean };

/** Undefined for paths of other wire formats. */
export function geminiPathOf(path: string): GeminiPath | undefined {
  const [, model, method] = PATH.exec(path) ?? [];
  if (model === undefined || method === undefined) return undefined;
  return { model: model.replaceAll('%2F', '/'), streamed: method.startsWith('stream') };
}

export function answerGemini(request: SandboxRequest): Answer {
  const body = request.json;
  if (!isObject(body) || !Array.isArray(body['contents']) || body['contents'].length === 0)
    return invalidRequest(request, '* GenerateContentRequest.contents: contents is not specified\n', null);
  const problem = problemOf(body['contents']);
  if (problem !== null) return invalidRequest(request, problem, null);
  const ask = readAsk(request, body);
  const reply = composeReply(ask);
  const headers = answerHeaders(request, ask.inputTokens + reply.outputTokens);
  const pieces = objectsOf(request, body, { ask, reply });
  if (!request.streamed) return jsonAnswer(200, headers, wholeOf(pieces));
  const sse = new URLSearchParams(request.query).get('alt') === 'sse';
  const frames = sse
    ? pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`)
    : pieces.map((piece, at) => `${at === 0 ? '[' : ',\r\n'}${JSON.stringify(piece)}`).concat(']');
  const type = sse ? EVENT_STREAM : 'application/json; charset=UTF-8';
  return { status: 200, headers: [['content-type', type], ...headers], frames, streamed: true };
}

/** `:countTokens`: AI Studio knows `contents` and a whole `generateContentRequest`, Vertex AI (under `projects`) all but that. */
export function answerGeminiCount(request: SandboxRequest): Answer {
  const body = isObject(request.json) ? request.json : {};
  const isVertex = /\/(?:projects|publishers)\//.test(request.path);
  const unknown = Object.keys(body).find((name) =>
    isVertex ? name === 'generateContentRequest' : name !== 'generateContentRequest' && name !== 'contents',
  );
  if (unknown !== undefined)
    return invalidRequest(
      request,
      `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`,
      null,
    );
  const asked = isObject(body['generateContentRequest']) ? body['generateContentRequest'] : body;
  if (!Array.isArray(asked['contents'])) return invalidRequest(request, 'contents is not specified', null);
  const { inputTokens } = readAsk(request, asked);
  const details = [{ modality: 'TEXT', tokenCount: inputTokens }];
  return jsonAnswer(200, answerHeaders(request, 0), {
    totalTokens: inputTokens,
    promptTokensDetails: details,
  });
}

type Said = { readonly ask: Ask; readonly reply: Reply };
type Piece = {
  readonly candidates: readonly JsonObject[];
  readonly usageMetadata: JsonObject;
  readonly modelVersion: string;
  readonly responseId: string;
};

/** One object per piece of text, one for every call; the last says why it ended. Counts grow along. */
function objectsOf(request: SandboxRequest, body: JsonObject, { ask, reply }: Said): readonly Piece[] {
  const responseId = idCharacters(reply.seed, request.sequence, 23);
  const thinks = wantsThoughts(body);
  const parts: JsonObject[] = [
    ...(thinks ? [{ text: THOUGHT, thought: true }] : []),
    ...reply.pieces.map((text) => ({ text })),
    ...reply.calls.map((call, place) => callPart(call.name, call.json, place)),
  ];
  const shown = parts.length === 0 ? [{ text: '' }] : parts;
  return shown.map((part, at) => {
    const last = at === shown.length - 1;
    const said = Math.min(reply.outputTokens, at + 1);
    return {
      candidates: [
        {
          content: { parts: [part], role: 'model' },
          ...(last ? { finishReason: finishOf(reply) } : {}),
          index: 0,
        },
      ],
      usageMetadata: usageOf(ask.inputTokens, last ? reply.outputTokens : said, thinks ? THOUGHT_TOKENS : 0),
      modelVersion: ask.model,
      responseId,
    };
  });
}

function wholeOf(pieces: readonly Piece[]): JsonObject {
  const last = pieces.at(-1);
  const parts = pieces.flatMap(({ candidates }) => {
    const [candidate] = candidates;
    const content = candidate?.['content'];
    return isObject(content) && Array.isArray(content['parts']) ? (content['parts'] as JsonObject[]) : [];
  });
  const text = parts
    .filter((part) => 'text' in part && part['thought'] !== true)
    .map((part) => String(part['text']));
  const others = parts.filter((part) => !('text' in part) || part['thought'] === true);
  const merged =
    text.length === 0
      ? others
      : [...others.filter(isThought), { text: text.join('') }, ...others.filter((part) => !isThought(part))];
  const finishReason = last?.candidates[0]?.['finishReason'];
  return { ...last, candidates: [{ content: { parts: merged, role: 'model' }, finishReason, index: 0 }] };
}

function isThought(part: JsonObject): boolean {
  return part['thought'] === true;
}

function callPart(name: string, json: string, place: number): JsonObject {
  const functionCall = { name, args: argsOf(json) };
  // Of parallel calls only the first bears a signature.
  return place === 0
    ? { functionCall, thoughtSignature: Buffer.from(`sandbox ${name}`).toString('base64') }
    : { functionCall };
}

function usageOf(input: number, output: number, thoughts: number): JsonObject {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output,
    totalTokenCount: input + output + thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  };
}

function finishOf({ end }: Reply): string {
  return end === 'length' ? 'MAX_TOKENS' : 'STOP';
}

function wantsThoughts(body: JsonObject): boolean {
  const config = isObject(body['generationConfig']) ? body['generationConfig'] : {};
  return isObject(config['thinkingConfig']) && config['thinkingConfig']['includeThoughts'] === true;
}

/** What Google refuses of a conversation: roles it does not know, and calls whose signature is not of its making. */
function problemOf(contents: readonly unknown[]): string | null {
  for (const content of contents.filter(isObject)) {
    const role = content['role'] ?? 'user';
    if (role !== 'user' && role !== 'model' && role !== 'function')
      return 'Please use a valid role: user, model.';
    for (const part of partsOf(content)) {
      const signature = part['thoughtSignature'];
      const known = typeof signature !== 'string' || isOwnSignature(signature);
      if (!known) return 'Thought signature is not valid.';
    }
  }
  return null;
}

function isOwnSignature(signature: string): boolean {
  if (signature === 'skip_thought_signature_validator') return true;
  return Buffer.from(signature, 'base64').toString('latin1').startsWith('sandbox ');
}

function readAsk(request: SandboxRequest, body: JsonObject): Ask {
  const contents = Array.isArray(body['contents']) ? body['contents'].filter(isObject) : [];
  const config = isObject(body['generationConfig']) ? body['generationConfig'] : {};
  const instruction = isObject(body['systemInstruction']) ? textOf(body['systemInstruction']) : '';
  let inputTokens = TOKENS_PER_REQUEST + textTokens(instruction);
  let lastUserText = '';
  for (const content of contents) {
    const text = textOf(content);
    inputTokens += TOKENS_PER_MESSAGE + textTokens(text) + otherTokens(content);
    if (content['role'] !== 'model' && text !== '') lastUserText = text;
  }
  const last = contents.at(-1);
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  if (tools.length > 0) inputTokens += textTokens(JSON.stringify(tools));
  const stops = config['stopSequences'];
  return {
    model: request.model ?? 'gemini',
    streamed: request.streamed,
    lastUserText,
    endsWithToolResult:
      last !== undefined && partsOf(last).some((part) => isObject(part['functionResponse'])),
    tools: tools.filter(isObject).flatMap(readTools),
    toolChoice: readToolChoice(body['toolConfig']),
    answerSchema:
      config['responseMimeType'] === 'application/json'
        ? (config['responseJsonSchema'] ?? config['responseSchema'] ?? { type: 'object' })
        : undefined,
    outputTokensMax: typeof config['maxOutputTokens'] === 'number' ? config['maxOutputTokens'] : Infinity,
    stops: Array.isArray(stops) ? stops.filter((stop) => typeof stop === 'string') : [],
    inputTokens,
  };
}

function partsOf(content: JsonObject): readonly JsonObject[] {
  return Array.isArray(content['parts']) ? content['parts'].filter(isObject) : [];
}

function textOf(content: JsonObject): string {
  return partsOf(content)
    .filter((part) => part['thought'] !== true && typeof part['text'] === 'string')
    .map((part) => String(part['text']))
    .join('');
}

function otherTokens(content: JsonObject): number {
  let tokens = 0;
  for (const part of partsOf(content)) {
    if (isObject(part['inlineData']) || isObject(part['fileData'])) tokens += TOKENS_PER_IMAGE;
    const exchanged = part['functionCall'] ?? part['functionResponse'];
    if (isObject(exchanged)) tokens += textTokens(JSON.stringify(exchanged));
  }
  return tokens;
}

function readTools(tool: JsonObject): readonly AskedTool[] {
  const declared = Array.isArray(tool['functionDeclarations']) ? tool['functionDeclarations'] : [];
  return declared.filter(isObject).map((each) => ({
    name: String(each['name']),
    schema: each['parametersJsonSchema'] ?? each['parameters'] ?? { type: 'object' },
  }));
}

function readToolChoice(config: unknown): ToolChoice {
  const calling = isObject(config) ? config['functionCallingConfig'] : undefined;
  if (!isObject(calling)) return { kind: 'auto' };
  const names = calling['allowedFunctionNames'];
  if (calling['mode'] === 'ANY' && Array.isArray(names) && names.length === 1)
    return { kind: 'named', name: String(names[0]) };
  if (calling['mode'] === 'ANY') return { kind: 'required' };
  return { kind: calling['mode'] === 'NONE' ? 'none' : 'auto' };
}

/** Arguments cut short are not JSON; there is nothing to give then. */
function argsOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
