/** A Messages API request → the canonical request. Pure; what cannot be said is in field-fates.ts. */
import type { CanonicalRequest } from '@arouter/core';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { messagesToCanonical } from './messages-to-canonical.ts';
import { thinkingToCanonical } from './thinking.ts';

/** Throws GatewayError `invalid_request` for what only Anthropic itself can do. */
export function requestToCanonical(request: JsonObject): CanonicalRequest {
  if (objectsOf(request['mcp_servers']).length > 0) {
    throw refuse(
      '`mcp_servers` is run by Anthropic itself; choose a model that Anthropic serves, or remove it.',
    );
  }
  const tools = objectsOf(request['tools']).flatMap(toolToCanonical);
  const stop = request['stop_sequences'];
  return present({
    model: request['model'],
    messages: messagesToCanonical(request),
    max_tokens: request['max_tokens'] ?? undefined,
    temperature: request['temperature'] ?? undefined,
    top_p: request['top_p'] ?? undefined,
    top_k: request['top_k'] ?? undefined,
    stop: Array.isArray(stop) && stop.length > 0 ? stop : undefined,
    stream: request['stream'] ?? undefined,
    // The usage of a stream is part of the Messages protocol, so it is asked for.
    stream_options: request['stream'] === true ? { include_usage: true } : undefined,
    user: stringOf(objectOf(request['metadata'])['user_id']),
    service_tier: serviceTier(request['service_tier']),
    tools: tools.length === 0 ? undefined : tools,
    ...(tools.length === 0 ? {} : toolChoiceToCanonical(request['tool_choice'])),
    response_format: responseFormat(objectOf(request['output_config'])['format'] ?? request['output_format']),
    ...thinkingToCanonical(request),
    cache_control: isObject(request['cache_control']) ? request['cache_control'] : undefined,
  });
}

function toolToCanonical(tool: JsonObject): readonly JsonObject[] {
  const type = stringOf(tool['type']);
  // The tools it would find are all declared, so a search adds nothing.
  if (type?.startsWith('tool_search_tool')) return [];
  if (type !== undefined && type !== 'custom') {
    throw refuse(
      'A tool is of a `type` that only Anthropic runs or knows; declare an own tool with `input_schema`, or choose a model that Anthropic serves.',
    );
  }
  return [
    present({
      type: 'function',
      function: present({
        name: stringOf(tool['name']) ?? '',
        description: stringOf(tool['description']),
        parameters: isObject(tool['input_schema'])
          ? tool['input_schema']
          : { type: 'object', properties: {} },
        strict: tool['strict'] === true && isStrict(tool['input_schema']) ? true : undefined,
      }),
      cache_control: isObject(tool['cache_control']) ? tool['cache_control'] : undefined,
    }),
  ];
}

function toolChoiceToCanonical(choice: unknown): JsonObject {
  if (!isObject(choice)) return {};
  return present({
    tool_choice: toolChoiceWord(choice),
    parallel_tool_calls: choice['disable_parallel_tool_use'] === true ? false : undefined,
  });
}

function toolChoiceWord(choice: JsonObject): unknown {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return choice['type'];
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: stringOf(choice['name']) ?? '' } };
    default:
      throw refuse('`tool_choice.type` must be auto, any, tool or none.');
  }
}

function responseFormat(format: unknown): JsonObject | undefined {
  if (!isObject(format) || format['type'] !== 'json_schema') return undefined;
  const name = stringOf(objectOf(format['schema'])['title'])
    ?.replace(/[^a-zA-Z0-9_-]/g, '_')
    .slice(0, 64);
  const { schema } = format;
  return { type: 'json_schema', json_schema: { name: name || 'answer', schema, strict: isStrict(schema) } };
}

/** OpenAI enforces only schemas whose objects are closed and require all their properties, and refuses others. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isObject(schema)) return true;
  const { properties } = schema;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const closed =
    !isObject(properties) ||
    (schema['additionalProperties'] === false &&
      Object.keys(properties).every((name) => required.includes(name)));
  return closed && Object.values(schema).every(isStrict);
}

function serviceTier(tier: unknown): string | undefined {
  if (tier === 'auto') return 'auto';
  return tier === 'standard_only' ? 'default' : undefined;
}
