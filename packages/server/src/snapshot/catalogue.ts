/**
 * Names of models and providers → what serves them. Built from the manifests once; the workspace's own lists (a custom
 * endpoint's models) come from its keys.
 */
import type {
  Endpoint,
  ModelCandidate,
  ModelFacts,
  ModelId,
  ProviderId,
  ProviderKeyRecord,
  ProviderManifest,
  TokenPrice,
} from '@arouter/core';
import { findModel } from '@arouter/providers';

export type Catalogue = {
  providerId(name: string): ProviderId | undefined;
  /** Undefined when nobody is known to serve the name. */
  resolve(name: string, context: ResolveContext): ModelCandidate | undefined;
};
export type ResolveContext = {
  /** Whose model a bare name means first. */
  readonly defaultProvider: ProviderId;
  /** The keys that the workspace may use: their lists name models that no catalogue knows. */
  readonly keys: readonly ProviderKeyRecord[];
  /** The operator's own price, if any. */
  readonly priceOf: (provider: ProviderId, upstreamModel: string) => TokenPrice | undefined;
};

export function createCatalogue(manifests: ReadonlyMap<ProviderId, ProviderManifest>): Catalogue {
  const spellings = new Map<string, ProviderId>();
  for (const manifest of manifests.values()) {
    for (const name of [manifest.id, manifest.name, ...manifest.aliases])
      spellings.set(name.toLowerCase(), manifest.id);
  }

  function providerId(name: string): ProviderId | undefined {
    return spellings.get(name.toLowerCase());
  }

  function resolve(name: string, context: ResolveContext): ModelCandidate | undefined {
    const slash = name.indexOf('/');
    const prefix = slash <= 0 ? undefined : providerId(name.slice(0, slash));
    if (prefix !== undefined) {
      const endpoint = endpointAt(prefix, name.slice(slash + 1), context);
      if (endpoint !== undefined) return candidate([endpoint]);
    }
    const endpoint = endpointAt(context.defaultProvider, name, context);
    if (endpoint !== undefined) return candidate([endpoint]);
    const listed = [...manifests.values()].flatMap((manifest) => {
      const model = findModel(manifest, name);
      return model === undefined ? [] : [toEndpoint(manifest.id, name, model, context)];
    });
    return listed.length > 0 ? candidate(listed) : namedByKeys(name, context);
  }

  function endpointAt(
    provider: ProviderId,
    upstreamModel: string,
    context: ResolveContext,
  ): Endpoint | undefined {
    const manifest = manifests.get(provider);
    if (manifest === undefined || upstreamModel === '') return undefined;
    const model = findModel(manifest, upstreamModel);
    const known =
      model !== undefined ||
      manifest.acceptsModel.test(upstreamModel) ||
      keysName(provider, upstreamModel, context.keys);
    return known ? toEndpoint(provider, upstreamModel, model, context) : undefined;
  }

  /** A bare name that stands word for word in a key's supported models: a private model of a custom endpoint. */
  function namedByKeys(name: string, context: ResolveContext): ModelCandidate | undefined {
    const providers = new Set(
      context.keys.filter((key) => key.supportedModels?.includes(name)).map((key) => key.provider),
    );
    const endpoints = [...providers].map((provider) => toEndpoint(provider, name, undefined, context));
    return endpoints.length > 0 ? candidate(endpoints) : undefined;
  }

  return { providerId, resolve };
}

function keysName(provider: ProviderId, model: string, keys: readonly ProviderKeyRecord[]): boolean {
  return keys.some((key) => key.provider === provider && key.supportedModels?.includes(model) === true);
}

function toEndpoint(
  provider: ProviderId,
  upstreamModel: string,
  model: ModelFacts | undefined,
  context: ResolveContext,
): Endpoint {
  return {
    provider,
    upstreamModel,
    price: context.priceOf(provider, upstreamModel) ?? model?.price ?? undefined,
    contextTokens: model?.contextTokens ?? null,
    outputTokensMax: model?.outputTokensMax ?? null,
    inputModalities: model?.inputModalities ?? [],
  };
}

function candidate(endpoints: readonly Endpoint[]): ModelCandidate | undefined {
  const [first] = endpoints;
  return first === undefined
    ? undefined
    : { id: `${first.provider}/${first.upstreamModel}` as ModelId, endpoints };
}
