/**
 * Names of models at Bedrock: own ids (`anthropic.claude-…-v1:0`), cross-region profiles (`eu.anthropic.claude-…`) and
 * ARNs. Newer models answer to a profile only, and a profile can be called from its own regions only; profiles of one
 * region may cost more than the global one, so each listed profile has a price of its own.
 */
import type { Endpoint, KeyPlace, ModelFacts } from '@arouter/core';
import { prefixOf, profilePrefixes } from './regions.ts';

export type BedrockModels = {
  readonly endpointAt: (endpoint: Endpoint, key: KeyPlace) => Endpoint | null;
  readonly foldModelName: (name: string) => string;
};

export function bedrockModels(models: readonly ModelFacts[]): BedrockModels {
  const byId = new Map(models.map((model) => [model.id, model]));

  function endpointAt(endpoint: Endpoint, key: KeyPlace): Endpoint | null {
    const { upstreamModel } = endpoint;
    const { region } = key;
    if (region === null) return endpoint;
    if (upstreamModel.startsWith('arn:')) return arnRegion(upstreamModel) === region ? endpoint : null;
    const prefix = prefixOf(upstreamModel);
    if (prefix !== undefined) return profilePrefixes(region).includes(prefix) ? endpoint : null;
    const profile = profileFor(upstreamModel, region, key.options['inference_profile']);
    return profile === upstreamModel ? endpoint : atProfile(endpoint, profile);
  }

  function profileFor(model: string, region: string, wish: KeyPlace['options'][string] | undefined): string {
    if (wish === 'none') return model;
    const prefixes = wish === 'global' ? ['global'] : profilePrefixes(region);
    const listed = prefixes.map((prefix) => `${prefix}.${model}`).find((profile) => byId.has(profile));
    if (listed !== undefined) return listed;
    return needsProfile(model) ? `${prefixes[0] ?? 'global'}.${model}` : model;
  }

  /** The profile's own price where one is listed; a price that the operator has set stays. */
  function atProfile(endpoint: Endpoint, profile: string): Endpoint {
    const own = byId.get(endpoint.upstreamModel)?.price ?? undefined;
    const price = endpoint.price === own ? (byId.get(profile)?.price ?? own) : endpoint.price;
    return { ...endpoint, upstreamModel: profile, price };
  }

  return {
    endpointAt,
    foldModelName(name) {
      const id = name.startsWith('arn:') ? name.slice(name.lastIndexOf('/') + 1) : name;
      const prefix = prefixOf(id);
      return byId.has(id) || prefix === undefined ? id : id.slice(prefix.length + 1);
    },
  };
}

/** Claude by its author's name, which other providers serve too. A profile means a place, so it stands for itself alone. */
export function canonicalModel(model: string): string | undefined {
  const name = /^anthropic\.(claude-.+)$/.exec(model)?.[1];
  return name === undefined ? undefined : `anthropic/${name.replace(/-v\d+(?::\d+)?$/, '')}`;
}

/** Also in a profile or an ARN; opaque ARNs do not say. */
export function isClaude(model: string): boolean {
  return /(?:^|[./])anthropic\.claude-/.test(model);
}

/** Claude from 3.5 on. Source: Bedrock user guide, "Monitor your token usage by counting tokens". */
export function countsTokens(model: string): boolean {
  return isClaude(model) && !/claude-(?:3-(?:haiku|sonnet|opus)|v\d|instant)/.test(model);
}

/** Tokens are counted by the model's own id: a profile is refused (recorded). */
export function countedModel(model: string): string {
  const id = model.slice(model.lastIndexOf('/') + 1);
  const prefix = prefixOf(id);
  return prefix === undefined ? id : id.slice(prefix.length + 1);
}

/** `arn:aws:bedrock:REGION:ACCOUNT:kind/id`. */
function arnRegion(arn: string): string | undefined {
  return arn.split(':')[3];
}

/** Claude from 3.7 on has no on-demand throughput of its own. Source: Bedrock user guide, "Supported foundation models". */
function needsProfile(model: string): boolean {
  return /^anthropic\.claude-(?:3-7|[a-z]+-\d)/.test(model);
}
