/** What an answer cost, and what it may cost at most. Integer nano-USD; rounded once per request. */
import type { TokenUsage, UnitUsage } from '../wire/token-usage.ts';
import { nanoUsd, type NanoUsd } from '../values.ts';
import type { CostLine, PriceTier, TokenPrice } from './price.ts';

export type Cost = { readonly totalNano: NanoUsd; readonly lines: readonly CostLine[] };

const TOKENS_PER_PRICE = 1_000_000;
const ROUND_UP = BigInt(TOKENS_PER_PRICE - 1);
const ROUND_HALF_UP = TOKENS_PER_PRICE / 2;

/** Null where what was used has no known price: never a cost of 0. */
export function knownCostOf(usage: TokenUsage, price: TokenPrice | undefined): Cost | null {
  if (price === undefined) return null;
  const units = unitLines(usage.units, price);
  const countsTokens = usage.inputTokens + usage.outputTokens > 0;
  // Where tokens are billed, the units beside them (an image made of tokens) are told, not billed.
  if (units.some(({ nanoPerMillion }) => nanoPerMillion === null) && !countsTokens) return null;
  return costOf(usage, price);
}

/** What was used besides tokens, with its price where it is known. */
export function unitLines(units: UnitUsage | undefined, price: TokenPrice | undefined): readonly CostLine[] {
  if (units === undefined) return [];
  const rows = [
    ['images', units.images, price?.image],
    ['characters', units.characters, price?.character],
    ['seconds', units.seconds, price?.second],
    ['searches', units.searches, price?.search],
  ] as const;
  return rows.flatMap(([what, quantity, rate]) =>
    quantity === undefined || quantity === 0 ? [] : [{ what, quantity, nanoPerMillion: rate ?? null }],
  );
}

/**
 * Each token falls in exactly one class: cached, cache write (5 m, 1 h), audio or plain. Half a nano-dollar rounds up.
 * The long-context tier that applies prices the whole request.
 */
export function costOf(usage: TokenUsage, price: TokenPrice): Cost {
  const rates = ratesFor(usage.inputTokens, price);
  const special =
    usage.cachedInputTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens + usage.audioInputTokens;
  const lines: CostLine[] = [];
  addLine(lines, 'input', Math.max(0, usage.inputTokens - special), rates.input);
  addLine(lines, 'cached_input', usage.cachedInputTokens, rates.cachedInput);
  addLine(lines, 'cache_write_5m', usage.cacheWrite5mTokens, rates.cacheWrite5m);
  addLine(lines, 'cache_write_1h', usage.cacheWrite1hTokens, rates.cacheWrite1h);
  addLine(lines, 'audio_input', usage.audioInputTokens, rates.audioInput);
  addLine(lines, 'output', Math.max(0, usage.outputTokens - usage.audioOutputTokens), rates.output);
  addLine(lines, 'audio_output', usage.audioOutputTokens, rates.audioOutput);
  for (const line of unitLines(usage.units, price)) if (line.nanoPerMillion !== null) lines.push(line);
  const fixed = price.request ?? 0;
  if (fixed > 0) lines.push({ what: 'request', quantity: 1, nanoPerMillion: fixed * TOKENS_PER_PRICE });
  return { totalNano: totalOf(lines), lines };
}

/** The most that a request with these bounds can cost: dearest tier, dearest input class, rounded up. */
export function costUpperBound(
  inputTokensMax: number,
  outputTokensMax: number,
  price: TokenPrice,
  units?: UnitUsage,
): NanoUsd {
  const { input, output } = dearestRates(price);
  const exact = inputTokensMax * input + outputTokensMax * output;
  const tokens =
    exact <= Number.MAX_SAFE_INTEGER
      ? Math.ceil(exact / TOKENS_PER_PRICE)
      : Number(
          (BigInt(inputTokensMax) * BigInt(input) + BigInt(outputTokensMax) * BigInt(output) + ROUND_UP) /
            BigInt(TOKENS_PER_PRICE),
        );
  // Beyond nine million dollars a bound is a bound: no limit is that high.
  const unitCost = unitLines(units, price).reduce(
    (sum, { quantity, nanoPerMillion }) => sum + quantity * ((nanoPerMillion ?? 0) / TOKENS_PER_PRICE),
    0,
  );
  return nanoUsd(Math.min(tokens + Math.ceil(unitCost) + (price.request ?? 0), Number.MAX_SAFE_INTEGER));
}

type DearestRates = { readonly input: number; readonly output: number };
/** Asked for several times per request, and a price does not change. */
const dearest = new WeakMap<TokenPrice, DearestRates>();

function dearestRates(price: TokenPrice): DearestRates {
  const known = dearest.get(price);
  if (known !== undefined) return known;
  const tiers: readonly (TokenPrice | PriceTier)[] = [price, ...(price.tiers ?? [])];
  const rates = {
    input: Math.max(
      price.audioInput ?? 0,
      price.cacheWrite1h ?? 0,
      ...tiers.flatMap((tier) => [tier.input, tier.cacheWrite5m ?? 0]),
    ),
    output: Math.max(price.audioOutput ?? 0, ...tiers.map((tier) => tier.output)),
  };
  dearest.set(price, rates);
  return rates;
}

type Rates = Required<Omit<TokenPrice, 'tiers' | 'request' | 'image' | 'character' | 'second' | 'search'>>;

function ratesFor(inputTokens: number, price: TokenPrice): Rates {
  const tier = tierFor(inputTokens, price.tiers);
  const input = tier?.input ?? price.input;
  const output = tier?.output ?? price.output;
  const cacheWrite5m = tier?.cacheWrite5m ?? price.cacheWrite5m ?? input;
  return {
    input,
    output,
    cachedInput: tier?.cachedInput ?? price.cachedInput ?? input,
    cacheWrite5m,
    cacheWrite1h: price.cacheWrite1h ?? cacheWrite5m,
    audioInput: price.audioInput ?? input,
    audioOutput: price.audioOutput ?? output,
  };
}

function addLine(lines: CostLine[], what: CostLine['what'], quantity: number, nanoPerMillion: number): void {
  if (quantity > 0) lines.push({ what, quantity, nanoPerMillion });
}

function tierFor(inputTokens: number, tiers: readonly PriceTier[] | undefined): PriceTier | undefined {
  let found: PriceTier | undefined;
  for (const tier of tiers ?? []) {
    const applies = inputTokens > tier.aboveInputTokens;
    if (applies && (found === undefined || tier.aboveInputTokens > found.aboveInputTokens)) found = tier;
  }
  return found;
}

/** Sums of tokens times price leave the safe integers at about nine dollars per answer; then BigInt takes over. */
function totalOf(lines: readonly CostLine[]): NanoUsd {
  let total = 0;
  for (const line of lines) total += line.quantity * (line.nanoPerMillion ?? 0);
  if (total + ROUND_HALF_UP <= Number.MAX_SAFE_INTEGER)
    return nanoUsd(Math.floor((total + ROUND_HALF_UP) / TOKENS_PER_PRICE));
  let exact = BigInt(ROUND_HALF_UP);
  for (const line of lines) exact += BigInt(Math.ceil(line.quantity)) * BigInt(line.nanoPerMillion ?? 0);
  // What a provider claims beyond nine million dollars is no bill; it must not become a fault of ours either.
  return nanoUsd(Math.min(Number(exact / BigInt(TOKENS_PER_PRICE)), Number.MAX_SAFE_INTEGER));
}
