/** Models with their prices, and which of the workspace's keys would serve them; and what share a key would have. */
import {
  matchesAnyModelPattern,
  type ModelFacts,
  type ProviderKeyRecord,
  type ProviderManifest,
  type TokenPrice,
  type WorkspaceId,
} from '@arouter/core';
import { DRAFT_ID } from '../preview/hypothetical-keys.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findProvider } from './find-provider.ts';
import { shownUsd, shownUsdOrNull, type Call, type Handlers } from './handler.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;

export function catalogueHandlers(deps: Deps): Handlers<'getCatalogue' | 'shareOfDraft'> {
  return {
    getCatalogue: (call) => catalogue(deps, call),
    shareOfDraft: async ({ workspace, body }) => {
      const provider = findProvider(deps.providers, body.provider, 'provider').id;
      const own = ownKeys(deps, workspace).filter((key) => key.provider === provider);
      const changed = body.provider_key_id ?? DRAFT_ID;
      const others = own.filter(({ id }) => id !== changed);
      const label = own.find(({ id }) => id === changed)?.label ?? '';
      const all = [
        { id: changed, label, weight: body.weight, enabled: true },
        ...others.map(({ id, label: name, weight, enabled }) => ({ id, label: name, weight, enabled })),
      ];
      const total = all.reduce((sum, { weight, enabled }) => sum + (enabled ? weight : 0), 0);
      return {
        data: all.map(({ id, label: name, weight, enabled }) => ({
          provider_key_id: id,
          label: name,
          weight,
          share: enabled ? weight / total : 0,
          enabled,
        })),
      };
    },
  };
}

async function catalogue(deps: Deps, { workspace, query }: Call<'getCatalogue'>) {
  const keys = deps.snapshot().providerKeys(workspace);
  const overrides = new Map(
    (await deps.store.prices.list()).map((row) => [`${row.provider}/${row.upstreamModel}`, row.price]),
  );
  const wanted = (query.q ?? '').toLowerCase();
  const data = [...deps.providers.values()].flatMap((manifest) =>
    manifest.models.flatMap((model) => {
      const id = `${manifest.id}/${model.id}`;
      if (!id.toLowerCase().includes(wanted) && !model.name.toLowerCase().includes(wanted)) return [];
      return [shownModel({ id, model, manifest, keys, price: overrides.get(id) ?? model.price })];
    }),
  );
  return { data, total_count: data.length };
}

type Listed = {
  readonly id: string;
  readonly model: ModelFacts;
  readonly manifest: ProviderManifest;
  readonly keys: readonly ProviderKeyRecord[];
  readonly price: TokenPrice | null;
};

function shownModel({ id, model, manifest, keys, price }: Listed) {
  const serving = keys.filter(
    ({ provider, supportedModels }) =>
      provider === manifest.id &&
      (supportedModels === null || matchesAnyModelPattern(supportedModels, [id, model.id])),
  );
  return {
    id,
    name: model.name,
    context_tokens: model.contextTokens,
    output_tokens_max: model.outputTokensMax,
    input_modalities: [...model.inputModalities],
    endpoints: [
      {
        provider: manifest.id,
        provider_name: manifest.name,
        upstream_model: model.id,
        prices: price === null ? null : shownPrice(price),
        my_keys: serving
          .filter(({ source }) => source === 'byok')
          .map((key) => ({ id: key.id, label: key.label, enabled: key.enabled })),
        platform: serving.some(({ source, enabled }) => source === 'platform' && enabled),
      },
    ],
  };
}

function shownPrice({ input, output, cachedInput, request }: TokenPrice) {
  return {
    input_usd_per_million: shownUsd(input),
    output_usd_per_million: shownUsd(output),
    cached_input_usd_per_million: shownUsdOrNull(cachedInput),
    request_usd: shownUsdOrNull(request),
  };
}

function ownKeys({ snapshot }: Deps, workspace: WorkspaceId): readonly ProviderKeyRecord[] {
  return snapshot()
    .providerKeys(workspace)
    .filter(({ source }) => source === 'byok');
}
