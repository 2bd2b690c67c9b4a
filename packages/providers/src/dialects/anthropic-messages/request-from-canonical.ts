/** The canonical request → a Messages API request. Pure; what cannot be said is in field-fates.ts. */
import type { CanonicalRequest, EncodeTarget } from '@arouter/core';
import { type ClaudeFeatures, claudeFeatures } from './claude-models.ts';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { messagesFromCanonical } from './messages-from-canonical.ts';
import { closedSchema } from './output-schema.ts';
import { planThinking, readThinkingWish, type ThinkingPlan } from './thinking.ts';
import { toolsFromCanonical } from './tools-from-canonical.ts';
import { lacksThinkingInToolLoop, type Turn } from './turns.ts';

const TOP_P_MIN_WITH_THINKING = 0.95;

/**
 * Throws GatewayError `invalid_request` for what the Messages API cannot do. `features` are the model's; other hosts of
 * the same models, and of others, know them better than the name says.
 */
export function requestFromCanonical(
  request: CanonicalRequest,
  target: EncodeTarget,
  features: ClaudeFeatures = claudeFeatures(target.upstreamModel),
): JsonObject {
  refuseImpossible(request);
  const { system, turns } = messagesFromCanonical(request['messages']);
  const plan = planFor(request, { target, features, turns });
  const thinks = plan.thinking !== undefined && plan.thinking['type'] !== 'disabled';
  const budgeted = plan.thinking?.['type'] === 'enabled';
  const { tools, tool_choice } = toolsFromCanonical(request, { features, budgeted, turns });
  const format = readFormat(request['response_format'], features);
  const instructed = format.instruction === undefined ? system : [...system, text(format.instruction)];
  const outputConfig = present({ effort: plan.effort, format: format.schema });
  const body = present({
    ...(target.quirks.modelInPath?.bodyFields ?? { model: target.upstreamModel }),
    max_tokens: plan.maxTokens,
    system: instructed.length === 0 ? undefined : instructed,
    messages: turns,
    tools,
    tool_choice,
    thinking: plan.thinking,
    output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    ...sampling(request, features, thinks),
    stop_sequences: stopSequences(request['stop']),
    stream: request['stream'] === true ? true : undefined,
    metadata: metadata(request),
    service_tier: serviceTier(request['service_tier']),
    cache_control: isObject(request['cache_control']) ? request['cache_control'] : undefined,
  });
  const refused = target.quirks.unsupportedFields ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)));
}

function refuseImpossible(request: CanonicalRequest): void {
  const count = numberOf(request['n']);
  if (count !== undefined && count > 1) {
    throw refuse('`n` is more than 1, which the Messages API cannot do; send the request n times.');
  }
  const modalities = request['modalities'];
  const textOnly = !Array.isArray(modalities) || modalities.every((modality) => modality === 'text');
  if (isObject(request['audio']) || !textOnly) {
    throw refuse(
      '`modalities` asks for more than text, which this provider cannot generate; ask for text only.',
    );
  }
  if (isObject(request['web_search_options'])) {
    throw refuse(
      '`web_search_options` has no counterpart at this provider; remove it or choose a model that searches.',
    );
  }
}

function planFor(
  request: CanonicalRequest,
  context: {
    readonly target: EncodeTarget;
    readonly features: ClaudeFeatures;
    readonly turns: readonly Turn[];
  },
): ThinkingPlan {
  const { outputTokensMax } = context.target;
  const stated = numberOf(request['max_completion_tokens']) ?? numberOf(request['max_tokens']) ?? null;
  const outputCap =
    stated === null ? null : Math.min(Math.max(1, Math.floor(stated)), outputTokensMax ?? Infinity);
  const bounds = { outputCap, outputTokensMax };
  const plan = planThinking(readThinkingWish(request), context.features, bounds);
  if (plan.thinking?.['type'] !== 'enabled' || !lacksThinkingInToolLoop(context.turns)) return plan;
  return planThinking({ kind: 'off' }, context.features, bounds);
}

/** Temperature reaches to 1 only, and goes with thinking on models that have no fixed one. */
function sampling(request: CanonicalRequest, features: ClaudeFeatures, thinks: boolean): JsonObject {
  if (features.samplingRefused) return {};
  const stated = numberOf(request['temperature']);
  const temperature = stated === undefined || thinks ? undefined : Math.min(1, Math.max(0, stated));
  const topP = numberOf(request['top_p']);
  const topK = numberOf(request['top_k']);
  const topPFits =
    topP !== undefined && topP > 0 && topP <= 1 && (!thinks || topP >= TOP_P_MIN_WITH_THINKING);
  return present({
    temperature,
    top_p: topPFits && !(features.oneSamplingField && temperature !== undefined) ? topP : undefined,
    top_k: topK !== undefined && topK >= 1 && !thinks ? Math.floor(topK) : undefined,
  });
}

function readFormat(
  format: unknown,
  features: ClaudeFeatures,
): { readonly schema: JsonObject | undefined; readonly instruction: string | undefined } {
  const none = { schema: undefined, instruction: undefined };
  if (!isObject(format)) return none;
  if (format['type'] === 'json_object') {
    return {
      ...none,
      instruction: 'Answer with one valid JSON object and nothing else: no prose, no code fence.',
    };
  }
  const named = objectOf(format['json_schema']);
  const schema = named['schema'] ?? format['schema'];
  if (format['type'] !== 'json_schema' || !isObject(schema)) return none;
  if (features.structuredOutput) {
    return { ...none, schema: { type: 'json_schema', schema: closedSchema(schema) } };
  }
  const about = stringOf(named['description']);
  return {
    ...none,
    instruction: `Answer with one JSON value that fits this JSON schema, and nothing else: no prose, no code fence.${
      about === undefined ? '' : ` ${about}`
    }\n${JSON.stringify(schema)}`,
  };
}

function stopSequences(stop: unknown): readonly string[] | undefined {
  const all: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const usable = all.filter((each): each is string => typeof each === 'string' && each.trim() !== '');
  return usable.length === 0 ? undefined : usable;
}

function metadata(request: CanonicalRequest): JsonObject | undefined {
  const user =
    stringOf(request['user']) ??
    stringOf(request['safety_identifier']) ??
    stringOf(objectOf(request['metadata'])['user_id']);
  return user === undefined || user === '' ? undefined : { user_id: user };
}

function serviceTier(tier: unknown): string | undefined {
  if (tier === 'auto') return 'auto';
  return tier === 'default' ? 'standard_only' : undefined;
}

function text(value: string): JsonObject {
  return { type: 'text', text: value };
}
