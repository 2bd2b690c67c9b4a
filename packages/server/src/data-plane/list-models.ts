/** GET /v1/models: the catalogue as this caller may use it, in the union of the shapes that client libraries read. */
import {
  GatewayError,
  matchesAnyModelPattern,
  nanoUsd,
  type ApiKeyRecord,
  type ConfigSnapshot,
  type ModelCandidate,
  type ModelFacts,
  type ProviderId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type TokenPrice,
} from '@arouter/core';

export type ModelListing = {
  readonly providers: ReadonlyMap<ProviderId, ProviderManifest>;
  readonly snapshot: ConfigSnapshot;
  readonly apiKey: ApiKeyRecord;
  /** Whose models need no prefix here. */
  readonly defaultProvider: ProviderId;
};

/** One model, as the libraries of OpenAI, OpenRouter and Anthropic read it. */
export type ListedModel = { readonly id: string; readonly [member: string]: unknown };
export type ListedModels = {
  readonly object: 'list';
  readonly data: readonly ListedModel[];
  readonly has_more: false;
  readonly first_id: string | null;
  readonly last_id: string | null;
};

/** A model that some key of the workspace, or a platform key, can serve, and that the caller may use. */
export type ServableListing = {
  readonly provider: ProviderManifest;
  /** As the provider knows it. */
  readonly id: string;
  /** Undefined: only a key names it. */
  readonly model: ModelFacts | undefined;
};

/**
 * `contract.md` §10.1; one page holds all, also for those who would turn pages as Anthropic's library does. `query`:
 * `output_modalities` and `supported_parameters`, lists with commas: models that have one of the former (`all`: any) and
 * all of the latter. Absent: every model.
 */
