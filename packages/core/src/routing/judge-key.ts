/**
 * The verdict on one key: the first rule that applies, in the order in which they stand here. Permanent reasons come
 * before passing ones, so that the reason shown is the one worth acting on. The order is also the documentation's table.
 */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { ProviderKeyId } from '../values.ts';
import type { KeyReadings } from './key-readings.ts';
import { matchesAnyModelPattern, namesOfEndpoint } from './model-pattern.ts';
import type { KeyFacts, PlanInput } from './plan-input.ts';
import type { Endpoint, Exclusion, PriceDimension } from './route-plan.ts';
import type { TokenPrice } from '../pricing/price.ts';

export type Judgement =
  | { readonly kind: 'allowed'; readonly endpoint: Endpoint }
  | { readonly kind: 'excluded'; readonly reason: Exclusion };

/** `denier`: the own key that forbids platform keys, if any. */
export function judgeKey(facts: KeyFacts, input: PlanInput, denier: ProviderKeyId | null): Judgement {
  const { key, readings } = facts;
  const listed = endpointFor(key, input);
  const endpoint = facts.endpoint ?? listed;
  const reason =
    ineligible(facts, input, listed) ??
    (key.source === 'platform' && denier !== null
      ? ({ code: 'fallback_denied', by: denier } as const)
      : null) ??
    excludedByRequest(facts, input) ??
    excludedByPrice(endpoint, input) ??
    unavailable(key, readings, endpoint);
  return reason === null && endpoint !== undefined
    ? { kind: 'allowed', endpoint }
    : { kind: 'excluded', reason: reason ?? { code: 'provider_not_serving_model' } };
}

/**
 * An own key that could serve this model, were it available, and says "always use this key". Being benched, over budget
 * or out of RPM does not take its vote away; being for another model does. A request's own list of providers or its
 * region has no say: a caller may narrow the owner's policy, never widen it.
 */
export function votesForDeny(facts: KeyFacts, input: PlanInput): boolean {
  const { key } = facts;
  return key.source === 'byok' && key.alwaysUse && ineligible(facts, input, endpointFor(key, input)) === null;
}

function endpointFor(key: ProviderKeyRecord, input: PlanInput): Endpoint | undefined {
  return input.model.endpoints.find((endpoint) => endpoint.provider === key.provider);
}

function ineligible(
  { key, readings }: KeyFacts,
  input: PlanInput,
  endpoint: Endpoint | undefined,
): Exclusion | null {
  const { apiKey, model } = input;
  if (!key.enabled) return { code: 'key_disabled' };
  if (endpoint === undefined) return { code: 'provider_not_serving_model' };
  if (readings.missingOperation !== null) {
    return { code: 'operation_not_served', operation: readings.missingOperation };
  }
  if (apiKey.allowedProviders !== null && !apiKey.allowedProviders.includes(key.provider)) {
    return { code: 'provider_not_allowed' };
  }
  if (
    apiKey.allowedModels !== null &&
    !matchesAnyModelPattern(apiKey.allowedModels, namesOfEndpoint(endpoint, model.id))
  ) {
    return { code: 'model_not_allowed' };
  }
  if (
    key.supportedModels !== null &&
    !matchesAnyModelPattern(key.supportedModels, namesOfEndpoint(endpoint, model.id))
  ) {
    return { code: 'model_not_supported_by_key' };
  }
  if (!readings.servedAtKey) return { code: 'model_not_served_at_key' };
  return null;
}

function excludedByRequest({ key, readings }: KeyFacts, { preferences }: PlanInput): Exclusion | null {
  const { only, ignore, order, allowFallbacks, region, requireRegion } = preferences;
  if (requireRegion && region !== null && key.region !== region)
    return { code: 'region_mismatch', wanted: region };
  const { missingParameter } = readings;
  if (missingParameter !== null) return { code: 'parameter_not_supported', parameter: missingParameter };
  const unwanted =
    (only !== null && !only.includes(key.provider)) ||
    ignore.includes(key.provider) ||
    (!allowFallbacks && order.length > 0 && !order.includes(key.provider));
  return unwanted ? { code: 'provider_excluded_by_request' } : null;
}

/** A price that is not known is above every limit: nobody could say afterwards that it was kept. */
function excludedByPrice(
  endpoint: Endpoint | undefined,
  { model, preferences: { maxPrice } }: PlanInput,
): Exclusion | null {
  const price = endpoint?.price;
  if (model.variant === 'free' && (price === undefined || !isFreePrice(price))) return { code: 'not_free' };
  if (maxPrice === null) return null;
  const dimension = PRICE_DIMENSIONS.find((each) => {
    const most = maxPrice[each];
    return most !== undefined && (price === undefined || PRICED[each](price) > most);
  });
  return dimension === undefined ? null : { code: 'price_above_max', dimension };
}

const PRICE_DIMENSIONS: readonly PriceDimension[] = ['prompt', 'completion', 'request'];
const PRICED: Readonly<Record<PriceDimension, (price: TokenPrice) => number>> = {
  prompt: ({ input }) => input,
  completion: ({ output }) => output,
  request: ({ request }) => request ?? 0,
};

function isFreePrice({ input, output, request }: TokenPrice): boolean {
  return input === 0 && output === 0 && (request ?? 0) === 0;
}

function unavailable(
  key: ProviderKeyRecord,
  readings: KeyReadings,
  endpoint: Endpoint | undefined,
): Exclusion | null {
  if (!readings.secretReadable) return { code: 'secret_unreadable' };
  if (readings.metered && endpoint?.price === undefined) return { code: 'price_unknown' };
  if (readings.bench !== null) return { code: 'cooling_down', ...readings.bench };
  if (readings.dayBudget !== null) return { code: 'budget_exceeded', period: 'day', ...readings.dayBudget };
  if (readings.monthBudget !== null)
    return { code: 'budget_exceeded', period: 'month', ...readings.monthBudget };
  if (readings.rpmFreeAt !== null)
    return { code: 'rpm_exceeded', resetsAt: readings.rpmFreeAt, limit: key.rpmLimit ?? 0 };
  if (readings.concurrencyFull) return { code: 'concurrency_exceeded', limit: key.maxConcurrency ?? 0 };
  return null;
}
