/**
 * Token counts between the Messages API and the canonical form.
 * Messages API: `input_tokens` EXCLUDES what was read from and written to the cache, `output_tokens` includes thinking
 * (docs.claude.com, "Prompt caching: tracking cache performance"). Canonical: `prompt_tokens` includes both.
 */
import type { TokenUsage } from '@arouter/core';
import { tokenCount } from '../shared/token-usage.ts';
import { isObject, type JsonObject, numberOf, objectOf, present } from '../shared/json-values.ts';

const INPUT_FIELDS = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

/** The provider's own numbers; null when there are none that can be true. */
export function readUsage(usage: unknown): TokenUsage | null {
  if (!isObject(usage)) return null;
  if (typeof usage['input_tokens'] !== 'number' && typeof usage['output_tokens'] !== 'number') return null;
  const split = objectOf(usage['cache_creation']);
  const fresh = tokens(usage['input_tokens']);
  const cacheRead = tokens(usage['cache_read_input_tokens']);
  const output = tokens(usage['output_tokens']);
  const thinking = tokens(objectOf(usage['output_tokens_details'])['thinking_tokens']) ?? 0;
  const hour = tokens(split['ephemeral_1h_input_tokens']);
  const fiveMinutes = tokens(split['ephemeral_5m_input_tokens']);
  const written = tokens(usage['cache_creation_input_tokens']);
  if (fresh === null || cacheRead === null || output === null) return null;
  if (hour === null || fiveMinutes === null || written === null) return null;
  // Later events restate the total without the split: what the split does not explain is priced as five minutes.
  const writtenTotal = Math.max(written, hour + fiveMinutes);
  return {
    inputTokens: fresh + cacheRead + writtenTotal,
    cachedInputTokens: cacheRead,
    cacheWrite5mTokens: writtenTotal - hour,
    cacheWrite1hTokens: hour,
    outputTokens: output,
    reasoningTokens: Math.min(thinking, output),
    audioInputTokens: 0,
    audioOutputTokens: 0,
    origin: 'provider',
  };
}

/**
 * The usage of a stream so far: `message_delta` counts are cumulative, so the last one stands and is never added; what
 * it does not restate stays as `message_start` said. A restated input of zero is a server that only counts output.
 */
export function mergeUsage(before: JsonObject | undefined, latest: unknown): JsonObject | undefined {
  if (!isObject(latest)) return before;
  if (before === undefined) return latest;
  const stated = Object.entries(latest).filter(([, value]) => value !== null && value !== undefined);
  const inputStated = INPUT_FIELDS.some((field) => (numberOf(latest[field]) ?? 0) > 0);
  const kept = inputStated
    ? stated
    : stated.filter(([field]) => !(INPUT_FIELDS as readonly string[]).includes(field));
  return { ...before, ...Object.fromEntries(kept) };
}

/** Messages API usage → canonical usage; undefined when unusable. */
export function usageToCanonical(usage: unknown): JsonObject | undefined {
  const counted = readUsage(usage);
  if (counted === null) return undefined;
  return present({
    prompt_tokens: counted.inputTokens,
    completion_tokens: counted.outputTokens,
    total_tokens: counted.inputTokens + counted.outputTokens,
    prompt_tokens_details: present({
      cached_tokens: counted.cachedInputTokens,
      cache_write_tokens: counted.cacheWrite5mTokens + counted.cacheWrite1hTokens,
      cache_write_1h_tokens: counted.cacheWrite1hTokens > 0 ? counted.cacheWrite1hTokens : undefined,
    }),
    completion_tokens_details: { reasoning_tokens: counted.reasoningTokens },
    server_tool_use: objectOf(usage)['server_tool_use'] ?? undefined,
  });
}

/**
 * Canonical usage → the Messages API's usage object. `counted` is what the shared reader makes of it; the split of
 * cache writes, which only the canonical extension states, is read here.
 */
export function usageFromCanonical(usage: unknown, counted: TokenUsage | null): JsonObject {
  if (counted === null) {
    return { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };
  }
  const written = counted.cacheWrite5mTokens + counted.cacheWrite1hTokens;
  const hourStated = tokens(objectOf(objectOf(usage)['prompt_tokens_details'])['cache_write_1h_tokens']) ?? 0;
  const hour = Math.min(written, Math.max(hourStated, counted.cacheWrite1hTokens));
  return present({
    input_tokens: Math.max(0, counted.inputTokens - counted.cachedInputTokens - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: counted.cachedInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: written - hour,
      ephemeral_1h_input_tokens: hour,
    },
    output_tokens: counted.outputTokens,
    output_tokens_details:
      counted.reasoningTokens > 0 ? { thinking_tokens: counted.reasoningTokens } : undefined,
  });
}

/** Absent is zero; negative, fractional, textual or absurd is null. */
function tokens(value: unknown): number | null {
  return value === undefined || value === null ? 0 : tokenCount(value);
}
