/** An API key of a call's workspace, by hash or public id, as far as the caller may know of it. */
import { GatewayError, type ApiKeyRecord, type WorkspaceId } from '@arouter/core';
import { mayPerson, type Caller } from './caller.ts';
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
 * A management key, and a person, never sees, and so never disables, an operator's key that lives in the workspace; of the
 * others a person sees their own, or all where the role is for all; an inference key sees itself alone.
 */
export function mayBeSeenBy(key: ApiKeyRecord, caller: Caller): boolean {
  switch (caller.kind) {
    case 'operator':
      return true;
    case 'management':
      return key.kind !== 'operator';
    case 'session': {
      const maker = onlyMadeBy(caller);
      return key.kind !== 'operator' && (maker === undefined || maker === key.createdBy);
    }
    case 'inference':
      return key.id === caller.id;
    case 'nobody':
      return false;
  }
}

/** The id of the person whose keys are all that the caller sees; undefined: not only one person's. */
export function onlyMadeBy(caller: Caller): string | undefined {
  return caller.kind === 'session' && !mayPerson(caller, 'api_keys.all') ? caller.user.id : undefined;
}

export function apiKeyNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no such API key in the workspace.');
}
