/** What an answer used up, as far as it is billed: the provider's numbers under our names. */

/** Tokens in one answer. `inputTokens` includes the cached and cache-written ones; `outputTokens` includes reasoning. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
  /** What is billed by something else than tokens. Absent: nothing is. */
  readonly units?: UnitUsage;
  /** `estimated`: the provider gave none, or none that can be true. */
  readonly origin: 'provider' | 'estimated';
};

/** Amounts that some models are billed by; absent ones do not apply. */
export type UnitUsage = {
  readonly images?: number;
  /** Of text that is spoken. */
  readonly characters?: number;
  /** Of sound that is transcribed; may be a fraction. */
  readonly seconds?: number;
  /** Searches over up to a hundred documents (rerank). */
  readonly searches?: number;
};
