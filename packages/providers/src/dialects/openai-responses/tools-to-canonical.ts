/** Tools and tool choice of a Responses request → canonical ones. */
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';

/** Throws GatewayError `invalid_request` for tools that the provider itself would have to run. */
export function toolsToCanonical(tools: readonly JsonObject[]): readonly JsonObject[] {
  const named = new Map<string, JsonObject>();
  for (const tool of tools.flatMap(toolToCanonical)) named.set(nameOf(tool), tool);
  return [...named.values()];
}

function toolToCanonical(tool: JsonObject): readonly JsonObject[] {
  switch (tool['type']) {
    case 'function':
      return [functionTool(tool)];
    case 'custom':
      return [customTool(tool)];
    case 'namespace':
      return objectsOf(tool['tools']).flatMap(toolToCanonical);
    case 'tool_search':
      // What the provider would search for is declared at once; what the client searches for, nobody else can ask for.
      if (tool['execution'] !== 'client') return [];
      throw refuse(
        'The tool "tool_search" is to be run by the client, which only a Responses provider asks for; declare the tools themselves.',
      );
    default:
      throw refuse(
        'A tool is of a `type` that its provider runs itself or alone knows (web_search, file_search, code_interpreter, mcp and the like); declare a function, or choose a model of a provider that has it.',
      );
  }
}

function functionTool(tool: JsonObject): JsonObject {
  return {
    type: 'function',
    function: present({
      name: stringOf(tool['name']) ?? '',
      description: stringOf(tool['description']),
      parameters: isObject(tool['parameters']) ? tool['parameters'] : { type: 'object', properties: {} },
      strict: tool['strict'] === true ? true : undefined,
    }),
  };
}

function customTool(tool: JsonObject): JsonObject {
  const format = objectOf(tool['format']);
  const grammar = { syntax: format['syntax'], definition: format['definition'] };
  return {
    type: 'custom',
    custom: present({
      name: stringOf(tool['name']) ?? '',
      description: stringOf(tool['description']),
      format: format['type'] === 'grammar' ? { type: 'grammar', grammar } : undefined,
    }),
  };
}

function nameOf(tool: JsonObject): string {
  return stringOf(objectOf(tool['function'] ?? tool['custom'])['name']) ?? '';
}

/** Undefined when nothing was said. Throws GatewayError `invalid_request`. */
export function toolChoiceToCanonical(choice: unknown): unknown {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const asked = objectOf(choice);
  switch (asked['type']) {
    case 'function':
      return { type: 'function', function: { name: stringOf(asked['name']) ?? '' } };
    case 'custom':
      return { type: 'custom', custom: { name: stringOf(asked['name']) ?? '' } };
    case 'allowed_tools':
      return {
        type: 'allowed_tools',
        allowed_tools: {
          mode: asked['mode'] === 'required' ? 'required' : 'auto',
          tools: objectsOf(asked['tools']).map((tool) => toolChoiceToCanonical(tool)),
        },
      };
    default:
      throw refuse(
        '`tool_choice` names a tool that its provider runs itself; name a function, or use auto, none or required.',
      );
  }
}
