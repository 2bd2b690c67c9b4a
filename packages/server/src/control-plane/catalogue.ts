/** Models with their prices, and which of the workspace's keys would serve them; and what share a key would have. */
import {
  GatewayError,
  matchesAnyModelPattern,
  namesOfEndpoint,
  type Endpoint,
  type ModelCandidate,
  type ModelFacts,
  type ProviderKeyRecord,
  type ProviderManifest,
  type TokenPrice,
} from '@arouter/core';
import { findModel } from '@arouter/providers';
import { DRAFT_ID } from '../preview/hypothetical-keys.ts';
import { createCatalogue, type Catalogue, type ListedModel } from '../snapshot/catalogue.ts';
import { mayOperate } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findProvider } from './find-provider.ts';
import { shownUsd, shownUsdOrNull, type Call, type Handlers } from './handler.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;

export function catalogueHandlers(deps: Deps): Handlers<'getCatalogue' | 'shareOfDraft'> {
  const listing = createCatalogue(deps.providers);
  return {
    getCatalogue: (call) => catalogue(deps, listing, call),
    shareOfDraft: (call) => shareOfDraft(deps, call),
  };
}

/** The listed models, and those that only a key of the workspace names: a custom endpoint's own. */
async function catalogue(deps: Deps, listing: Catalogue, { workspace, query }: Call<'getCatalogue'>) {
  const keys = deps.snapshot().providerKeys(workspace);
  const ownPrices = new Map(
    (await deps.store.prices.list()).map((row) => [`${row.provider}/${row.upstreamModel}`, row.price]),
  );
  const priceOf = (provider: string, model: string) => ownPrices.get(`${provider}/${model}`);
  const listed = listing.listed({ priceOf });
  const wanted = (query.q ?? '').toLowerCase();
  const data = [...listed, ...namedByKeys(deps, keys, priceOf)]
    .filter(({ model, candidate }) =>
      [candidate.id, model.name].some((name) => name.toLowerCase().includes(wanted)),
    )
    .map((each) => shownModel(deps, each, { keys, priceOf }));
  return { data, total_count: data.length };
}

type PriceOf = (provider: string, model: string) => TokenPrice | undefined;

function namedByKeys(
  { providers }: Deps,
  keys: readonly ProviderKeyRecord[],
  priceOf: PriceOf,
): readonly ListedModel[] {
  const named = new Map<string, ListedModel>();
  for (const { provider, supportedModels } of keys) {
    const manifest = providers.get(provider);
    for (const name of manifest === undefined ? [] : (supportedModels ?? [])) {
      const model = name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
      if (name.includes('*') || manifest?.models.some(({ id }) => id === model) === true) continue;
      const candidate: ModelCandidate = {
        id: `${provider}/${model}` as ModelCandidate['id'],
        endpoints: [{ ...UNKNOWN_ENDPOINT, provider, upstreamModel: model, price: priceOf(provider, model) }],
      };
      named.set(candidate.id, { model: { ...UNKNOWN_MODEL, id: model, name: model }, candidate });
    }
  }
  return [...named.values()];
}

const UNKNOWN_ENDPOINT = { contextTokens: null, outputTokensMax: null, inputModalities: [] } as const;
const UNKNOWN_MODEL = {
  price: null,
  priceSource: null,
  contextTokens: null,
  outputTokensMax: null,
  inputModalities: [],
  outputModalities: [],
  tools: false,
  reasoning: false,
  released: null,
} as const;

type Surroundings = { readonly keys: readonly ProviderKeyRecord[]; readonly priceOf: PriceOf };

function shownModel(deps: Deps, { model, candidate }: ListedModel, around: Surroundings) {
  return {
    id: candidate.id,
    name: model.name,
    context_tokens: model.contextTokens,
    output_tokens_max: model.outputTokensMax,
    input_modalities: [...model.inputModalities],
    output_modalities: [...model.outputModalities],
    tools: model.tools,
    reasoning: model.reasoning,
    released: model.released,
    endpoints: candidate.endpoints.flatMap((endpoint) => {
      const manifest = deps.providers.get(endpoint.provider);
      return manifest === undefined ? [] : [shownEndpoint({ endpoint, candidate, manifest, ...around })];
    }),
  };
}

