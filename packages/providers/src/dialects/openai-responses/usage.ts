/** Token counts between the Responses API and the canonical form: the same counts under other names. */
import type { TokenUsage } from '@arouter/core';
import { isObject, type JsonObject, objectOf, present } from '../shared/json-values.ts';
import { openAiUsage } from '../shared/token-usage.ts';

/** The provider's own numbers; null when there are none that can be true. */
export function readUsage(usage: unknown): TokenUsage | null {
  return openAiUsage(usageToCanonical(usage));
}

/** Undefined when there is none. Members that only one provider states are kept. */
export function usageToCanonical(usage: unknown): JsonObject | undefined {
  if (!isObject(usage)) return undefined;
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details, ...rest } = usage;
  return present({
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    prompt_tokens_details: isObject(input_tokens_details) ? input_tokens_details : undefined,
    completion_tokens_details: isObject(output_tokens_details) ? output_tokens_details : undefined,
    ...rest,
  });
}

/** Canonical usage → the complete usage object of a response; null when unusable. */
export function usageFromCanonical(usage: unknown): JsonObject | null {
  const counted = openAiUsage(usage);
  if (counted === null) return null;
  const written = counted.cacheWrite5mTokens + counted.cacheWrite1hTokens;
  const { cache_write_1h_tokens } = objectOf(objectOf(usage)['prompt_tokens_details']);
  return {
    input_tokens: counted.inputTokens,
    input_tokens_details: present({
      cached_tokens: counted.cachedInputTokens,
      cache_write_tokens: written,
      cache_write_1h_tokens,
    }),
    output_tokens: counted.outputTokens,
    output_tokens_details: { reasoning_tokens: counted.reasoningTokens },
    total_tokens: counted.inputTokens + counted.outputTokens,
  };
}
