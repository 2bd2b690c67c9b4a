/** An API key of a call's workspace, by hash or public id, as far as the caller may know of it. */
import { GatewayError, type ApiKeyRecord, type WorkspaceId } from '@arouter/core';
import type { Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';

type Where = { readonly workspace: WorkspaceId; readonly caller: Caller };

/** Throws `not_found`: alike for a key that is missing, another workspace's, or not for this caller's eyes. */
export async function findApiKey(
  deps: Pick<ControlPlaneDeps, 'store' | 'snapshot'>,
  { workspace, caller }: Where,
  hashOrId: string,
): Promise<ApiKeyRecord> {
  const hash = /^[0-9a-f]{64}$/.test(hashOrId) ? hashOrId : deps.snapshot().apiKey(hashOrId)?.hash;
  const key = hash === undefined ? undefined : await deps.store.apiKeys.getByHash(workspace, hash);
  if (key === undefined || !mayBeSeenBy(key, caller)) throw apiKeyNotFound();
  return key;
}

/**
 * A management key, and a person, never sees, and so never disables, an operator's key that lives in the workspace; an
 * inference key sees itself alone.
 */
export function mayBeSeenBy(key: ApiKeyRecord, caller: Caller): boolean {
  switch (caller.kind) {
    case 'operator':
      return true;
    case 'management':
    case 'session':
      return key.kind !== 'operator';
    case 'inference':
      return key.id === caller.id;
    case 'nobody':
      return false;
  }
}

export function apiKeyNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no such API key in the workspace.');
}
