/** The two catalogues' prices in our unit: integer nano-USD per million tokens. Pure; used by build-models.ts. */
import type { PriceTier, TokenPrice } from '@arouter/core';

/** USD per million tokens, as models.dev writes it; some rows spell the cached price differently. */
export type ModelsDevCost = {
  readonly input: number;
  readonly output: number;
  readonly cache_read?: number;
  readonly cached_input?: number;
  readonly cache_input?: number;
  readonly cache_write?: number;
  readonly cached_write?: number;
  readonly input_audio?: number;
  readonly output_audio?: number;
  /** USD per 1,000 requests. */
  readonly request?: number;
  readonly tiers?: readonly {
    readonly tier: { readonly size: number };
    readonly input: number;
    readonly output: number;
    readonly cache_read?: number;
    readonly cache_write?: number;
  }[];
};

type PortkeyAmount = { readonly price: number };
type PortkeyPrices = {
  readonly request_token?: PortkeyAmount;
  readonly response_token?: PortkeyAmount;
  readonly cache_read_input_token?: PortkeyAmount;
  readonly cache_write_input_token?: PortkeyAmount;
  readonly request_audio_token?: PortkeyAmount;
  readonly response_audio_token?: PortkeyAmount;
  readonly additional_units?: Readonly<Record<string, PortkeyAmount>>;
};
type PortkeyConfig = {
  readonly pay_as_you_go?: PortkeyPrices;
  readonly fixed_cost?: { readonly request?: PortkeyAmount };
};
/** US cents per token; units and fixed costs in US cents each. */
export type PortkeyRow = {
  readonly pricing_config?: PortkeyConfig;
  /** Not of the catalogue: put there by `joinSplitRows`. */
  readonly above?: { readonly size: number; readonly pricing: PortkeyConfig };
  readonly custom_pricing?: {
    readonly context_tier_map?: Readonly<Record<string, string>>;
    readonly regions?: {
      readonly default?: {
        readonly execution_modes?: {
          readonly standard?: {
            readonly context_tiers?: Readonly<Record<string, { readonly pricing_config?: PortkeyConfig }>>;
          };
        };
      };
    };
  };
};

/** The dearest price per million tokens that any text model has asked so far is 600 USD (o1-pro's output). */
const USD_PER_MILLION_MAX = 1000;

export function priceFromModelsDev(cost: ModelsDevCost): TokenPrice {
  return withoutGaps({
    input: nanoFromUsd(cost.input),
    output: nanoFromUsd(cost.output),
    cachedInput: nanoFromUsd(cost.cache_read ?? cost.cached_input ?? cost.cache_input),
    cacheWrite5m: nanoFromUsd(cost.cache_write ?? cost.cached_write),
    audioInput: nanoFromUsd(cost.input_audio),
    audioOutput: nanoFromUsd(cost.output_audio),
    request: cost.request === undefined ? undefined : Math.round(cost.request * 1e6),
    tiers: cost.tiers?.map((tier) => tierFrom(tier.tier.size, tier)),
  });
}

/** Null when the row has no token prices (images, video). */
export function priceFromPortkey(row: PortkeyRow, searchUnit: string | undefined): TokenPrice | null {
  const prices = row.pricing_config?.pay_as_you_go;
  if (prices?.request_token === undefined) return null;
  const units = prices.additional_units ?? {};
  const perRequest =
    row.pricing_config?.fixed_cost?.request ?? (searchUnit === undefined ? undefined : units[searchUnit]);
  return withoutGaps({
    ...mainPrices(prices),
    cacheWrite1h: nanoFromCents(units['cache_write_1h']),
    audioInput: nanoFromCents(prices.request_audio_token ?? units['request_audio_token']),
    audioOutput: nanoFromCents(prices.response_audio_token ?? units['response_audio_token']),
    request: perRequest === undefined ? undefined : Math.round(perRequest.price * 1e7),
    tiers: tiersFromPortkey(row),
  });
}

/** `x-lte-128k` and `x-gt-128k` → `x`, with the second as its tier above `size` tokens where it costs more. */
export function joinSplitRows(
  rows: Readonly<Record<string, PortkeyRow>>,
  size: number,
): Readonly<Record<string, PortkeyRow>> {
  const joined: Record<string, PortkeyRow> = {};
  for (const [name, row] of Object.entries(rows)) {
    const [, id, bound] = /^(.+)-lte-(\d+k)$/.exec(name) ?? [];
    if (id === undefined) {
      if (!/-gt-\d+k$/.test(name)) joined[name] ??= row;
      continue;
    }
    const pricing = rows[`${id}-gt-${bound}`]?.pricing_config;
    joined[id] = pricing === undefined ? row : { ...row, above: { size, pricing } };
  }
  return joined;
}

