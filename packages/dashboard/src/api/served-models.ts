/** The models that a key of the workspace, or a platform key, serves now. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { apiQuery } from './queries.ts';

type CatalogueModel = RouteAnswer<'getCatalogue'>['data'][number];

const NONE: readonly CatalogueModel[] = [];

/** Own keys first; empty while it is loaded. */
export function useServedModels(): readonly CatalogueModel[] {
  const { data } = useQuery(apiQuery('getCatalogue', {}));
  const models = data?.data ?? NONE;
  return useMemo(() => {
    const own = models.filter(servedByOwn);
    return [...own, ...models.filter((model) => !servedByOwn(model) && servedByPlatform(model))];
  }, [models]);
}

function servedByOwn({ endpoints }: CatalogueModel): boolean {
  return endpoints.some(({ my_keys: keys }) => keys.some(({ enabled }) => enabled));
}

function servedByPlatform({ endpoints }: CatalogueModel): boolean {
  return endpoints.some(({ platform }) => platform);
}
