/**
 * What a model behind Converse accepts, read from its name: Converse is one format, but what a model does not know is
 * refused with 400. Opaque names (ARNs of inference profiles) get only what every model takes.
 * Sources: AWS Bedrock user guide ("Supported models and features", "Prompt caching", "Structured outputs", per-model
 * inference parameters; read 2026-07), recorded traffic.
 */
import { type ClaudeFeatures, claudeFeatures } from '../anthropic-messages/claude-models.ts';
import type { JsonObject } from '../shared/json-values.ts';

export type Effort = 'low' | 'medium' | 'high';
export type ConverseModel = {
  readonly isClaude: boolean;
  /** Sampling, thinking and structured output, as for Claude's own API. */
  readonly features: ClaudeFeatures;
  /** Where a cache point may stand. */
  readonly cachePoints: 'anywhere' | 'beside content' | 'nowhere';
  /** Whether a tool result may say that it is an error. */
  readonly toolStatus: boolean;
  /** `top_k` as the family wants it among the model's own fields; null: it has none. */
  readonly topK: ((value: number) => JsonObject) | null;
  /** An effort as the family wants it; null: it cannot be told how much to think. */
  readonly effort: ((effort: Effort) => JsonObject) | null;
};

/** Of other vendors' models: nothing but what Converse itself has. */
const PLAIN_FEATURES: ClaudeFeatures = {
  thinking: 'none',
  budgetRefused: false,
  effortXhigh: false,
  samplingRefused: false,
  oneSamplingField: false,
  structuredOutput: false,
};
const PLAIN: ConverseModel = {
  isClaude: false,
  features: PLAIN_FEATURES,
  cachePoints: 'nowhere',
  toolStatus: false,
  topK: null,
  effort: null,
};
const STRUCTURED: ClaudeFeatures = { ...PLAIN_FEATURES, structuredOutput: true };
const snakeTopK = (value: number): JsonObject => ({ top_k: value });

/** The first family whose pattern is in the name. */
const FAMILIES: readonly (readonly [pattern: RegExp, facts: Partial<ConverseModel>])[] = [
  [
    /nova-2/,
    {
      cachePoints: 'beside content',
      toolStatus: true,
      topK: (value) => ({ inferenceConfig: { topK: value } }),
      // `high` forbids a bound on the output, and what is set aside for an answer rests on that bound.
      effort: (effort) => ({
        reasoningConfig: { type: 'enabled', maxReasoningEffort: effort === 'high' ? 'medium' : effort },
      }),
    },
  ],
  [
    /nova/,
    {
      cachePoints: 'beside content',
      toolStatus: true,
      topK: (value) => ({ inferenceConfig: { topK: value } }),
    },
  ],
  [/gpt-oss/, { features: STRUCTURED, effort: (effort) => ({ reasoning_effort: effort }) }],
  [/qwen3/, { features: STRUCTURED, effort: (effort) => ({ reasoning_config: effort }) }],
  [/mistral-large-3|ministral-3|magistral|voxtral/, { features: STRUCTURED, topK: snakeTopK }],
  [/mistral/, { topK: snakeTopK }],
  [/nemotron|gemma-3|minimax|kimi-k2|deepseek\.v3/, { features: STRUCTURED }],
];

export function converseModel(upstreamModel: string): ConverseModel {
  const name = upstreamModel.toLowerCase();
  if (/claude/.test(name)) {
    return {
      isClaude: true,
      features: claudeFeatures(name),
      cachePoints: 'anywhere',
      toolStatus: true,
      topK: snakeTopK,
      effort: null,
    };
  }
  const family = FAMILIES.find(([pattern]) => pattern.test(name));
  return { ...PLAIN, ...family?.[1] };
}