function shownEndpoint({
  endpoint,
  candidate,
  manifest,
  keys,
  priceOf,
}: Surroundings & {
  readonly endpoint: Endpoint;
  readonly candidate: ModelCandidate;
  readonly manifest: ProviderManifest;
}) {
  const { provider, upstreamModel, price } = endpoint;
  const names = namesOfEndpoint(endpoint, candidate.id);
  const serving = keys.filter(
    (key) =>
      key.provider === provider &&
      (key.supportedModels === null || matchesAnyModelPattern(key.supportedModels, names)) &&
      manifest.endpointAt?.(endpoint, key) !== null,
  );
  const isOperators = priceOf(provider, upstreamModel) !== undefined;
  const source: ModelFacts['priceSource'] = findModel(manifest, upstreamModel)?.priceSource ?? null;
  return {
    provider,
    provider_name: manifest.name,
    upstream_model: upstreamModel,
    context_tokens: endpoint.contextTokens,
    output_tokens_max: endpoint.outputTokensMax,
    prices: price === undefined ? null : shownPrice(price),
    price_source: price === undefined ? null : isOperators ? 'operator' : source,
    my_keys: serving
      .filter(({ source: from }) => from === 'byok')
      .map((key) => ({ id: key.id, label: key.label, enabled: key.enabled })),
    platform: serving.some(({ source: from, enabled }) => from === 'platform' && enabled),
  };
}

function shownPrice(price: TokenPrice) {
  return {
    input_usd_per_million: shownUsd(price.input),
    output_usd_per_million: shownUsd(price.output),
    cached_input_usd_per_million: shownUsdOrNull(price.cachedInput),
    cache_write_5m_usd_per_million: shownUsdOrNull(price.cacheWrite5m),
    cache_write_1h_usd_per_million: shownUsdOrNull(price.cacheWrite1h),
    audio_input_usd_per_million: shownUsdOrNull(price.audioInput),
    audio_output_usd_per_million: shownUsdOrNull(price.audioOutput),
    image_usd_per_million: shownUsdOrNull(price.image),
    character_usd_per_million: shownUsdOrNull(price.character),
    second_usd_per_million: shownUsdOrNull(price.second),
    search_usd_per_million: shownUsdOrNull(price.search),
    request_usd: shownUsdOrNull(price.request),
    tiers: (price.tiers ?? []).map((tier) => ({
      above_input_tokens: tier.aboveInputTokens,
      input_usd_per_million: shownUsd(tier.input),
      output_usd_per_million: shownUsd(tier.output),
      cached_input_usd_per_million: shownUsdOrNull(tier.cachedInput),
      cache_write_5m_usd_per_million: shownUsdOrNull(tier.cacheWrite5m),
    })),
  };
}

async function shareOfDraft(deps: Deps, { workspace, caller, body }: Call<'shareOfDraft'>) {
  const source = body.source ?? 'byok';
  if (source === 'platform' && !mayOperate(caller)) {
    throw new GatewayError('permission_denied', 'Platform keys are for those who operate this gateway.');
  }
  const provider = findProvider(deps.providers, body.provider, 'provider').id;
  const sisters = deps
    .snapshot()
    .providerKeys(workspace)
    .filter((key) => key.source === source && key.provider === provider);
  const changed = body.provider_key_id ?? DRAFT_ID;
  const saved = sisters.find(({ id }) => id === changed);
  const all = [
    { id: changed, label: saved?.label ?? '', weight: body.weight, enabled: saved?.enabled ?? true },
    ...sisters
      .filter(({ id }) => id !== changed)
      .map(({ id, label, weight, enabled }) => ({ id, label, weight, enabled })),
  ];
  const total = all.reduce((sum, { weight, enabled }) => sum + (enabled ? weight : 0), 0);
  return {
    data: all.map(({ id, label, weight, enabled }) => ({
      provider_key_id: id,
      label,
      weight,
      share: enabled ? weight / total : 0,
      enabled,
    })),
  };
}
