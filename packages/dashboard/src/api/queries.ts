/** Server data as React Query knows it: every route of the contract is a query or a mutation, by its name. */
import { ManagementError, type RouteAnswer, type RouteName, type RouteRequest } from '@arouter/contract';
import {
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { callApi } from './client.ts';

const RETRIES_MAX = 2;
const FRESH_MS = 10_000;

/**
 * A definite refusal is shown at once; only what may pass by itself is tried again. `onSessionEnd` runs when the server
 * says of any call that nobody is signed in any more.
 */
export function createQueryClient(onSessionEnd: () => void): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof ManagementError && error.code === 'not_signed_in') onSessionEnd();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failures, error) =>
          failures < RETRIES_MAX && (!(error instanceof ManagementError) || error.status >= 500),
      },
    },
  });
}

/** For `useQuery`, `useSuspenseQuery` and loaders: `useQuery(apiQuery('listByok', {}))`. */
export function apiQuery<Name extends RouteName>(name: Name, request: RouteRequest<Name>) {
  return queryOptions({
    queryKey: [name, request] as const,
    queryFn: ({ signal }): Promise<RouteAnswer<Name>> => callApi(name, request, signal),
  });
}

/** A change. What it makes stale is fetched again: `useApiMutation('createByok', { stale: ['listByok'] })`. */
export function useApiMutation<Name extends RouteName>(
  name: Name,
  options: { readonly stale?: readonly RouteName[] } = {},
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: RouteRequest<Name>) => callApi(name, request),
    onSuccess: () =>
      Promise.all((options.stale ?? []).map((stale) => client.invalidateQueries({ queryKey: [stale] }))),
  });
}
