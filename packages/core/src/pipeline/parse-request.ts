/** The caller's body → what routing needs of it. The body itself is parsed in full only when it must be translated. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { ConfigSnapshot } from '../ports.ts';
import { matchesAnyModelPattern } from '../routing/model-pattern.ts';
import type { ModelCandidate, ProviderPreferences } from '../routing/route-plan.ts';
import type { RequestFacts } from '../wire/dialect.ts';
import type { ProviderId } from '../values.ts';
import type { Inbound } from './exchange.ts';

const MODEL_NAME_LENGTH_MAX = 128;
const MODELS_MAX = 10;

export type ParsedRequest = {
  readonly facts: RequestFacts;
  /** The models to try, in the caller's order; at least one. */
  readonly candidates: readonly ModelCandidate[];
  readonly preferences: ProviderPreferences;
};

/** Throws 400 for what is malformed, 404 for unknown models, 403 for models and providers that the key may not use. */
export function parseRequest(
  config: ConfigSnapshot,
  apiKey: ApiKeyRecord,
  inbound: Pick<Inbound, 'dialect' | 'body' | 'context' | 'defaultProvider'>,
): ParsedRequest {
  const facts = inbound.dialect.readRequest(inbound.body, inbound.context);
  const names = [...(facts.model === undefined ? [] : [facts.model]), ...facts.models];
  if (names.length === 0) {
    throw new GatewayError(
      'invalid_request',
      'The field "model" is missing. Name a model, e.g. "openai/gpt-4o-mini".',
    );
  }
  if (names.length > MODELS_MAX || names.some((name) => !isModelName(name))) {
    throw new GatewayError(
      'invalid_request',
      `Model names are 1 to ${MODEL_NAME_LENGTH_MAX} printable characters, at most ${MODELS_MAX} of them.`,
    );
  }
  const candidates = names
    .map((name) =>
      config.resolveModel(name, { defaultProvider: inbound.defaultProvider, workspace: apiKey.workspaceId }),
    )
    .filter((candidate) => candidate !== undefined)
    // `models` often repeats `model`; nobody wants the same keys asked again.
    .filter(({ id }, index, all) => all.findIndex((other) => other.id === id) === index);
  if (candidates.length === 0) throw unknownModel(names);
  assertAllowed(apiKey, candidates);
  return { facts, candidates, preferences: readPreferences(facts.provider, config) };
}

function isModelName(name: string): boolean {
  // Control and bidirectional characters would be shown to people in pages and logs.
  return name.length > 0 && name.length <= MODEL_NAME_LENGTH_MAX && !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(name);
}

function unknownModel(names: readonly string[]): GatewayError {
  return new GatewayError(
    'model_not_found',
    `No provider serves ${names.map((name) => `"${name}"`).join(', ')}. GET /v1/models lists the models; ` +
      'for a new one, write it as provider/model or add it to the supported models of a provider key.',
  );
}

function assertAllowed(apiKey: ApiKeyRecord, candidates: readonly ModelCandidate[]): void {
  const { allowedModels, allowedProviders } = apiKey;
  if (allowedModels === null && allowedProviders === null) return;
  const first = candidates[0]?.id ?? '';
  const byModel = candidates.filter(
    ({ id, endpoints }) =>
      allowedModels === null ||
      endpoints.some((endpoint) => matchesAnyModelPattern(allowedModels, endpoint.upstreamModel, id)),
  );
  if (byModel.length === 0) {
    throw new GatewayError(
      'model_not_allowed',
      `The API key "${apiKey.name}" may not use ${first}. Its allowed models can be changed in API keys.`,
    );
  }
  const byProvider = byModel.filter(
    ({ endpoints }) =>
      allowedProviders === null || endpoints.some(({ provider }) => allowedProviders.includes(provider)),
  );
  if (byProvider.length === 0) {
    throw new GatewayError(
      'provider_not_allowed',
      `The API key "${apiKey.name}" may not use any provider of ${first}. Its allowed providers can be changed in API keys.`,
    );
  }
}

const NO_PREFERENCES: ProviderPreferences = {
  order: [],
  only: null,
  ignore: [],
  allowFallbacks: true,
  sort: null,
  region: null,
  requireRegion: false,
};

/** The `provider` object of contract.md §7.5. Unknown members are ignored: other gateways' clients send more. */
export function readPreferences(
  value: unknown,
  config: Pick<ConfigSnapshot, 'providerId'>,
): ProviderPreferences {
  if (value === undefined || value === null) return NO_PREFERENCES;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new GatewayError(
      'invalid_request',
      'The field "provider" must be an object, e.g. {"order": ["openai"]}.',
    );
  }
  const given = value as Readonly<Record<string, unknown>>;
  const providers = (field: string) => readProviders(given[field], field, config);
  const region = readTyped(given, 'region', 'string');
  const requireRegion = readTyped(given, 'require_region', 'boolean') === true;
  if (requireRegion && region === null) throw invalidPreference('region', 'named where a region is required');
  const { sort } = given;
  if (sort !== undefined && sort !== null && typeof sort !== 'string' && typeof sort !== 'object')
    throw invalidPreference('sort', 'a string such as "price"');
  return {
    order: providers('order') ?? [],
    only: providers('only'),
    ignore: providers('ignore') ?? [],
    allowFallbacks: readTyped(given, 'allow_fallbacks', 'boolean') !== false,
    sort: sort === 'price' ? 'price' : null,
    region,
    requireRegion,
  };
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