function tiersFromPortkey(row: PortkeyRow): readonly PriceTier[] | undefined {
  const tiers = row.custom_pricing?.regions?.default?.execution_modes?.standard?.context_tiers;
  const found = Object.entries(row.custom_pricing?.context_tier_map ?? {}).flatMap(([size, name]) => {
    const prices = tiers?.[name]?.pricing_config?.pay_as_you_go;
    return Number(size) === 0 || prices === undefined ? [] : [{ size: Number(size), prices }];
  });
  const base = row.pricing_config?.pay_as_you_go;
  const above = row.above?.pricing.pay_as_you_go;
  const dearer = above !== undefined && above.request_token?.price !== base?.request_token?.price;
  if (dearer && row.above !== undefined) found.push({ size: row.above.size, prices: above });
  return found.map(({ size, prices }) => {
    const { input, output, cachedInput, cacheWrite5m } = mainPrices(prices);
    return withoutGaps({ aboveInputTokens: size, input, output, cachedInput, cacheWrite5m });
  });
}

function mainPrices(prices: PortkeyPrices) {
  return {
    input: nanoFromCents(prices.request_token) ?? 0,
    output: nanoFromCents(prices.response_token) ?? 0,
    cachedInput: nanoFromCents(prices.cache_read_input_token),
    cacheWrite5m: nanoFromCents(prices.cache_write_input_token),
  };
}

function tierFrom(size: number, tier: NonNullable<ModelsDevCost['tiers']>[number]): PriceTier {
  return withoutGaps({
    aboveInputTokens: size,
    input: nanoFromUsd(tier.input),
    output: nanoFromUsd(tier.output),
    cachedInput: nanoFromUsd(tier.cache_read),
    cacheWrite5m: nanoFromUsd(tier.cache_write),
  });
}

/**
 * A free cache beside paid input is a gap in the catalogue, and so is a cache write that is cheaper than the input it
 * stores: left out, so that it is priced like input.
 */
function withoutGaps<T extends { readonly input: number }>(price: T): T {
  const isGap = (name: string, value: unknown) =>
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (value === 0 && name !== 'input' && name !== 'output') ||
    (name.startsWith('cacheWrite') && typeof value === 'number' && value < price.input);
  return Object.fromEntries(Object.entries(price).filter(([name, value]) => !isGap(name, value))) as T;
}

function nanoFromUsd(usd: number): number;
function nanoFromUsd(usd: number | undefined): number | undefined;
function nanoFromUsd(usd: number | undefined): number | undefined {
  return usd === undefined ? undefined : Math.round(usd * 1e9);
}

/** One cent per token is 10,000 USD per million. The catalogue's own rounding noise (0.000005999…) is taken away. */
function nanoFromCents(amount: PortkeyAmount | undefined): number | undefined {
  return amount === undefined ? undefined : Math.round(amount.price * 1e10) * 1000;
}

export function isFree(price: TokenPrice): boolean {
  return price.input === 0 && price.output === 0;
}

/** How far two prices are apart, as a factor of at least 1. */
export function ratio(a: TokenPrice, b: TokenPrice): number {
  return Math.max(factor(a.input, b.input), factor(a.output, b.output));
}

function factor(a: number, b: number): number {
  if (a === b) return 1;
  return Math.min(a, b) === 0 ? Number.POSITIVE_INFINITY : Math.max(a, b) / Math.min(a, b);
}

/** True when both sources mean the same price list. */
export function agree(a: TokenPrice, b: TokenPrice): boolean {
  return ratio(a, b) < 1.001;
}

/** What the second source adds to the first: dimensions the first never states. On caching, the first one's silence counts. */
export function completedBy(first: TokenPrice, second: TokenPrice): TokenPrice {
  if (!agree(first, second)) return first;
  const { cacheWrite1h, audioInput, audioOutput, request, tiers } = second;
  return withoutGaps({ cacheWrite1h, audioInput, audioOutput, request, tiers, ...first });
}

/** Why a price cannot be true, if so: beyond any known price, or far from every price of the same model elsewhere. */
export function implausible(
  price: TokenPrice,
  references: readonly TokenPrice[],
  ratioMax: number,
): string | undefined {
  const { request: _perRequest, tiers: _tiers, ...perToken } = price;
  if (Math.max(...Object.values(perToken)) > USD_PER_MILLION_MAX * 1e9) return 'is beyond any known price';
  // One other price may itself be the wrong one.
  if (references.length > 1 && references.every((reference) => ratio(price, reference) > ratioMax)) {
    return `is more than ${ratioMax}x from every price of that model elsewhere`;
  }
  return undefined;
}
