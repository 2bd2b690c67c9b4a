/**
 * Usage as the OpenAI family states it → TokenUsage. The numbers come from outside: whatever is missing, negative,
 * fractional, a string or beyond belief is not a number of tokens.
 */
import type { TokenUsage } from '@arouter/core';

/** More than any model takes or gives; a larger number is a mistake of the provider, not a bill. */
export const TOKENS_MAX = 1_000_000_000;

export const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
  origin: 'provider',
};

/**
 * From the `usage` object (chat completions and embeddings). Null: unusable. Input and output must be known (one of them may follow
 * from the total); details that make no sense count as absent, so that no discount is given for them.
 */
export function openAiUsage(usage: unknown): TokenUsage | null {
  if (!isRecord(usage)) return null;
  const total = tokenCount(usage['total_tokens']);
  const statedInput = usage['prompt_tokens'];
  const statedOutput = usage['completion_tokens'];
  const input =
    statedInput === undefined ? difference(total, tokenCount(statedOutput)) : tokenCount(statedInput);
  const output = statedOutput === undefined ? difference(total, input) : tokenCount(statedOutput);
  if (input === null || output === null) return null;

  const inputDetails = recordOrEmpty(usage['prompt_tokens_details']);
  const outputDetails = recordOrEmpty(usage['completion_tokens_details']);
  const reasoningTokens = firstCount(outputDetails['reasoning_tokens'], usage['reasoning_tokens']);
  // xAI leaves reasoning out of completion_tokens but not out of the total.
  const reasoningApart = reasoningTokens > 0 && total === input + output + reasoningTokens;
  const outputTokens = reasoningApart ? output + reasoningTokens : output;
  const cachedInputTokens = Math.min(
    input,
    firstCount(
      inputDetails['cached_tokens'],
      usage['prompt_cache_hit_tokens'],
      usage['num_cached_tokens'],
      usage['cached_tokens'],
    ),
  );
  const cacheWriteTokens = firstCount(inputDetails['cache_write_tokens'], usage['cache_write_tokens']);
  return {
    inputTokens: input,
    cachedInputTokens,
    cacheWrite5mTokens: Math.min(input - cachedInputTokens, cacheWriteTokens),
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens,
    audioInputTokens: Math.min(input, firstCount(inputDetails['audio_tokens'])),
    audioOutputTokens: Math.min(outputTokens, firstCount(outputDetails['audio_tokens'])),
    origin: 'provider',
  };
}

/** The usage of a whole chat answer or chunk: at the top, or where Groq puts it in streams (`x_groq.usage`). */
export function openAiUsageOf(answer: Readonly<Record<string, unknown>>): TokenUsage | null {
  return openAiUsage(answer['usage']) ?? openAiUsage(recordOrEmpty(answer['x_groq'])['usage']);
}

/** A number of tokens, or null for anything else. */
export function tokenCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX
    ? value
    : null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOrEmpty(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function difference(total: number | null, part: number | null): number | null {
  return total === null || part === null || part > total ? null : total - part;
}

/** The first that is a number of tokens, else 0. */
function firstCount(...values: readonly unknown[]): number {
  for (const value of values) {
    const count = tokenCount(value);
    if (count !== null) return count;
  }
  return 0;
}
