/** A Responses request → the canonical request. Pure; what cannot be said is in field-fates.ts. */
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
import { itemsToCanonical } from './items-to-canonical.ts';
import { toolChoiceToCanonical, toolsToCanonical } from './tools-to-canonical.ts';

/** Throws GatewayError `invalid_request` for what only a Responses provider itself can do. */
export function requestToCanonical(request: JsonObject): CanonicalRequest {
  refuseStoredState(request);
  const { messages, tools: found } = itemsToCanonical(request['input']);
  const instructions = stringOf(request['instructions']) ?? '';
  const tools = toolsToCanonical([...objectsOf(request['tools']), ...found]);
  const stream = request['stream'] === true;
  return present({
    model: request['model'],
    messages: instructions === '' ? messages : [{ role: 'system', content: instructions }, ...messages],
    max_tokens: request['max_output_tokens'] ?? undefined,
    temperature: request['temperature'] ?? undefined,
    top_p: request['top_p'] ?? undefined,
    stream: stream ? true : undefined,
    // Usage is part of the protocol, so it is asked for.
    stream_options: stream ? { include_usage: true } : undefined,
    user: stringOf(request['user']) ?? stringOf(request['safety_identifier']),
    service_tier: request['service_tier'] ?? undefined,
    tools: tools.length === 0 ? undefined : tools,
    ...(tools.length === 0 ? {} : toolFields(request)),
    ...logprobs(request),
    ...textFields(objectOf(request['text'])),
    ...reasoningFields(objectOf(request['reasoning'])),
  });
}

/** What the provider keeps is nothing to another one, and answering without it would be another answer. */
function refuseStoredState(request: JsonObject): void {
  if (isSet(request['previous_response_id'])) {
    throw refuse(
      'The field "previous_response_id" names a response that only its provider has, and another format must be spoken here. Send the earlier input and output items in "input" instead.',
    );
  }
  if (isSet(request['conversation'])) {
    throw refuse(
      'The field "conversation" names a conversation that only its provider has, and another format must be spoken here. Send its items in "input" instead.',
    );
  }
  if (isSet(request['prompt'])) {
    throw refuse(
      'The field "prompt" names a template that only its provider has, and another format must be spoken here. Send its text in "instructions" and "input" instead.',
    );
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toolFields(request: JsonObject): JsonObject {
  const parallel = request['parallel_tool_calls'];
  return present({
    tool_choice: toolChoiceToCanonical(request['tool_choice']),
    parallel_tool_calls: typeof parallel === 'boolean' ? parallel : undefined,
  });
}

/** Asked for by `include`, or by a number of alternatives. */
function logprobs(request: JsonObject): JsonObject {
  const { include, top_logprobs: top } = request;
  const alternatives = typeof top === 'number' && top > 0 ? top : undefined;
  const included = Array.isArray(include) && include.includes('message.output_text.logprobs');
  return included || alternatives !== undefined
    ? present({ logprobs: true, top_logprobs: alternatives })
    : {};
}

function textFields(text: JsonObject): JsonObject {
  return present({
    response_format: responseFormat(objectOf(text['format'])),
    verbosity: stringOf(text['verbosity']),
  });
}

function responseFormat(format: JsonObject): JsonObject | undefined {
  if (format['type'] === 'json_object') return { type: 'json_object' };
  if (format['type'] !== 'json_schema') return undefined;
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: present({
      name: stringOf(name) ?? 'answer',
      description: stringOf(description),
      schema: isObject(schema) ? schema : {},
      strict: typeof strict === 'boolean' ? strict : undefined,
    }),
  };
}

function reasoningFields(reasoning: JsonObject): JsonObject {
  const effort = stringOf(reasoning['effort']);
  const summary = stringOf(reasoning['summary']) ?? stringOf(reasoning['generate_summary']);
  if (effort === undefined && summary === undefined) return {};
  return present({ reasoning_effort: effort, reasoning: present({ effort, summary }) });
}
