/** Candidates that the path decides: whose model is meant, what is free, and what is passed on unread. */
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { ConfigSnapshot, ModelNameContext } from '../ports.ts';
import type { TokenPrice } from '../pricing/price.ts';
import type { Endpoint, ModelCandidate } from '../routing/route-plan.ts';
import type { Operation, RequestFacts } from '../wire/dialect.ts';
import type { ModelId, ProviderId } from '../values.ts';

/** The model of a name, at the one provider where the path names it. */
export function resolveAt(
  config: ConfigSnapshot,
  name: string,
  context: ModelNameContext,
  onlyProvider: ProviderId | undefined,
): ModelCandidate | undefined {
  if (onlyProvider === undefined) return config.resolveModel(name, context);
  // The path names the provider: its own name of the model is meant, and nobody else may serve it.
  const found = config.resolveModel(`${onlyProvider}/${name}`, context);
  const endpoints = (found?.endpoints ?? []).filter(({ provider }) => provider === onlyProvider);
  return found === undefined || endpoints.length === 0 ? undefined : { ...found, endpoints };
}

const FREE: TokenPrice = { input: 0, output: 0 };

/** Counting is free at every provider that offers it. */
export function pricedFor(operation: Operation, candidate: ModelCandidate): ModelCandidate {
  if (operation !== 'count_tokens') return candidate;
  return { ...candidate, endpoints: candidate.endpoints.map((endpoint) => ({ ...endpoint, price: FREE })) };
}

/** What is passed on unread: the model where the body names one, and a price only where nothing is generated. */
export function rawCandidate(
  config: ConfigSnapshot,
  apiKey: ApiKeyRecord,
  facts: RequestFacts,
  provider: ProviderId,
): ModelCandidate {
  const name = facts.model;
  const context = { defaultProvider: provider, workspace: apiKey.workspaceId };
  const known = name === undefined ? undefined : resolveAt(config, name, context, provider)?.endpoints[0];
  const generates = facts.context?.method !== 'GET' && facts.context?.method !== 'DELETE';
  const endpoint: Endpoint = {
    provider,
    upstreamModel: known?.upstreamModel ?? name ?? '',
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: [],
    ...known,
    price: generates ? undefined : FREE,
  };
  return { id: `${provider}/${name ?? '*'}` as ModelId, endpoints: [endpoint] };
}
