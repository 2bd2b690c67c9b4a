/**
 * Provider keys as stored, with the destination computed anew from where the key would really send. A base URL that was
 * changed behind our back then differs from the one the secret was sealed for, and the secret does not open: it is
 * shown as unreadable and sent nowhere, by a key test no more than by a request.
 */
import {
  destinationOf,
  GatewayError,
  type ProviderKeyId,
  type ProviderKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'providers'>;

export async function listStoredKeys(
  deps: Deps,
  workspace: WorkspaceId,
): Promise<readonly ProviderKeyRecord[]> {
  const keys = await deps.store.providerKeys.list(workspace);
  return keys.map((key) => withDestination(deps, key));
}

/** Throws `not_found`, alike for a key that is missing and for another workspace's. */
export async function findStoredKey(
  deps: Deps,
  workspace: WorkspaceId,
  id: string,
): Promise<ProviderKeyRecord> {
  const key = await deps.store.providerKeys.get(workspace, id as ProviderKeyId);
  if (key === undefined) throw providerKeyNotFound();
  return withDestination(deps, key);
}

export function providerKeyNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no provider key with this id.');
}

function withDestination({ providers }: Deps, key: ProviderKeyRecord): ProviderKeyRecord {
  const manifest = providers.get(key.provider);
  const destination = manifest === undefined ? undefined : destinationOf(key, manifest);
  return { ...key, destination: destination?.origin ?? '' };
}
