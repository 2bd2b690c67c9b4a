/** Canonical `tools` and `tool_choice` → those of the Messages API. */
import type { ClaudeFeatures } from './claude-models.ts';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import type { Turn } from './turns.ts';

export type ToolFields = { readonly tools: readonly JsonObject[] | undefined; readonly tool_choice: unknown };

const EMPTY_SCHEMA = { type: 'object', properties: {} };

/**
 * `budgeted`: a forced tool is refused beside a thinking budget (not beside adaptive thinking) and weakens to `auto`.
 * A history with tool calls needs tools: where the request has none, those of the history are declared, unusable.
 */
export function toolsFromCanonical(
  request: JsonObject,
  context: { readonly features: ClaudeFeatures; readonly budgeted: boolean; readonly turns: readonly Turn[] },
): ToolFields {
  const declared = [...objectsOf(request['tools']), ...legacyFunctions(request)];
  const choice = readChoice(request['tool_choice'] ?? request['function_call']);
  const tools = declared
    .map((tool) => toolFrom(tool, context.features))
    .filter((tool) => choice.allowed === undefined || choice.allowed.includes(stringOf(tool['name']) ?? ''));
  if (tools.length === 0) {
    const stubs = stubsFor(context.turns);
    return stubs.length === 0
      ? { tools: undefined, tool_choice: undefined }
      : { tools: stubs, tool_choice: { type: 'none' } };
  }
  const forced = choice.choice?.['type'] === 'any' || choice.choice?.['type'] === 'tool';
  const weakened = forced && context.budgeted ? { type: 'auto' } : choice.choice;
  return { tools, tool_choice: withParallelSwitch(weakened, request['parallel_tool_calls']) };
}

function toolFrom(tool: JsonObject, features: ClaudeFeatures): JsonObject {
  if (tool['type'] !== undefined && tool['type'] !== 'function') {
    throw refuse(
      'A tool has a `type` other than `function`; the Messages API takes only functions from other dialects. Remove it.',
    );
  }
  const named = isObject(tool['function']) ? tool['function'] : tool;
  const mark = tool['cache_control'] ?? named['cache_control'];
  return present({
    name: stringOf(named['name']) ?? '',
    description: stringOf(named['description']),
    input_schema: inputSchema(named['parameters']),
    strict: named['strict'] === true && features.structuredOutput ? true : undefined,
    cache_control: isObject(mark) ? mark : undefined,
  });
}

/** The API requires `type: object` at the top. */
function inputSchema(parameters: unknown): JsonObject {
  if (!isObject(parameters)) return EMPTY_SCHEMA;
  return parameters['type'] === 'object' ? parameters : { ...parameters, type: 'object' };
}

function legacyFunctions(request: JsonObject): readonly JsonObject[] {
  return objectsOf(request['functions']).map((named) => ({ type: 'function', function: named }));
}

function readChoice(choice: unknown): {
  readonly choice: JsonObject | undefined;
  readonly allowed?: readonly string[];
} {
  if (choice === 'auto' || choice === 'none') return { choice: { type: choice } };
  // Mistral calls it `any`.
  if (choice === 'required' || choice === 'any') return { choice: { type: 'any' } };
  if (!isObject(choice)) return { choice: undefined };
  if (choice['type'] === 'allowed_tools') {
    const subset = objectOf(choice['allowed_tools'] ?? choice);
    const allowed = objectsOf(subset['tools']).map(
      (tool) => stringOf(objectOf(tool['function'] ?? tool)['name']) ?? '',
    );
    return { choice: { type: subset['mode'] === 'required' ? 'any' : 'auto' }, allowed };
  }
  const name = stringOf(objectOf(choice['function'])['name']) ?? stringOf(choice['name']);
  return { choice: name === undefined ? undefined : { type: 'tool', name } };
}

function withParallelSwitch(choice: JsonObject | undefined, parallel: unknown): unknown {
  if (parallel !== false || choice?.['type'] === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function stubsFor(turns: readonly Turn[]): readonly JsonObject[] {
  const names = turns
    .flatMap((turn) => turn.content)
    .filter((block) => block['type'] === 'tool_use')
    .map((block) => stringOf(block['name']) ?? '');
  return [...new Set(names)].map((name) => ({
    name,
    description: 'Used earlier in this conversation; not available now.',
    input_schema: EMPTY_SCHEMA,
  }));
}
