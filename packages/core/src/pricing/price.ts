/**
 * Prices in integer nano-USD per million tokens: 1 USD per million tokens is 1_000_000_000. An absent dimension is
 * priced like the one it refines (see costOf). Zero means free and must be stated; unknown is `undefined` as a whole.
 */
export type TokenPrice = {
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  readonly audioInput?: number;
  readonly audioOutput?: number;
  /** Per million of what is not tokens: images, characters of text, seconds of sound, searches. Absent: unknown. */
  readonly image?: number;
  readonly character?: number;
  readonly second?: number;
  readonly search?: number;
  /** Nano-USD per request, on top. */
  readonly request?: number;
  /** Long-context prices: the dearest tier whose threshold is exceeded prices the whole request, not the excess. */
  readonly tiers?: readonly PriceTier[];
};
export type PriceTier = {
  readonly aboveInputTokens: number;
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly cacheWrite5m?: number;
};
/** One line of the cost arithmetic, as it is shown to people: quantity × unit price / 1e6. */
export type CostLine = {
  readonly what:
    | 'input'
    | 'cached_input'
    | 'cache_write_5m'
    | 'cache_write_1h'
    | 'output'
    | 'audio_input'
    | 'audio_output'
    | 'images'
    | 'characters'
    | 'seconds'
    | 'searches'
    | 'request';
  readonly quantity: number;
  /** Null: the price is unknown, and so is the cost as a whole. */
  readonly nanoPerMillion: number | null;
};
