/**
 * The response resource, complete: every member that the Responses API documents, whatever served it. What the caller
 * asked for is repeated, as the API does; what the gateway does not do says so (`store`, `background`, `truncation`).
 */
import type { RequestFacts } from '@arouter/core';
import { parseBody } from '../shared/json-body.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';

export type ResourceHead = {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly request: JsonObject;
};
export type ResourceState = {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  /** Seconds since 1970; null while it is not. */
  readonly completedAt: number | null;
  readonly output: readonly JsonObject[];
  readonly usage: JsonObject | null;
  readonly incompleteReason?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly serviceTier?: string;
};

export function responseResource(head: ResourceHead, state: ResourceState): JsonObject {
  const { request } = head;
  const { incompleteReason } = state;
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdAt,
    status: state.status,
    completed_at: state.completedAt,
    background: false,
    error: state.error ?? null,
    incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
    instructions: request['instructions'] ?? null,
    max_output_tokens: request['max_output_tokens'] ?? null,
    max_tool_calls: request['max_tool_calls'] ?? null,
    model: head.model,
    output: state.output,
    parallel_tool_calls: request['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    prompt_cache_key: request['prompt_cache_key'] ?? null,
    reasoning: reasoningOf(objectOf(request['reasoning'])),
    safety_identifier: request['safety_identifier'] ?? null,
    service_tier: state.serviceTier ?? 'default',
    store: false,
    temperature: request['temperature'] ?? 1,
    frequency_penalty: 0,
    presence_penalty: 0,
    text: textOf(objectOf(request['text'])),
    tool_choice: request['tool_choice'] ?? 'auto',
    tools: objectsOf(request['tools']).map(toolOf),
    top_logprobs: request['top_logprobs'] ?? 0,
    top_p: request['top_p'] ?? 1,
    truncation: 'disabled',
    usage: state.usage,
    user: request['user'] ?? null,
    metadata: isObject(request['metadata']) ? request['metadata'] : {},
  };
}

/** The caller's request as an object; empty where there is none. */
export function requestOf(facts: RequestFacts | undefined): JsonObject {
  // It was judged when it came in: what cannot be parsed here (raw control characters) is only not repeated.
  return facts === undefined ? {} : objectOf(parseBody(facts.body));
}

function reasoningOf({ effort, summary }: JsonObject): JsonObject {
  return { effort: effort ?? null, summary: summary ?? null };
}

function textOf(text: JsonObject): JsonObject {
  return { ...text, format: isObject(text['format']) ? text['format'] : { type: 'text' } };
}

function toolOf(tool: JsonObject): JsonObject {
  if (tool['type'] !== 'function') return tool;
  const { description, parameters, strict } = tool;
  return {
    ...tool,
    description: stringOf(description) ?? null,
    parameters: isObject(parameters) ? parameters : null,
    strict: strict === true,
  };
}
