/** Generations: one caller request each, with every verdict and attempt of its routing. */
import type { RouteInput } from '@arouter/contract';
import { GatewayError, instant, type ProviderKeyId } from '@arouter/core';
import type { GenerationFilter } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findApiKey } from './find-api-key.ts';
import { findProvider } from './find-provider.ts';
import { shownGeneration, shownGenerationSummary } from './generation-view.ts';
import type { Call, Handlers } from './handler.ts';

const PAGE_SIZE_DEFAULT = 50;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;

export function generationHandlers(deps: Deps): Handlers<'getGeneration' | 'listGenerations'> {
  return {
    getGeneration: async ({ workspace, caller, query }) => {
      const generation = await deps.store.generations.get(workspace, query.id);
      // An inference key reads what it asked for itself; another key's generation is as good as missing.
      const foreign = caller.kind === 'inference' && generation?.header.apiKeyId !== caller.id;
      if (generation === undefined || foreign) {
        throw new GatewayError('not_found', 'There is no generation with this id.');
      }
      return shownGeneration(generation, caller.kind === 'operator' ? 'operator' : 'tenant');
    },
    listGenerations: async (call) => {
      const { query, workspace } = call;
      const page = { cursor: query.cursor ?? null, limit: query.limit ?? PAGE_SIZE_DEFAULT };
      const { rows, nextCursor } = await deps.store.generations.list(
        workspace,
        await readFilter(deps, call),
        page,
      );
      return { data: rows.map(shownGenerationSummary), next_cursor: nextCursor };
    },
  };
}

async function readFilter(deps: Deps, call: Call<'listGenerations'>): Promise<GenerationFilter> {
  const { query } = call;
  const key = query.key_id === undefined ? undefined : await findApiKey(deps, call, query.key_id);
  return {
    ...readWindow(query),
    ...(query.model === undefined ? {} : { model: query.model }),
    ...(query.provider_id === undefined
      ? {}
      : { provider: findProvider(deps.providers, query.provider_id, 'provider_id').id }),
    ...(query.provider_key_id === undefined ? {} : { providerKeyId: query.provider_key_id as ProviderKeyId }),
    ...(key === undefined ? {} : { apiKeyId: key.id }),
    ...(query.source === undefined ? {} : { source: query.source }),
    ...(query.status === undefined ? {} : { status: query.status }),
  };
}

function readWindow(query: RouteInput<'listGenerations'>['query']): Pick<GenerationFilter, 'from' | 'to'> {
  return {
    ...(query.start_time === undefined ? {} : { from: instant(Date.parse(query.start_time)) }),
    ...(query.end_time === undefined ? {} : { to: instant(Date.parse(query.end_time)) }),
  };
}
