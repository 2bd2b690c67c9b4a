/** What a new instance begins with: one workspace, and one key of each kind, shown once. */
import { randomBytes } from 'node:crypto';
import {
  PLATFORM_WORKSPACE,
  type ApiKeyKind,
  type ApiKeyRecord,
  type Clock,
  type WorkspaceId,
} from '@arouter/core';
import type { IssueApiKey } from '../control-plane/deps.ts';
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
  readonly issueApiKey: IssueApiKey;
  readonly clock: Clock;
};

/**
 * True while nobody manages, by key or by session: also after a first run that was cut short between its workspace and its
 * keys, which would otherwise lock everyone out.
 */
export async function isFirstRun(store: Pick<Store, 'loadConfig' | 'members'>): Promise<boolean> {
  if (await store.members.usersExist()) return false;
  const { apiKeys } = await store.loadConfig();
  return apiKeys.every(({ kind }) => kind === 'inference');
}

export async function createFirstKeys(deps: FirstWorkspaceDeps, workspaceName: string): Promise<FirstKeys> {
  const workspaceId = await firstWorkspace(deps, workspaceName);
  return {
    workspaceId,
    managementKey: await issue(deps, workspaceId, 'management'),
    operatorKey: await issue(deps, workspaceId, 'operator'),
    apiKey: await issue(deps, workspaceId, 'inference'),
  };
}

/** For the first person: they manage by their session, so one key to call models with is all they need. */
export async function createFirstApiKey(
  deps: FirstWorkspaceDeps,
  workspaceName: string,
): Promise<{ readonly id: WorkspaceId; readonly apiKey: string }> {
  const id = await firstWorkspace(deps, workspaceName);
  return { id, apiKey: await issue(deps, id, 'inference') };
}

/** The first workspace when there is one; else a new one, unmetered until the operator turns metering on. */
async function firstWorkspace(deps: FirstWorkspaceDeps, name: string): Promise<WorkspaceId> {
  const all = await deps.store.workspaces.list();
  const existing = all.find(({ id }) => id !== PLATFORM_WORKSPACE);
  if (existing !== undefined) return existing.id;
  const id = `ws_${randomBytes(9).toString('hex')}` as WorkspaceId;
  await deps.ensureWorkspace(id);
  await deps.store.workspaces.create({
    id,
    name,
    unmetered: true,
    bodiesKeptSince: null,
    createdAt: deps.clock.now(),
  });
  return id;
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
    createdBy: null,
    updatedAt: null,
    mac,
  };
  await deps.store.apiKeys.create(record);
  return token;
}
