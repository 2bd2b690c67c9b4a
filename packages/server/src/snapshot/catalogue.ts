/**
 * Names of models and providers → what serves them. Built from the manifests once; the workspace's own lists (a custom
 * endpoint's models) come from its keys.
 */
import {
  isVariantNotOffered,
  matchesAnyModelPattern,
  namesOfEndpoint,
  type ModelCandidate,
  type ModelFacts,
  type ModelVariant,
  type ProviderId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type ServableModel,
} from '@arouter/core';
import { createModelResolver, type Pricing, type ResolveContext } from './resolve-model.ts';
import { indexSameModels } from './same-models.ts';

export type Catalogue = {
  providerId(name: string): ProviderId | undefined;
  /** Undefined when nobody is known to serve the name. */
  resolve(name: string, context: ResolveContext): ModelCandidate | undefined;
  /** Every listed model that an enabled one of the keys serves. */
  servable(context: Pricing & Pick<ResolveContext, 'keys'>): readonly ServableModel[];
  /** Every listed model once, whoever serves it: at its author with all others, or where nobody knows its author. */
  listed(context: Pricing): readonly ListedModel[];
};
export type ListedModel = { readonly model: ModelFacts; readonly candidate: ModelCandidate };

const VARIANTS: readonly ModelVariant[] = ['nitro', 'floor', 'free'];

export function createCatalogue(manifests: ReadonlyMap<ProviderId, ProviderManifest>): Catalogue {
  const spellings = new Map<string, ProviderId>();
  for (const manifest of manifests.values()) {
    for (const name of [manifest.id, manifest.name, ...manifest.aliases])
      spellings.set(name.toLowerCase(), manifest.id);
  }
  const providerId = (name: string): ProviderId | undefined => spellings.get(name.toLowerCase());
  const sameModels = indexSameModels(manifests, providerId);
  const resolver = createModelResolver({ manifests, providerId, sameModels });

  function lists(provider: ProviderId, model: string): boolean {
    return manifests.get(provider)?.models.some(({ id }) => id === model) === true;
  }

  /** The provider that the name speaks of lists it so, or has variants of its own; or any provider lists it so. */
  function isLiteral(name: string): boolean {
    const { prefix, rest } = resolver.split(name);
    if (prefix !== undefined && (manifests.get(prefix)?.ownVariants === true || lists(prefix, rest)))
      return true;
    return [...manifests.keys()].some((provider) => lists(provider, name));
  }

  /** Then the suffix is no part of the name, and the provider asked by it would only say that it knows no such model. */
  function listsWithoutSuffix(name: string, colon: number): boolean {
    const { prefix, rest } = resolver.split(name.slice(0, colon));
    return prefix === undefined
      ? [...manifests.keys()].some((provider) => lists(provider, rest))
      : lists(prefix, rest);
  }

  return {
    providerId,
    /** A name that ends in one of our variants means the variant, unless a provider lists it as it stands. */
    resolve(name, context) {
      const colon = name.lastIndexOf(':');
      const suffix = colon > 0 ? name.slice(colon + 1) : '';
      if (isVariantNotOffered(suffix) && listsWithoutSuffix(name, colon) && !isLiteral(name))
        return undefined;
      const variant = VARIANTS.find((each) => each === suffix);
      if (variant === undefined || isLiteral(name)) return resolver.resolve(name, context);
      const found = resolver.resolve(name.slice(0, colon), context);
      return found === undefined ? undefined : { ...found, variant };
    },
    servable(context) {
      const enabled = context.keys.filter((key) => key.enabled);
      return [...manifests.values()].flatMap(({ id, models }) =>
        models.flatMap((model) => {
          const candidate = resolver.listed(id, model, context);
          const serving = enabled.filter((key) => serves(key, candidate));
          if (serving.length === 0) return [];
          return [{ ...model, candidate, own: serving.some(({ source }) => source === 'byok') }];
        }),
      );
    },
    listed(context) {
      const all = [...manifests.values()].flatMap(({ id, models }) =>
        models.map((model) => ({ model, candidate: resolver.listed(id, model, context) })),
      );
      const elsewhere = new Set(
        all.flatMap(({ candidate }) =>
          candidate.endpoints.slice(1).map(({ provider, upstreamModel }) => `${provider}/${upstreamModel}`),
        ),
      );
      return all.filter(({ candidate }) => !elsewhere.has(candidate.id));
    },
  };
}

function serves(key: ProviderKeyRecord, { id, endpoints }: ModelCandidate): boolean {
  const endpoint = endpoints.find(({ provider }) => provider === key.provider);
  if (endpoint === undefined) return false;
  return (
    key.supportedModels === null || matchesAnyModelPattern(key.supportedModels, namesOfEndpoint(endpoint, id))
  );
}
