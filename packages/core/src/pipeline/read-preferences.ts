/** The `provider` object of a request → what the caller wishes of the route. A wish that cannot be read is refused. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { ConfigSnapshot } from '../ports.ts';
import type { MaxPrice, ProviderPreferences, SortBy } from '../routing/route-plan.ts';
import type { ProviderId } from '../values.ts';

const NO_PREFERENCES: ProviderPreferences = {
  order: [],
  only: null,
  ignore: [],
  allowFallbacks: true,
  sort: null,
  maxPrice: null,
  requiredParameters: [],
  region: null,
  requireRegion: false,
};

/**
 * The `provider` object of contract.md §7.5. Unknown members are ignored: other gateways' clients send more.
 * `parameters` names the request's fields; it is asked only where they are required to be heeded.
 */
export function readPreferences(
  value: unknown,
  config: Pick<ConfigSnapshot, 'providerId'>,
  parameters: () => readonly string[],
): ProviderPreferences {
  if (value === undefined || value === null) return NO_PREFERENCES;
  if (!isRecord(value)) {
    throw new GatewayError(
      'invalid_request',
      'The field "provider" must be an object, e.g. {"order": ["openai"]}.',
    );
  }
  const given = value;
  const providers = (field: string) => readProviders(given[field], field, config);
  const region = readTyped(given, 'region', 'string');
  const requireRegion = readTyped(given, 'require_region', 'boolean') === true;
  if (requireRegion && region === null) throw invalidPreference('region', 'named where a region is required');
  return {
    order: providers('order') ?? [],
    only: providers('only'),
    ignore: providers('ignore') ?? [],
    allowFallbacks: readTyped(given, 'allow_fallbacks', 'boolean') !== false,
    sort: readSort(given['sort']),
    maxPrice: readMaxPrice(given['max_price']),
    requiredParameters: readTyped(given, 'require_parameters', 'boolean') === true ? parameters() : [],
    region,
    requireRegion,
  };
}

/** A string, or an object with the string in `by`; `exacto` is a ranking that no gateway but one has. */
function readSort(value: unknown): SortBy | null {
  if (value === undefined || value === null) return null;
  const by = isRecord(value) ? value['by'] : value;
  if (by === undefined || by === null || by === 'exacto') return null;
  const sort = SORTS.find((each) => each === by);
  if (sort === undefined) throw invalidPreference('sort', `one of ${SORTS.join(', ')}`);
  return sort;
}

const SORTS: readonly SortBy[] = ['price', 'throughput', 'latency'];

/** USD per million tokens (`request`: per request), as numbers or in strings; nano-USD per the same. */
function readMaxPrice(value: unknown): MaxPrice | null {
  if (value === undefined || value === null) return null;
  if (!isRecord(value))
    throw invalidPreference('max_price', 'an object such as {"prompt": 1, "completion": 2}');
  const entries = PRICE_DIMENSIONS.flatMap((dimension) => {
    const given = value[dimension];
    if (given === undefined || given === null) return [];
    const usd = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof usd !== 'number' || !(usd >= 0) || usd > MAX_PRICE_USD)
      throw invalidPreference(`max_price.${dimension}`, 'an amount in USD, not below 0');
    return [[dimension, Math.round(usd * 1e9)] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** No price is near it, and its nano-USD are still exact. */
const MAX_PRICE_USD = 1_000_000;
const PRICE_DIMENSIONS = ['prompt', 'completion', 'request'] as const;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type PreferenceTypes = { readonly string: string; readonly boolean: boolean };

/** A wish that cannot be read must not be ignored: what it rules out would be used. */
function readTyped<Type extends keyof PreferenceTypes>(
  given: Readonly<Record<string, unknown>>,
  field: string,
  type: Type,
): PreferenceTypes[Type] | null {
  const value = given[field];
  if (value === undefined || value === null) return null;
  if (typeof value !== type) throw invalidPreference(field, `a ${type}`);
  return value as PreferenceTypes[Type];
}

function invalidPreference(field: string, must: string): GatewayError {
  return new GatewayError('invalid_request', `The field "provider.${field}" must be ${must}.`);
}

function readProviders(
  value: unknown,
  field: string,
  config: Pick<ConfigSnapshot, 'providerId'>,
): readonly ProviderId[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length > 100) {
    throw new GatewayError(
      'invalid_request',
      `The field "provider.${field}" must be a list of provider names.`,
    );
  }
  return value.map((name: unknown) => {
    const id = typeof name === 'string' ? config.providerId(name) : undefined;
    if (id === undefined) {
      throw new GatewayError(
        'invalid_request',
        `The field "provider.${field}" names an unknown provider. GET /api/v1/providers lists them.`,
      );
    }
    return id;
  });
}
