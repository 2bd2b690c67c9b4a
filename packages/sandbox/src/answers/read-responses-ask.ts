/** What a request of the responses format asks, freed of its items: instructions, messages, calls and their results. */
import type { Ask, AskedTool, ToolChoice } from './compose-reply.ts';
import { TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject, textOfContent } from '../sandbox-request.ts';
import type { JsonObject } from '../sandbox-request.ts';

export function readResponsesAsk(body: JsonObject): Ask {
  const input = itemsOf(body['input']);
  let inputTokens = TOKENS_PER_REQUEST;
  if (typeof body['instructions'] === 'string')
    inputTokens += TOKENS_PER_MESSAGE + textTokens(body['instructions']);
  let lastUserText = '';
  for (const item of input) {
    inputTokens += TOKENS_PER_MESSAGE + itemTokens(item);
    if (item['role'] === 'user') lastUserText = textOfContent(item['content']);
  }
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  if (tools.length > 0) inputTokens += textTokens(JSON.stringify(tools));
  const cap = body['max_output_tokens'];
  return {
    model: String(body['model']),
    streamed: body['stream'] === true,
    lastUserText,
    endsWithToolResult: input.at(-1)?.['type'] === 'function_call_output',
    tools: tools.flatMap(readTool),
    toolChoice: readToolChoice(body['tool_choice']),
    answerSchema: readAnswerSchema(body['text']),
    outputTokensMax: typeof cap === 'number' ? Math.max(0, cap) : Infinity,
    // The format has no stop sequences.
    stops: [],
    inputTokens,
  };
}

/** The mistakes that OpenAI words so. */
export function problemOfResponses(body: JsonObject): { message: string; param: string | null } | null {
  if (typeof body['model'] !== 'string' || body['model'] === '')
    return { message: "Missing required parameter: 'model'.", param: 'model' };
  const { input } = body;
  if (input === undefined) return { message: "Missing required parameter: 'input'.", param: 'input' };
  if (typeof input !== 'string' && !Array.isArray(input))
    return {
      message: "Invalid type for 'input': expected one of a string or an array of input items.",
      param: 'input',
    };
  return problemOfItems(itemsOf(input));
}

/** A result must follow its call: only here does the format look at more than one item. */
function problemOfItems(items: readonly JsonObject[]): { message: string; param: string } | null {
  const called = new Set<unknown>();
  for (const item of items) {
    if (item['type'] === 'function_call') called.add(item['call_id']);
    if (item['type'] === 'function_call_output' && !called.has(item['call_id']))
      return {
        message: `No tool call found for function call output with call_id ${String(item['call_id'])}.`,
        param: 'input',
      };
  }
  return null;
}

function itemsOf(input: unknown): readonly JsonObject[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return Array.isArray(input) ? input.filter(isObject) : [];
}

function itemTokens(item: JsonObject): number {
  const content = item['content'];
  const pictures = Array.isArray(content)
    ? content.filter((part) => isObject(part) && part['type'] === 'input_image').length
    : 0;
  const written = [item['arguments'], item['output']].map((value) =>
    value === undefined ? '' : typeof value === 'string' ? value : textOfContent(value),
  );
  return textTokens(textOfContent(content) + written.join('')) + pictures * TOKENS_PER_IMAGE;
}

function readTool(tool: unknown): AskedTool[] {
  if (!isObject(tool) || tool['type'] !== 'function') return [];
  return [{ name: String(tool['name']), schema: tool['parameters'] ?? {} }];
}

function readToolChoice(choice: unknown): ToolChoice {
  if (choice === 'none' || choice === 'required') return { kind: choice };
  if (isObject(choice) && choice['type'] === 'function')
    return { kind: 'named', name: String(choice['name']) };
  return { kind: 'auto' };
}

function readAnswerSchema(text: unknown): unknown {
  const format = isObject(text) ? text['format'] : undefined;
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_object') return { type: 'object', properties: { answer: { type: 'string' } } };
  return format['type'] === 'json_schema' ? (format['schema'] ?? {}) : undefined;
}
