/**
 * Token counts between Gemini and the canonical form. Gemini: `promptTokenCount` includes what was read from a cache;
 * what its own tools put in is counted apart (`toolUsePromptTokenCount`), and so are thoughts. Zeros are left out.
 * In a stream the counts are cumulative: the last stand. Source: ai.google.dev "UsageMetadata".
 */
import type { TokenUsage } from '@arouter/core';
import { isObject, type JsonObject, objectsOf, present } from '../shared/json-values.ts';
import { tokenCount } from '../shared/token-usage.ts';

/** The provider's own numbers; null when there are none that can be true. */
export function readUsage(usage: unknown): TokenUsage | null {
  if (!isObject(usage)) return null;
  const prompt = tokens(usage['promptTokenCount']);
  const toolUse = tokens(usage['toolUsePromptTokenCount']);
  const cached = tokens(usage['cachedContentTokenCount']);
  const candidates = tokens(usage['candidatesTokenCount']);
  const thoughts = tokens(usage['thoughtsTokenCount']);
  if (prompt === null || toolUse === null || cached === null || candidates === null || thoughts === null)
    return null;
  const input = prompt + toolUse;
  const output = candidates + thoughts;
  return {
    inputTokens: input,
    cachedInputTokens: Math.min(cached, input),
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: thoughts,
    audioInputTokens: Math.min(input - Math.min(cached, input), freshAudioTokens(usage)),
    audioOutputTokens: Math.min(candidates, audioTokens(usage['candidatesTokensDetails'])),
    origin: 'provider',
  };
}

export function usageToCanonical(usage: unknown): JsonObject | undefined {
  const counted = readUsage(usage);
  if (counted === null) return undefined;
  const { audioInputTokens: heard, audioOutputTokens: spoken } = counted;
  return {
    prompt_tokens: counted.inputTokens,
    completion_tokens: counted.outputTokens,
    total_tokens: counted.inputTokens + counted.outputTokens,
    prompt_tokens_details: present({
      cached_tokens: counted.cachedInputTokens,
      audio_tokens: heard > 0 ? heard : undefined,
    }),
    completion_tokens_details: present({
      reasoning_tokens: counted.reasoningTokens,
      audio_tokens: spoken > 0 ? spoken : undefined,
    }),
  };
}

/** Counts of zero are left out, as Google does. */
export function usageFromCanonical(counted: TokenUsage | null): JsonObject {
  if (counted === null) return {};
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = counted;
  const thoughts = Math.min(reasoningTokens, outputTokens);
  return present({
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens - thoughts || undefined,
    totalTokenCount: inputTokens + outputTokens,
    cachedContentTokenCount: cachedInputTokens || undefined,
    thoughtsTokenCount: thoughts || undefined,
  });
}

/** Sound that was heard anew: what came from a cache is priced as cached. */
function freshAudioTokens(usage: JsonObject): number {
  const heard = audioTokens(usage['promptTokensDetails']) + audioTokens(usage['toolUsePromptTokensDetails']);
  return Math.max(0, heard - audioTokens(usage['cacheTokensDetails']));
}

function audioTokens(details: unknown): number {
  const audio = objectsOf(details).find(({ modality }) => modality === 'AUDIO');
  return tokenCount(audio?.['tokenCount']) ?? 0;
}

/** Absent is zero; negative, fractional, textual or absurd is null. */
function tokens(value: unknown): number | null {
  return value === undefined || value === null ? 0 : tokenCount(value);
}
