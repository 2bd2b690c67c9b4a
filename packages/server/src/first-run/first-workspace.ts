/** What a new instance begins with: one workspace, and one key of each kind, shown once. */
import { randomBytes } from 'node:crypto';
import type { ApiKeyKind, ApiKeyRecord, Clock, WorkspaceId } from '@arouter/core';
import type { IssuedApiKey } from '../control-plane/deps.ts';
import type { Store } from '../store/store.ts';

export type FirstKeys = {
  readonly workspaceId: WorkspaceId;
  readonly managementKey: string;
  readonly operatorKey: string;
  readonly apiKey: string;
};
export type FirstWorkspaceDeps = {
  readonly store: Pick<Store, 'workspaces' | 'apiKeys'>;
  readonly ensureWorkspace: (workspace: WorkspaceId) => Promise<void>;
  readonly issueApiKey: (kind: ApiKeyKind) => IssuedApiKey;
  readonly clock: Clock;
};

/**
 * True while nobody holds a key that manages: also after a first run that was cut short between its workspace and its
 * keys, which would otherwise lock everyone out.
 */
export async function isFirstRun(store: Pick<Store, 'loadConfig'>): Promise<boolean> {
  const { apiKeys } = await store.loadConfig();
  return apiKeys.every(({ kind }) => kind === 'inference');
}

/** Uses the first workspace when there is one; else makes it, unmetered until the operator turns metering on. */
export async function createFirstKeys(deps: FirstWorkspaceDeps, workspaceName: string): Promise<FirstKeys> {
  const [existing] = await deps.store.workspaces.list();
  const workspaceId = existing?.id ?? (`ws_${randomBytes(9).toString('hex')}` as WorkspaceId);
  if (existing === undefined) {
    await deps.ensureWorkspace(workspaceId);
    await deps.store.workspaces.create({
      id: workspaceId,
      name: workspaceName,
      unmetered: true,
      createdAt: deps.clock.now(),
    });
  }
  return {
    workspaceId,
    managementKey: await issue(deps, workspaceId, 'management'),
    operatorKey: await issue(deps, workspaceId, 'operator'),
    apiKey: await issue(deps, workspaceId, 'inference'),
  };
}

const NAMES: Readonly<Record<ApiKeyKind, string>> = {
  inference: 'First API key',
  management: 'First management key',
  operator: 'First operator key',
};

async function issue(deps: FirstWorkspaceDeps, workspaceId: WorkspaceId, kind: ApiKeyKind): Promise<string> {
  const { token, id, hash, hint, mac } = deps.issueApiKey(kind);
  const record: ApiKeyRecord = {
    id,
    hash,
    workspaceId,
    kind,
    name: NAMES[kind],
    hint,
    disabled: false,
    expiresAt: null,
    limitNano: null,
    limitReset: null,
    includeByokInLimit: false,
    allowedProviders: null,
    allowedModels: null,
    rpmLimit: null,
    createdAt: deps.clock.now(),
    updatedAt: null,
    mac,
  };
  await deps.store.apiKeys.create(record);
  return token;
}
