/** The canonical request → a Responses request. Pure; what cannot be said is in field-fates.ts. */
import type { CanonicalRequest, EncodeTarget } from '@arouter/core';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { itemsFromCanonical } from './items-from-canonical.ts';

/** Members that mean the same on both sides and are written alike. */
const SAME_FIELDS = [
  'temperature',
  'top_p',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'metadata',
] as const;

/** Throws GatewayError `invalid_request` for what the Responses API cannot do. Nothing is stored at the provider. */
export function requestFromCanonical(request: CanonicalRequest, target: EncodeTarget): JsonObject {
  refuseImpossible(request);
  const { instructions, input } = itemsFromCanonical(request['messages']);
  const reasoning = reasoningOf(request);
  const tools = toolsOf(request);
  const body = present({
    model: target.upstreamModel,
    instructions,
    input,
    max_output_tokens: outputCap(request, target),
    ...Object.fromEntries(SAME_FIELDS.map((field) => [field, request[field] ?? undefined])),
    ...(tools.length === 0 ? {} : { tools, ...toolFields(request) }),
    text: textOf(request),
    reasoning,
    include: includeOf(request, { reasons: reasoning !== undefined, input }),
    top_logprobs: request['logprobs'] === true ? (numberOf(request['top_logprobs']) ?? 0) : undefined,
    store: false,
    stream: request['stream'] === true ? true : undefined,
  });
  const refused = target.quirks.unsupportedFields ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)));
}

function refuseImpossible(request: CanonicalRequest): void {
  const count = numberOf(request['n']);
  if (count !== undefined && count > 1) {
    throw refuse('`n` is more than 1, which the Responses API cannot do; send the request n times.');
  }
  const modalities = request['modalities'];
  const textOnly = !Array.isArray(modalities) || modalities.every((modality) => modality === 'text');
  if (isObject(request['audio']) || !textOnly) {
    throw refuse('`modalities` asks for more than text, which this model cannot give; ask for text only.');
  }
  if (isObject(request['web_search_options'])) {
    throw refuse(
      '`web_search_options` has no counterpart here; choose a model that searches, or ask at /v1/responses with the tool web_search.',
    );
  }
}

function outputCap(request: CanonicalRequest, { outputTokensMax }: EncodeTarget): number | undefined {
  const stated = numberOf(request['max_completion_tokens']) ?? numberOf(request['max_tokens']);
  return stated === undefined ? undefined : Math.min(stated, outputTokensMax ?? Infinity);
}

function toolsOf(request: CanonicalRequest): readonly JsonObject[] {
  const legacy: readonly JsonObject[] = objectsOf(request['functions']).map((named) => ({
    type: 'function',
    function: named,
  }));
  return [...objectsOf(request['tools']), ...legacy].map((tool) => {
    if (tool['type'] === 'custom') return customTool(objectOf(tool['custom']));
    if (tool['type'] === 'function' || tool['type'] === undefined)
      return functionTool(objectOf(tool['function']));
    throw refuse('A tool has a `type` other than function and custom; remove it.');
  });
}

/** Functions are strict by default there and lax by default here, so it is always said. */
function functionTool(named: JsonObject): JsonObject {
  return present({
    type: 'function',
    name: stringOf(named['name']) ?? '',
    description: stringOf(named['description']),
    parameters: isObject(named['parameters']) ? named['parameters'] : { type: 'object', properties: {} },
    strict: named['strict'] === true,
  });
}

function customTool(named: JsonObject): JsonObject {
  const format = objectOf(named['format']);
  return present({
    type: 'custom',
    name: stringOf(named['name']) ?? '',
    description: stringOf(named['description']),
    format: format['type'] === 'grammar' ? { type: 'grammar', ...objectOf(format['grammar']) } : undefined,
  });
}

function toolFields(request: CanonicalRequest): JsonObject {
  const parallel = request['parallel_tool_calls'];
  return present({
    tool_choice: toolChoice(request['tool_choice'] ?? request['function_call']),
    parallel_tool_calls: typeof parallel === 'boolean' ? parallel : undefined,
  });
}

function toolChoice(choice: unknown): unknown {
  if (typeof choice === 'string') return choice === 'any' ? 'required' : choice;
  if (!isObject(choice)) return undefined;
  if (choice['type'] === 'allowed_tools') {
    const { mode, tools } = objectOf(choice['allowed_tools']);
    return { type: 'allowed_tools', mode: mode ?? 'auto', tools: objectsOf(tools).map(toolChoice) };
  }
  if (choice['type'] === 'custom') return { type: 'custom', name: objectOf(choice['custom'])['name'] };
  const name = stringOf(objectOf(choice['function'])['name']) ?? stringOf(choice['name']);
  return name === undefined ? undefined : { type: 'function', name };
}

function textOf(request: CanonicalRequest): JsonObject | undefined {
  const text = present({
    format: formatOf(objectOf(request['response_format'])),
    verbosity: stringOf(request['verbosity']),
  });
  return Object.keys(text).length === 0 ? undefined : text;
}

function formatOf(format: JsonObject): JsonObject | undefined {
  if (format['type'] === 'json_object') return { type: 'json_object' };
  if (format['type'] !== 'json_schema') return undefined;
  const { name, description, schema, strict } = objectOf(format['json_schema']);
  return present({
    type: 'json_schema',
    name: stringOf(name) ?? 'answer',
    description: stringOf(description),
    schema: isObject(schema) ? schema : {},
    // As with tools: said, because the defaults differ.
    strict: strict === true,
  });
}

/** Undefined when nothing was asked, and then nothing is asked. */
function reasoningOf(request: CanonicalRequest): JsonObject | undefined {
  const { effort, summary, enabled } = objectOf(request['reasoning']);
  const level =
    stringOf(request['reasoning_effort']) ?? stringOf(effort) ?? (enabled === true ? 'medium' : undefined);
  const reasoning = present({ effort: level, summary: stringOf(summary) });
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

/** Nothing is stored, so reasoning must come along encrypted; asked of a model that does not reason it is an error. */
function includeOf(
  request: CanonicalRequest,
  { reasons, input }: { readonly reasons: boolean; readonly input: readonly JsonObject[] },
): readonly string[] | undefined {
  const reasoned = reasons || input.some((item) => item['type'] === 'reasoning');
  const include = [
    ...(reasoned ? ['reasoning.encrypted_content'] : []),
    ...(request['logprobs'] === true ? ['message.output_text.logprobs'] : []),
  ];
  return include.length === 0 ? undefined : include;
}
