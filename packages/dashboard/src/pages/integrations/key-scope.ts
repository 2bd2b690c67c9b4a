/** The same operations on a workspace's own keys and on the operator's: each scope is the routes it calls. */
import type { RouteAnswer, RouteRequest } from '@arouter/contract';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { allProviderKeysQuery, type KeyScope } from '../../api/all-keys.ts';
import { callApi } from '../../api/client.ts';
import { apiQuery } from '../../api/queries.ts';
import { notifyError } from '../../components/toasts.tsx';

export type { KeyScope };
export type ProviderKey = RouteAnswer<'listByok'>['data'][number];
export type KeyTestResult = RouteAnswer<'testByok'>['data'];
export type DaySparkline = RouteAnswer<'getSparklines'>['data'][number];
export type NewKey = RouteRequest<'createByok'>['body'];
export type KeyChange = RouteRequest<'updateByok'>['body'];

/** Health changes by itself: cooldowns end, requests fail. */
const REFETCH_MS = 5_000;
const SPARKLINE_REFETCH_MS = 60_000;

const ROUTES = {
  byok: {
    create: 'createByok',
    update: 'updateByok',
    remove: 'deleteByok',
    restore: 'restoreByok',
    test: 'testByok',
    testUnsaved: 'testUnsavedByok',
    reenable: 'reenableByok',
  },
  platform: {
    create: 'createPlatformKey',
    update: 'updatePlatformKey',
    remove: 'deletePlatformKey',
    restore: 'restorePlatformKey',
    test: 'testPlatformKey',
    testUnsaved: 'testUnsavedPlatformKey',
    reenable: 'reenablePlatformKey',
  },
} as const;

/** All keys of the scope, as they are now. */
export function providerKeysQuery(scope: KeyScope) {
  return queryOptions({ ...allProviderKeysQuery(scope), refetchInterval: REFETCH_MS });
}

/** Requests and errors of the last 24 hours, by key, oldest hour first. */
export function useSparklines(scope: KeyScope): ReadonlyMap<string, DaySparkline> {
  const query = scope === 'platform' ? ({ platform: 'true' } as const) : {};
  const { data } = useQuery({
    ...apiQuery('getSparklines', { query }),
    refetchInterval: SPARKLINE_REFETCH_MS,
  });
  return new Map((data?.data ?? []).map((line) => [line.provider_key_id, line]));
}

/** What can be done with keys. Afterwards the list is fetched again, whether it worked or not: health may have changed. */
export function useKeyActions(scope: KeyScope) {
  const client = useQueryClient();
  const routes = ROUTES[scope];
  const onSettled = () => client.invalidateQueries({ queryKey: ['provider-keys', scope] });
  return {
    create: useMutation({ mutationFn: (body: NewKey) => callApi(routes.create, { body }), onSettled }),
    update: useMutation({
      mutationFn: ({ id, body }: { readonly id: string; readonly body: KeyChange }) =>
        callApi(routes.update, { params: { id }, body }),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: (id: string) => callApi(routes.remove, { params: { id } }),
      onSettled,
    }),
    restore: useMutation({
      mutationFn: (id: string) => callApi(routes.restore, { params: { id } }),
      // Undone from a notice: whoever showed the key may be gone from the page by then.
      onError: notifyError,
      onSettled,
    }),
    reenable: useMutation({
      mutationFn: (id: string) => callApi(routes.reenable, { params: { id } }),
      onSettled,
    }),
    test: useMutation({
      mutationFn: (id: string) => callApi(routes.test, { params: { id }, body: {} }),
      onSettled,
    }),
    testUnsaved: useMutation({ mutationFn: (body: NewKey) => callApi(routes.testUnsaved, { body }) }),
  };
}
