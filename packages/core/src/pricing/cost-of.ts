/** What an answer cost, and what it may cost at most. Integer nano-USD; rounded once per request. */
import type { TokenUsage } from '../keys/generation.ts';
import { nanoUsd, type NanoUsd } from '../values.ts';
import type { CostLine, PriceTier, TokenPrice } from './price.ts';

export type Cost = { readonly totalNano: NanoUsd; readonly lines: readonly CostLine[] };

const TOKENS_PER_PRICE = 1_000_000n;

/**
 * Each token falls in exactly one class: cached, cache write (5 m, 1 h), audio or plain. Half a nano-dollar rounds up.
 * The long-context tier that applies prices the whole request.
 */
export function costOf(usage: TokenUsage, price: TokenPrice): Cost {
  const rates = ratesFor(usage.inputTokens, price);
  const special = usage.cachedInputTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens + usage.audioInputTokens;
  const lines: CostLine[] = [];
  addLine(lines, 'input', Math.max(0, usage.inputTokens - special), rates.input);
  addLine(lines, 'cached_input', usage.cachedInputTokens, rates.cachedInput);
  addLine(lines, 'cache_write_5m', usage.cacheWrite5mTokens, rates.cacheWrite5m);
  addLine(lines, 'cache_write_1h', usage.cacheWrite1hTokens, rates.cacheWrite1h);
  addLine(lines, 'audio_input', usage.audioInputTokens, rates.audioInput);
  addLine(lines, 'output', Math.max(0, usage.outputTokens - usage.audioOutputTokens), rates.output);
  addLine(lines, 'audio_output', usage.audioOutputTokens, rates.audioOutput);
  const fixed = price.request ?? 0;
  if (fixed > 0) lines.push({ what: 'request', quantity: 1, nanoPerMillion: fixed * Number(TOKENS_PER_PRICE) });
  return { totalNano: totalOf(lines, TOKENS_PER_PRICE / 2n), lines };
}

/** The most that a request with these bounds can cost: dearest tier, dearest input class, rounded up. */
export function costUpperBound(inputTokensMax: number, outputTokensMax: number, price: TokenPrice): NanoUsd {
  const tiers: readonly (TokenPrice | PriceTier)[] = [price, ...(price.tiers ?? [])];
  const inputRates = [price.audioInput ?? 0, price.cacheWrite1h ?? 0];
  const outputRates = [price.audioOutput ?? 0];
  for (const tier of tiers) {
    inputRates.push(tier.input, tier.cacheWrite5m ?? 0);
    outputRates.push(tier.output);
  }
  const lines: CostLine[] = [
    { what: 'input', quantity: inputTokensMax, nanoPerMillion: Math.max(...inputRates) },
    { what: 'output', quantity: outputTokensMax, nanoPerMillion: Math.max(...outputRates) },
  ];
  return nanoUsd(totalOf(lines, TOKENS_PER_PRICE - 1n) + (price.request ?? 0));
}

type Rates = Required<Omit<TokenPrice, 'tiers' | 'request'>>;

function ratesFor(inputTokens: number, price: TokenPrice): Rates {
  const tier = (price.tiers ?? [])
    .filter((candidate) => inputTokens > candidate.aboveInputTokens)
    .toSorted((a, b) => b.aboveInputTokens - a.aboveInputTokens)[0];
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

/** A product of tokens and price leaves the safe integers at a few hundred dollars per answer, hence BigInt. */
function totalOf(lines: readonly CostLine[], rounding: bigint): NanoUsd {
  let total = 0n;
  for (const line of lines) total += BigInt(line.quantity) * BigInt(line.nanoPerMillion);
  return nanoUsd(Number((total + rounding) / TOKENS_PER_PRICE));
}
