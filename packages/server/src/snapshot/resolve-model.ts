/** A name without variant → the endpoints that serve it: at its author, and wherever the same model stands. */
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
import type { NamedAt, SameModels } from './same-models.ts';
import { createSpellings, splitName, type SplitName } from './spellings.ts';

export type ResolveContext = {
  /** Whose model a bare name means first. */
  readonly defaultProvider: ProviderId;
  /** The keys that the workspace may use: their lists name models that no catalogue knows. */
  readonly keys: readonly ProviderKeyRecord[];
  /** The operator's own price, if any. */
  readonly priceOf: (provider: ProviderId, upstreamModel: string) => TokenPrice | undefined;
};

export type Pricing = Pick<ResolveContext, 'priceOf'>;

export type ModelResolver = {
  resolve(name: string, context: ResolveContext): ModelCandidate | undefined;
  /** The name's prefix, where it is a provider's, and what comes after it. */
  split(name: string): SplitName;
  /** A model that a provider lists, with the same model elsewhere. */
  listed(provider: ProviderId, model: ModelFacts, context: Pricing): ModelCandidate;
};

export type ResolverDeps = {
  readonly manifests: ReadonlyMap<ProviderId, ProviderManifest>;
  readonly providerId: (name: string) => ProviderId | undefined;
  readonly sameModels: SameModels;
};

export function createModelResolver(deps: ResolverDeps): ModelResolver {
  const { manifests, providerId, sameModels } = deps;

  const split = (name: string): SplitName => splitName(name, providerId);
  const spellings = createSpellings(manifests, split);

  function resolve(name: string, context: ResolveContext): ModelCandidate | undefined {
    const found = resolveWritten(spellings.asOwn(name, context.keys), context);
    return found === undefined ? undefined : spellings.withOthers(found);
  }

  function resolveWritten(name: string, context: ResolveContext): ModelCandidate | undefined {
    const { prefix, rest } = split(name);
    const own =
      (prefix === undefined ? undefined : endpointAt(prefix, rest, context)) ??
      endpointAt(context.defaultProvider, name, context);
    if (own !== undefined) return toCandidate(own, elsewhere(deps, own, context));
    const listed = [...manifests.values()].flatMap((manifest) => {
      const upstreamModel =
        findModel(manifest, name) === undefined ? sameModels.ownName(manifest.id, name) : name;
      if (upstreamModel === undefined) return [];
      const model = findModel(manifest, upstreamModel);
      return [toEndpoint(manifest.id, upstreamModel, model, context)];
    });
    // Who made the model is named first: the plan is about the model, whoever serves it.
    const first =
      listed.find(({ provider }) => manifests.get(provider)?.canonicalModel === undefined) ?? listed[0];
    if (first === undefined) return namedByKeys(name, context);
    return toCandidate(
      first,
      listed.filter((endpoint) => endpoint !== first),
    );
  }

  function endpointAt(provider: ProviderId, name: string, context: ResolveContext): Endpoint | undefined {
    const manifest = manifests.get(provider);
    if (manifest === undefined || name === '') return undefined;
    const listed = findModel(manifest, name);
    const upstreamModel = listed === undefined ? (sameModels.ownName(provider, name) ?? name) : name;
    const model = listed ?? findModel(manifest, upstreamModel);
    const known =
      model !== undefined ||
      manifest.acceptsModel.test(upstreamModel) ||
      keysName(provider, upstreamModel, context.keys);
    return known ? toEndpoint(provider, upstreamModel, model, context) : undefined;
  }

  return {
    resolve,
    split,
    listed(provider, model, context) {
      const first = toEndpoint(provider, model.id, model, context);
      return spellings.withOthers(toCandidate(first, elsewhere(deps, first, context)));
    },
  };
}

/** The same model at the providers that serve it besides its author. A provider that is not its author was meant alone. */
function elsewhere(
  { manifests, sameModels }: ResolverDeps,
  { provider, upstreamModel }: Endpoint,
  context: Pricing,
): readonly Endpoint[] {
  if (manifests.get(provider)?.canonicalModel !== undefined) return [];
  return sameModels
    .elsewhere(provider, upstreamModel)
    .flatMap((named) => endpointOf(manifests, named, context));
}

function endpointOf(
  manifests: ResolverDeps['manifests'],
  { provider, upstreamModel }: NamedAt,
  context: Pricing,
): readonly Endpoint[] {
  const manifest = manifests.get(provider);
  if (manifest === undefined) return [];
  return [toEndpoint(provider, upstreamModel, findModel(manifest, upstreamModel), context)];
}

/** A bare name that stands word for word in a key's supported models: a private model of a custom endpoint. */
function namedByKeys(name: string, context: ResolveContext): ModelCandidate | undefined {
  const providers = new Set(
    context.keys.filter((key) => key.supportedModels?.includes(name)).map((key) => key.provider),
  );
  const [first, ...others] = [...providers].map((provider) => toEndpoint(provider, name, undefined, context));
  return first === undefined ? undefined : toCandidate(first, others);
}

function keysName(provider: ProviderId, model: string, keys: readonly ProviderKeyRecord[]): boolean {
  return keys.some((key) => key.provider === provider && key.supportedModels?.includes(model) === true);
}

function toEndpoint(
  provider: ProviderId,
  upstreamModel: string,
  model: ModelFacts | undefined,
  context: Pricing,
): Endpoint {
  return {
    provider,
    upstreamModel,
    price: context.priceOf(provider, upstreamModel) ?? model?.price ?? undefined,
    contextTokens: model?.contextTokens ?? null,
    outputTokensMax: model?.outputTokensMax ?? null,
    inputModalities: model?.inputModalities ?? [],
    ...(model === undefined ? {} : { unsupportedParameters: unsupportedBy(model) }),
  };
}

function toCandidate(first: Endpoint, others: readonly Endpoint[]): ModelCandidate {
  return { id: `${first.provider}/${first.upstreamModel}` as ModelId, endpoints: [first, ...others] };
}

const TOOL_FIELDS = ['tools', 'tool_choice', 'parallel_tool_calls'];
const REASONING_FIELDS = ['reasoning', 'reasoning_effort', 'include_reasoning'];

function unsupportedBy({ tools, reasoning }: ModelFacts): readonly string[] {
  return [...(tools ? [] : TOOL_FIELDS), ...(reasoning ? [] : REASONING_FIELDS)];
}
