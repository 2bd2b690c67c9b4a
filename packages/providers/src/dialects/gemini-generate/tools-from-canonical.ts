/** Canonical `tools` and `tool_choice` → those of a Gemini request. */
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { schemaFromCanonical } from './schemas.ts';

export type ToolFields = {
  readonly tools: readonly JsonObject[] | undefined;
  readonly toolConfig: JsonObject | undefined;
};

export function toolsFromCanonical(request: JsonObject): ToolFields {
  const declared = [...objectsOf(request['tools']), ...legacyFunctions(request)].map(declarationFrom);
  const searches = isObject(request['web_search_options']);
  if (declared.length === 0)
    return { tools: searches ? [{ googleSearch: {} }] : undefined, toolConfig: undefined };
  if (searches) {
    throw refuse('`web_search_options` cannot be combined with functions here; send one of the two.');
  }
  const calling = callingConfig(request['tool_choice'] ?? request['function_call']);
  return {
    tools: [{ functionDeclarations: declared }],
    toolConfig: calling === undefined ? undefined : { functionCallingConfig: calling },
  };
}

function declarationFrom(tool: JsonObject): JsonObject {
  if (tool['type'] !== undefined && tool['type'] !== 'function') {
    throw refuse('A tool has a `type` other than `function`; only functions exist on both sides. Remove it.');
  }
  const named = isObject(tool['function']) ? tool['function'] : tool;
  const { parameters } = named;
  return present({
    name: stringOf(named['name']) ?? '',
    description: stringOf(named['description']),
    // A function without parameters has no schema: the API refuses an object without properties.
    parametersJsonSchema: takesNothing(parameters) ? undefined : schemaFromCanonical(parameters),
  });
}

function takesNothing(parameters: unknown): boolean {
  if (!isObject(parameters)) return true;
  const isEmpty = Object.keys(objectOf(parameters['properties'])).length === 0;
  return isEmpty && !SHAPING.some((keyword) => parameters[keyword] !== undefined);
}

/** Keywords that say what arguments there are without naming properties at the top. */
const SHAPING = ['$ref', 'anyOf', 'oneOf', 'allOf'] as const;

function legacyFunctions(request: JsonObject): readonly JsonObject[] {
  return objectsOf(request['functions']).map((named) => ({ type: 'function', function: named }));
}

function callingConfig(choice: unknown): JsonObject | undefined {
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  // Mistral calls it `any`.
  if (choice === 'required' || choice === 'any') return { mode: 'ANY' };
  if (!isObject(choice)) return undefined;
  if (choice['type'] === 'allowed_tools') {
    const subset = objectOf(choice['allowed_tools'] ?? choice);
    const names = objectsOf(subset['tools']).map(
      (tool) => stringOf(objectOf(tool['function'] ?? tool)['name']) ?? '',
    );
    // Names restrict a forced call only (`ANY`) or a checked one (`VALIDATED`).
    return { mode: subset['mode'] === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: names };
  }
  const name = stringOf(objectOf(choice['function'])['name']) ?? stringOf(choice['name']);
  return name === undefined ? undefined : { mode: 'ANY', allowedFunctionNames: [name] };
}
