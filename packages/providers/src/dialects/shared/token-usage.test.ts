import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openAiUsage, openAiUsageOf, TOKENS_MAX } from './token-usage.ts';

const zero = {
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
const base = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const expected = { ...zero, inputTokens: 100, outputTokens: 20 };

test.each([
  ['plain', base, expected],
  [
    'OpenAI',
    { ...base, prompt_tokens_details: { cached_tokens: 60, audio_tokens: 5, cache_write_tokens: 10 } },
    { ...expected, cachedInputTokens: 60, audioInputTokens: 5, cacheWrite5mTokens: 10 },
  ],
  [
    'reasoning',
    { ...base, completion_tokens_details: { reasoning_tokens: 15, audio_tokens: 2 } },
    { ...expected, reasoningTokens: 15, audioOutputTokens: 2 },
  ],
  [
    'DeepSeek',
    { ...base, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
    { ...expected, cachedInputTokens: 64 },
  ],
  ['Mistral', { ...base, num_cached_tokens: 7 }, { ...expected, cachedInputTokens: 7 }],
  [
    'Moonshot, Hugging Face',
    { ...base, cached_tokens: 8, prompt_tokens_details: null },
    { ...expected, cachedInputTokens: 8 },
  ],
  [
    'xAI: reasoning outside of completion_tokens',
    { ...base, total_tokens: 150, completion_tokens_details: { reasoning_tokens: 30 } },
    { ...expected, outputTokens: 50, reasoningTokens: 30 },
  ],
  ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, { ...zero, inputTokens: 8 }],
  [
    'more cached than there is',
    { ...base, prompt_tokens_details: { cached_tokens: 900 } },
    { ...expected, cachedInputTokens: 100 },
  ],
  [
    'senseless details',
    {
      ...base,
      prompt_tokens_details: { cached_tokens: -3, audio_tokens: '4' },
      completion_tokens_details: [],
    },
    expected,
  ],
])('%s', (_, usage, tokens) => {
  expect(openAiUsage(usage)).toEqual(tokens);
});

test.each([
  null,
  undefined,
  [],
  'usage',
  {},
  { prompt_tokens: 1 },
  { ...base, prompt_tokens: -1 },
  { ...base, prompt_tokens: '100' },
  { ...base, prompt_tokens: 1.5 },
  { ...base, prompt_tokens: null },
  { ...base, completion_tokens: JSON.parse('1e999') as number },
  { ...base, completion_tokens: TOKENS_MAX + 1 },
])('%j is unusable', (usage) => {
  expect(openAiUsage(usage)).toBeNull();
});

test("Groq's streams have usage in x_groq", () => {
  expect(openAiUsageOf({ x_groq: { usage: base } })).toEqual(expected);
  expect(openAiUsageOf({ usage: null, x_groq: { id: 'req_1' } })).toBeNull();
});

test('whatever comes, the numbers are whole, not negative and within each other', () => {
  const count = fc.oneof(fc.integer(), fc.nat(1000), fc.double(), fc.string(), fc.constant(null));
  const details = fc.oneof(
    fc.record({
      cached_tokens: count,
      reasoning_tokens: count,
      cache_write_tokens: count,
      audio_tokens: count,
    }),
    count,
  );
  const usages = fc.record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      cached_tokens: count,
      prompt_tokens_details: details,
      completion_tokens_details: details,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(usages, (raw) => {
      const usage = openAiUsage(raw);
      if (usage === null) return;
      const { origin: _origin, units: _units, ...counts } = usage;
      for (const value of Object.values(counts)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      expect(usage.cachedInputTokens + usage.cacheWrite5mTokens).toBeLessThanOrEqual(usage.inputTokens);
    }),
  );
});
