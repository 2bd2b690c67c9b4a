/**
 * Our prices against an independent list (@pydantic/genai-prices), model by model: the same usage must cost the same.
 * Where the two lists differ for a reason, the reason stands here as data; an exception that is none any more fails.
 */
import { calcPrice } from '@pydantic/genai-prices';
import { type ModelFacts, type ProviderId, type TokenUsage, costOf } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { manifests } from '../registry.gen.ts';

/** The oracle knows dated prices; ours were read on this day. */
const PRICES_READ = new Date('2026-08-21T12:00:00Z');
/** Our totals are rounded to a nano-dollar once. */
const ROUNDING_USD = 1.01e-9;

const SEARCH_TIER =
  'the oracle matches the search model with its base model, which has a cached price; the search model has none';
const FINE_TUNED = 'the oracle has no cached price for fine-tuned models; the catalogue states half of input';
const RETIRED_TIER =
  'the oracle keeps the price above 200k tokens of a context size that was retired on 2026-04-30 (its own comment)';

/** Model → why its cost differs from the oracle's for some usage. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'chatgpt-4o-latest': 'the oracle has no cached price for it; the catalogue states half of input',
  'ft:gpt-4o-2024-08-06': FINE_TUNED,
  'ft:gpt-4o-mini-2024-07-18': FINE_TUNED,
  'gpt-4o-mini-search-preview': SEARCH_TIER,
  'gpt-4o-mini-search-preview-2025-03-11': SEARCH_TIER,
  'claude-sonnet-4-5': RETIRED_TIER,
  'claude-sonnet-4-5-20250929': RETIRED_TIER,
};

/** Priced models that the oracle does not know at all. */
const UNKNOWN_TO_ORACLE: readonly string[] = [
  'babbage-002',
  'chat-latest',
  'codex-auto-review',
  'davinci-002',
  'ft:gpt-4.1',
  'ft:gpt-4.1-2025-04-14',
  'ft:gpt-4.1-mini',
  'ft:gpt-4.1-mini-2025-04-14',
  'ft:gpt-4.1-nano-2025-04-14',
  'ft:gpt-4o',
  'ft:gpt-4o-mini',
  'ft:o4-mini-2025-04-16',
  'gpt-4o-mini-transcribe-2025-03-20',
  'gpt-4o-mini-transcribe-2025-12-15',
  'gpt-5-search-api',
  'gpt-5-search-api-2025-10-14',
  'gpt-5.2-chat-2025-12-11',
  'gpt-5.3-codex-spark',
  'gpt-5.6-2026-07-09',
  // Speech, billed by the character.
  'tts-1',
  'tts-1-1106',
  'tts-1-hd',
  'tts-1-hd-1106',
];

/** Total input, cached, written for 5 minutes, written for an hour, output. */
const USAGES: readonly (readonly [number, number, number, number, number])[] = [
  [1_000, 0, 0, 0, 500],
  [1_000, 400, 0, 0, 500],
  [300_000, 100_000, 0, 0, 5_000],
  [12_345, 0, 2_000, 0, 10],
  [12_345, 100, 2_000, 500, 10],
  [7, 0, 0, 0, 3],
  [271_999, 0, 0, 0, 1],
  [272_000, 0, 0, 0, 1],
];

function usageOf([input, cached, write5m, write1h, output]: (typeof USAGES)[number]): TokenUsage {
  return {
    inputTokens: input,
    cachedInputTokens: cached,
    cacheWrite5mTokens: write5m,
    cacheWrite1hTokens: write1h,
    outputTokens: output,
    reasoningTokens: 0,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    origin: 'provider',
  };
}

function oracle(provider: string, model: string, usage: TokenUsage): number | null {
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  const price = calcPrice(
    {
      input_tokens: usage.inputTokens,
      cache_read_tokens: usage.cachedInputTokens,
      cache_write_tokens: written,
      ...(usage.cacheWrite1hTokens > 0 ? { cache_write_1h_tokens: usage.cacheWrite1hTokens } : {}),
      output_tokens: usage.outputTokens,
    },
    model,
    { providerId: provider, timestamp: PRICES_READ },
  );
  return price?.total_price ?? null;
}

type Comparison = { readonly model: string; readonly ours: number; readonly theirs: number | null };

function comparisons(provider: string): readonly Comparison[] {
  const models: readonly ModelFacts[] = manifests.get(provider as ProviderId)?.models ?? [];
  return models.flatMap(({ id, price }) => {
    if (price === null) return [];
    // Writing to a cache is priced apart only where the price says so.
    const usages = USAGES.filter(([, , write5m]) => write5m === 0 || price.cacheWrite5m !== undefined);
    return usages.map((row) => {
      const usage = usageOf(row);
      return { model: id, ours: costOf(usage, price).totalNano / 1e9, theirs: oracle(provider, id, usage) };
    });
  });
}

describe('prices agree with an independent list', () => {
  const all = ['openai', 'anthropic'].flatMap(comparisons);
  const known = all.filter((row): row is Comparison & { theirs: number } => row.theirs !== null);
  const differing = known.filter(({ ours, theirs }) => Math.abs(ours - theirs) > ROUNDING_USD);

  test('at least 200 costs are compared and equal', () => {
    expect(known.length - differing.length).toBeGreaterThanOrEqual(200);
  });
  test('the models that differ are those with a stated reason, and no others', () => {
    expect([...new Set(differing.map(({ model }) => model))].toSorted()).toEqual(
      Object.keys(DIFFERENT).toSorted(),
    );
  });
  test('the models that the list does not know are named', () => {
    const unknown = new Set(all.filter(({ theirs }) => theirs === null).map(({ model }) => model));
    expect([...unknown].toSorted()).toEqual([...UNKNOWN_TO_ORACLE].toSorted());
  });
});
