/** Records for tests of the core: plain values with every field set. */
import { DEFAULT_KEY_OPTIONS, type ProviderKeyRecord } from '../keys/provider-key.ts';
import type { TokenUsage } from '../wire/token-usage.ts';
import type { Endpoint, ModelCandidate, ProviderPreferences } from '../routing/route-plan.ts';
import { instant, type ModelId, type ProviderId, type ProviderKeyId, type WorkspaceId } from '../values.ts';

export function makeKey(
  fields: Partial<Omit<ProviderKeyRecord, 'id'>> & { readonly id: string },
): ProviderKeyRecord {
  return {
    workspaceId: 'ws_1' as WorkspaceId,
    source: 'byok',
    provider: 'alpha' as ProviderId,
    credentialType: 'api_key',
    label: fields.id,
    hint: '…',
    ...DEFAULT_KEY_OPTIONS,
    destination: 'https://alpha.example',
    sealed: new Uint8Array(),
    secretVersion: 1,
    version: 1,
    createdAt: instant(0),
    updatedAt: instant(0),
    ...fields,
    id: fields.id as ProviderKeyId,
  };
}

export function makeModel(...providers: readonly string[]): ModelCandidate {
  const endpoints = providers.map((provider): Endpoint => ({
    provider: provider as ProviderId,
    upstreamModel: 'model-1',
    price: { input: 1_000_000_000, output: 2_000_000_000 },
    contextTokens: null,
    outputTokensMax: 1000,
    inputModalities: ['text'],
  }));
  return { id: `${providers[0]}/model-1` as ModelId, endpoints };
}

export const NO_PREFERENCES: ProviderPreferences = {
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

export function makeUsage(fields: Partial<TokenUsage>): TokenUsage {
  return {
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    origin: 'provider',
    ...fields,
  };
}