export function listModels(listing: ModelListing, query = ''): ListedModels {
  const parameters = new URLSearchParams(query);
  const outputs = listIn(parameters, 'output_modalities');
  const supported = listIn(parameters, 'supported_parameters');
  const data = servableModels(listing)
    .filter(
      (model) =>
        (outputs.length === 0 || outputs.some((each) => each === 'all' || outputsOf(model).includes(each))) &&
        supported.every((each) => supportedParametersOf(model).includes(each)),
    )
    .map(toListed);
  return {
    object: 'list',
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** `name`: with its provider, or as the provider knows it. Throws `model_not_found`. */
export function findListedModel(listing: ModelListing, name: string): ListedModel {
  const models = servableModels(listing);
  const listed = (wanted: string) =>
    models.find(({ provider, id }) => wanted === `${provider.id}/${id}`) ??
    models.find(({ id }) => wanted === id);
  const found = listed(name) ?? listed(candidateOf(listing, name)?.id ?? name);
  if (found === undefined) throw modelNotFound();
  return toListed(found);
}

export function modelNotFound(): GatewayError {
  return new GatewayError(
    'model_not_found',
    'There is no such model that a key of this workspace serves. GET /v1/models lists those that there are.',
  );
}

/** What a request of this caller would mean by the name. */
export function candidateOf(
  { snapshot, apiKey, defaultProvider }: ModelListing,
  name: string,
): ModelCandidate | undefined {
  return snapshot.resolveModel(name, { defaultProvider, workspace: apiKey.workspaceId });
}

/** What comes out of it. The catalogues count vectors as text; the names do not. */
export function outputsOf({ id, model }: Pick<ServableListing, 'id' | 'model'>): readonly string[] {
  return /embed/i.test(id) ? ['embeddings'] : (model?.outputModalities ?? ['text']);
}

/** Those of which the catalogue says something. */
export function supportedParametersOf({ model }: Pick<ServableListing, 'model'>): readonly string[] {
  return [
    ...(model?.tools === true ? ['tools', 'tool_choice'] : []),
    ...(model?.reasoning === true ? ['reasoning', 'include_reasoning'] : []),
  ];
}

function listIn(parameters: URLSearchParams, name: string): readonly string[] {
  return parameters
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

export function servableModels({ providers, snapshot, apiKey }: ModelListing): readonly ServableListing[] {
  const keys = snapshot.providerKeys(apiKey.workspaceId).filter((key) => key.enabled);
  return [...providers.values()].flatMap((manifest) => {
    const own = keys.filter((key) => key.provider === manifest.id);
    const allowed = apiKey.allowedProviders === null || apiKey.allowedProviders.includes(manifest.id);
    return own.length === 0 || !allowed ? [] : servedBy(manifest, own, apiKey);
  });
}

function servedBy(
  manifest: ProviderManifest,
  own: readonly ProviderKeyRecord[],
  { allowedModels }: ApiKeyRecord,
): readonly ServableListing[] {
  const listed = new Map(manifest.models.map((model) => [model.id, model]));
  const named = own
    .flatMap((key) => key.supportedModels ?? [])
    .filter((name) => !name.includes('*'))
    .map((name) => withoutPrefix(name, manifest.id));
  const ids = new Set([
    ...listed.keys(),
    ...named.map((name) => manifest.otherSpelling?.toOwn(name) ?? name),
  ]);
  return [...ids].flatMap((id) => {
    const spellings = [id, ...(manifest.otherSpelling?.fromOwn(id) ?? [])];
    const names = spellings.flatMap((name) => [name, `${manifest.id}/${name}`]);
    const served = own.some(
      (key) => key.supportedModels === null || matchesAnyModelPattern(key.supportedModels, names),
    );
    const allowed = allowedModels === null || matchesAnyModelPattern(allowedModels, names);
    return served && allowed ? [{ provider: manifest, id, model: listed.get(id) }] : [];
  });
}

function withoutPrefix(name: string, provider: string): string {
  return name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
}

function toListed(serving: ServableListing): ListedModel {
  const { provider: manifest, id: ownId, model } = serving;
  const id = `${manifest.id}/${ownId}`;
  const name = model === undefined ? id : `${manifest.name}: ${model.name}`;
  const released = Date.parse(model?.released ?? '1970-01-01');
  return {
    id,
    object: 'model',
    type: 'model',
    canonical_slug: id,
    name,
    display_name: name,
    created: Math.floor(released / 1000),
    created_at: new Date(released).toISOString(),
    owned_by: manifest.id,
    description: '',
    context_length: model?.contextTokens ?? null,
    architecture: {
      input_modalities: model?.inputModalities ?? ['text'],
      output_modalities: outputsOf(serving),
    },
    pricing: shownPricing(model?.price ?? null),
    top_provider: {
      context_length: model?.contextTokens ?? null,
      max_completion_tokens: model?.outputTokensMax ?? null,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: supportedParametersOf(serving),
    default_parameters: null,
    expiration_date: null,
  };
}

/** USD per token as strings: a float would lose digits on the way. */
function shownPricing(price: TokenPrice | null): Record<string, string> | null {
  if (price === null) return null;
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['prompt', price.input],
    ['completion', price.output],
    ['input_cache_read', price.cachedInput],
    ['input_cache_write', price.cacheWrite5m],
    ['audio', price.audioInput],
  ];
  const shown = rows.flatMap(([name, nanoPerMillion]) =>
    nanoPerMillion === undefined ? [] : [[name, perToken(nanoPerMillion)] as const],
  );
  const request =
    price.request === undefined ? [] : [['request', perToken(nanoUsd(price.request) * 1_000_000)] as const];
  return Object.fromEntries([...shown, ...request]);
}

/** Nano-USD per million tokens → USD per token, exactly: 15 decimals, without trailing zeros. */
function perToken(nanoPerMillion: number): string {
  if (nanoPerMillion === 0) return '0';
  const digits = String(nanoPerMillion).padStart(16, '0');
  const whole = digits.slice(0, -15);
  const decimals = digits.slice(-15).replace(/(?<!0)0+$/, '');
  return decimals === '' ? String(Number(whole)) : `${Number(whole)}.${decimals}`;
}
