/** The caller's body → what routing needs of it. The body itself is parsed in full only when it must be translated. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { ConfigSnapshot } from '../ports.ts';
import { chooseModels, isAutoName } from '../routing/choose-models.ts';
import { matchesAnyModelPattern, namesOfEndpoint } from '../routing/model-pattern.ts';
import { insteadOfVariant } from '../routing/variants-not-offered.ts';
import type { ModelCandidate, ProviderPreferences } from '../routing/route-plan.ts';
import type { ProviderId } from '../values.ts';
import type { Dialect, RequestFacts } from '../wire/dialect.ts';
import { isModelName, MODEL_NAME_CHARACTERS_MAX, MODELS_PER_REQUEST_MAX } from '../wire/model-names.ts';
import type { Inbound } from './exchange.ts';
import { pricedFor, rawCandidate, resolveAt } from './path-candidates.ts';
import { readPreferences } from './read-preferences.ts';

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
  inbound: Pick<Inbound, 'dialect' | 'body' | 'context' | 'defaultProvider' | 'onlyProvider'>,
): ParsedRequest {
  const facts = inbound.dialect.readRequest(inbound.body, inbound.context);
  const { onlyProvider } = inbound;
  if (onlyProvider !== undefined && inbound.dialect.operation === 'raw') {
    const candidates = [rawCandidate(config, apiKey, { ...facts, model: knownName(facts) }, onlyProvider)];
    assertAllowed(apiKey, candidates);
    assertMayUseAll(apiKey, onlyProvider);
    return { facts, candidates, preferences: readPreferences(undefined, config, () => []) };
  }
  const names = namesIn(facts);
  if (names.length === 0) {
    throw new GatewayError(
      'invalid_request',
      'The field "model" is missing. Name a model, e.g. "openai/gpt-4o-mini".',
    );
  }
  if (names.length > MODELS_PER_REQUEST_MAX || names.some((name) => !isModelName(name))) {
    throw new GatewayError(
      'invalid_request',
      `Model names have 1 to ${MODEL_NAME_CHARACTERS_MAX} printable characters, and a request at most ${MODELS_PER_REQUEST_MAX} of them, in "model" and "models" together.`,
    );
  }
  const candidates = candidatesFor(config, apiKey, { inbound, facts, names });
  if (candidates.length === 0) throw unknownModel(names);
  assertAllowed(apiKey, candidates);
  return {
    facts,
    candidates,
    preferences: readPreferences(facts.provider, config, () => parametersOf(inbound.dialect, facts)),
  };
}

function namesIn({ model, models }: RequestFacts): readonly string[] {
  return model === undefined ? models : [model, ...models];
}

type Named = {
  readonly inbound: Pick<Inbound, 'dialect' | 'defaultProvider' | 'onlyProvider'>;
  readonly facts: RequestFacts;
  readonly names: readonly string[];
};

function candidatesFor(
  config: ConfigSnapshot,
  apiKey: ApiKeyRecord,
  { inbound, facts, names }: Named,
): readonly ModelCandidate[] {
  const { operation } = inbound.dialect;
  const context = { defaultProvider: inbound.defaultProvider, workspace: apiKey.workspaceId };
  const candidates: ModelCandidate[] = [];
  for (const name of names) {
    const found = isAutoName(name)
      ? chosenFor(config, apiKey, facts)
      : [resolveAt(config, name, context, inbound.onlyProvider)];
    for (const candidate of found) {
      // `models` often repeats `model`; nobody wants the same keys asked again.
      const isNew = candidate !== undefined && !candidates.some(({ id }) => id === candidate.id);
      if (isNew) candidates.push(pricedFor(operation, candidate));
    }
  }
  return candidates;
}

/** What the caller set besides the question itself, by the canonical names. */
function parametersOf(dialect: Dialect, facts: RequestFacts): readonly string[] {
  return Object.keys(dialect.toCanonical(facts)).filter((name) => !NO_PARAMETERS.includes(name));
}

const NO_PARAMETERS: readonly string[] = [
  'model',
  'models',
  'messages',
  'input',
  'prompt',
  'query',
  'documents',
  'stream',
  'provider',
  'route',
  'usage',
];

/** `auto`: the router's own choice among what the caller may use; nothing fits: 404 that says so. */
function chosenFor(
  config: ConfigSnapshot,
  apiKey: ApiKeyRecord,
  facts: RequestFacts,
): readonly ModelCandidate[] {
  const chosen = chooseModels(config.servableModels(apiKey.workspaceId), apiKey, facts);
  if (chosen.length > 0) return chosen;
  throw new GatewayError(
    'model_not_found',
    'The model "auto" found none that this API key may use, that a provider key serves and that can take the request. ' +
      'Add a provider key, or name a model; GET /v1/models lists them.',
  );
}

/** A body that is passed on unread may say anything where a model would stand. */
function knownName({ model }: RequestFacts): string | undefined {
  return model === undefined || !isModelName(model) ? undefined : model;
}

function unknownModel(names: readonly string[]): GatewayError {
  const instead = names.flatMap((name) => insteadOfVariant(name) ?? []);
  return new GatewayError(
    'model_not_found',
    `No provider serves ${names.map((name) => `"${name}"`).join(', ')}. GET /v1/models lists the models; ` +
      ['for a new one, write it as provider/model or add it to the supported models of a provider key.']
        .concat(instead)
        .join(' '),
  );
}

/**
 * The model that a body names is not always the one that answers: the path, an uploaded file or a second field may name another.
 * What is passed on unread is for keys alone that may use all models of the provider.
 */
function assertMayUseAll({ allowedModels, name }: ApiKeyRecord, provider: ProviderId): void {
  const all = `${provider}/*`;
  if (allowedModels === null || matchesAnyModelPattern(allowedModels, [all])) return;
  throw new GatewayError(
    'model_not_allowed',
    `The API key "${name}" may use certain models only, and at this path the gateway cannot see which model is asked. ` +
      `Use a path that it knows, or allow "${all}" in API keys.`,
  );
}

function assertAllowed(apiKey: ApiKeyRecord, candidates: readonly ModelCandidate[]): void {
  const { allowedModels, allowedProviders } = apiKey;
  if (allowedModels === null && allowedProviders === null) return;
  const first = candidates[0]?.id ?? '';
  const byModel = candidates.filter(
    ({ id, endpoints }) =>
      allowedModels === null ||
      endpoints.some((endpoint) => matchesAnyModelPattern(allowedModels, namesOfEndpoint(endpoint, id))),
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
