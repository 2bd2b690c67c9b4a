/** Generations: one caller request each, with every verdict and attempt of its routing. */
import { GatewayError } from '@arouter/core';
import { isApiKey } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { readGenerationFilter } from './generation-filter.ts';
import { shownGeneration, shownGenerationSummary } from './generation-view.ts';
import { shownTimeOrNull, type Handlers } from './handler.ts';

const PAGE_SIZE_DEFAULT = 50;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers'>;

export function generationHandlers(deps: Deps): Handlers<'getGeneration' | 'listGenerations'> {
  return {
    getGeneration: async ({ workspace, caller, query }) => {
      const generation = await deps.store.generations.get(workspace, query.id);
      // An inference key reads what it asked for itself; another key's generation is as good as missing.
      const foreign =
        isApiKey(caller) && caller.kind === 'inference' && generation?.header.apiKeyId !== caller.id;
      if (generation === undefined || foreign) {
        throw generationNotFound();
      }
      return shownGeneration(generation, caller.kind === 'operator' ? 'operator' : 'tenant');
    },
    listGenerations: async (call) => {
      const { query, workspace } = call;
      const page = { cursor: query.cursor ?? null, limit: query.limit ?? PAGE_SIZE_DEFAULT };
      const { rows, nextCursor, searchedBackTo } = await deps.store.generations.list(
        workspace,
        await readGenerationFilter(deps, call),
        page,
      );
      return {
        data: rows.map(shownGenerationSummary),
        next_cursor: nextCursor,
        searched_back_to: shownTimeOrNull(searchedBackTo),
      };
    },
  };
}

export function generationNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no generation with this id.');
}
