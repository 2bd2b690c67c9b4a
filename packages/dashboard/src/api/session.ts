/** Who looks at the dashboard, and what they may do. One query; the router's guard and every page read the same value. */
import type { Permission, RouteAnswer } from '@arouter/contract';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { callApi } from './client.ts';

export type SessionState = RouteAnswer<'getSession'>['data'];
export type Session = SessionState & {
  readonly user: NonNullable<SessionState['user']>;
  readonly workspace: NonNullable<SessionState['workspace']>;
};

const FRESH_MS = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ['getSession'] as const,
  queryFn: ({ signal }) => callApi('getSession', {}, signal),
  staleTime: FRESH_MS,
});

/** Only below the guard, where somebody is signed in and looks at a workspace. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  const { user, workspace } = data.data;
  if (user === null || workspace === null)
    throw new Error('You are signed in to no workspace. Reload the page.');
  return { ...data.data, user, workspace };
}

/** Whether who looks may do something in the workspace that is looked at; the server has the last word. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}
