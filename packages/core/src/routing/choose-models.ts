/**
 * The model `auto`: which models the router chooses for a request. The rule is short enough to be told: own keys before
 * platform keys; among models that take the request, can use tools and have a known price, the newest that is not dear;
 * where all are dear, the cheapest.
 */
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { TokenPrice } from '../pricing/price.ts';
import type { RequestFacts } from '../wire/dialect.ts';
import { matchesAnyModelPattern, namesOfEndpoint } from './model-pattern.ts';
import type { ModelCandidate } from './route-plan.ts';

/** A catalogue model that at least one enabled key of the workspace, or of the operator, serves. */
export type ServableModel = {
  readonly candidate: ModelCandidate;
  /** True when one of the workspace's own keys serves it. */
  readonly own: boolean;
  readonly tools: boolean;
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly contextTokens: number | null;
  /** ISO date. */
  readonly released: string | null;
};

/** As many as a request is tried with. */
const CHOSEN_MAX = 3;
/** Nano-USD per million tokens at three parts of input to one of output; above it a model is dear. */
const MODERATE_PRICE_MAX = 6_000_000_000;
/** Few texts have fewer bytes per token. */
const BYTES_PER_TOKEN_MIN = 3;

export function isAutoName(name: string): boolean {
  return name === 'auto' || name === 'arouter/auto';
}

/** Best first, at most three; empty when nothing fits. */
export function chooseModels(
  servable: readonly ServableModel[],
  apiKey: Pick<ApiKeyRecord, 'allowedModels' | 'allowedProviders'>,
  facts: Pick<RequestFacts, 'body' | 'externalParts'>,
): readonly ModelCandidate[] {
  const fitting = servable.filter((model) => isAllowed(model, apiKey) && canTake(model, facts));
  return fitting
    .toSorted(byPreference)
    .slice(0, CHOSEN_MAX)
    .map(({ candidate }) => candidate);
}

function isAllowed(
  { candidate: { id, endpoints } }: ServableModel,
  { allowedModels, allowedProviders }: Pick<ApiKeyRecord, 'allowedModels' | 'allowedProviders'>,
): boolean {
  return endpoints.some(
    (endpoint) =>
      (allowedProviders === null || allowedProviders.includes(endpoint.provider)) &&
      (allowedModels === null || matchesAnyModelPattern(allowedModels, namesOfEndpoint(endpoint, id))),
  );
}

function canTake(model: ServableModel, facts: Pick<RequestFacts, 'body' | 'externalParts'>): boolean {
  const tokensLikely = facts.body.length / BYTES_PER_TOKEN_MIN;
  return (
    model.tools &&
    model.outputModalities.length === 1 &&
    model.outputModalities[0] === 'text' &&
    (facts.externalParts === 0 || model.inputModalities.includes('image')) &&
    (model.contextTokens === null || model.contextTokens > tokensLikely) &&
    priceOf(model) !== null
  );
}

function byPreference(a: ServableModel, b: ServableModel): number {
  if (a.own !== b.own) return a.own ? -1 : 1;
  const [priceA, priceB] = [priceOf(a) ?? 0, priceOf(b) ?? 0];
  const [dearA, dearB] = [priceA > MODERATE_PRICE_MAX, priceB > MODERATE_PRICE_MAX];
  if (dearA !== dearB) return dearA ? 1 : -1;
  const byAge = dearA ? 0 : (b.released ?? '').localeCompare(a.released ?? '');
  return byAge || priceA - priceB || (a.candidate.id < b.candidate.id ? -1 : 1);
}

/** The dearest of its endpoints, since any of them may serve; null when one has no known price. */
function priceOf({ candidate: { endpoints } }: ServableModel): number | null {
  let most = 0;
  for (const { price } of endpoints) {
    if (price === undefined) return null;
    most = Math.max(most, mixedPrice(price));
  }
  return most;
}

function mixedPrice({ input, output }: TokenPrice): number {
  return (3 * input + output) / 4;
}
