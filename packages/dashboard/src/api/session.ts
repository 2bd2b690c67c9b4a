/** Who looks at the dashboard, and what they may do. One query; the router's guard and every page read the same value. */
import { ManagementError } from '@arouter/contract';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { callApi } from './client.ts';
import { readStoredKey } from './stored-key.ts';

export type SessionWorkspace = { readonly id: string; readonly name: string };
export type Session =
  | { readonly state: 'signed_out' }
  | {
      readonly state: 'signed_in';
      /** The workspace that is looked at. */
      readonly workspace: SessionWorkspace;
      readonly workspaces: readonly SessionWorkspace[];
      readonly isOperator: boolean;
    };

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: loadSession,
  staleTime: 60_000,
});

/** Only below the guard, where somebody is signed in. */
export function useSession(): Extract<Session, { state: 'signed_in' }> {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data.state !== 'signed_in') throw new Error('This page is shown only to who is signed in.');
  return data;
}

async function loadSession(): Promise<Session> {
  if (readStoredKey() === null) return { state: 'signed_out' };
  try {
    const { data } = await callApi('listWorkspaces', {});
    const [workspace] = data;
    if (workspace === undefined) return { state: 'signed_out' };
    return { state: 'signed_in', workspace, workspaces: data, isOperator: false };
  } catch (error) {
    if (error instanceof ManagementError && error.status === 401) return { state: 'signed_out' };
    throw error;
  }
}

/** Whether who looks may do something in the workspace that is looked at. */
export function useMay(_permission: 'provider_keys.manage'): boolean {
  return useSession().state === 'signed_in';
}
