/**
 * The API key that stands for one person's playground in one workspace. It is an ordinary key: listed, limited and disabled
 * as all are, and its requests go the way of all. Nobody has ever seen its secret, so only a session can use it.
 */
import { createHash } from 'node:crypto';
import type { ApiKeyId, ApiKeyRecord, WorkspaceId } from '@arouter/core';
import type { SessionCaller } from '../control-plane/caller.ts';
import type { ControlPlaneDeps } from '../control-plane/deps.ts';
import { base62OfBytes } from '../auth/base62.ts';
import type { AuditEntry } from '../store/audit-ports.ts';

export type PlaygroundKeys = {
  /** Makes the key at the first use, and again where somebody deleted it; throws where the store cannot be written. */
  idFor(caller: SessionCaller, workspace: WorkspaceId, asked: Asked): Promise<ApiKeyId>;
};
type Asked = { readonly requestId: string; readonly address: string };

type Deps = Pick<
  ControlPlaneDeps,
  'store' | 'snapshot' | 'refreshSnapshot' | 'issueApiKey' | 'audit' | 'clock'
>;

const ID_CHARACTERS = 12;
const NAME_CHARACTERS_MAX = 200;

export function createPlaygroundKeys(deps: Deps): PlaygroundKeys {
  // Two requests at once make one key. An entry lives as long as its making.
  const making = new Map<ApiKeyId, Promise<void>>();
  return {
    async idFor(caller, workspace, asked) {
      const id = playgroundKeyId(workspace, caller.user.id);
      if (deps.snapshot().apiKey(id) !== undefined) return id;
      const made =
        making.get(id) ??
        make(deps, { id, caller, workspace, asked }).finally(() => {
          making.delete(id);
        });
      making.set(id, made);
      await made;
      return id;
    },
  };
}

/** The same person in the same workspace is always the same key: what was spent against its limit stays spent. */
export function playgroundKeyId(workspace: WorkspaceId, userId: string): ApiKeyId {
  const digest = createHash('sha256').update(`playground/v1\n${workspace}\n${userId}`).digest();
  return base62OfBytes(digest, ID_CHARACTERS) as ApiKeyId;
}

type Making = {
  readonly id: ApiKeyId;
  readonly caller: SessionCaller;
  readonly workspace: WorkspaceId;
  readonly asked: Asked;
};

async function make(deps: Deps, { id, caller, workspace, asked }: Making): Promise<void> {
  // The token is dropped here: what is stored can prove it, and nobody can say it.
  const { hash, hint, mac } = deps.issueApiKey('inference', id);
  const now = deps.clock.now();
  const record: ApiKeyRecord = {
    id,
    hash,
    hint,
    mac,
    workspaceId: workspace,
    kind: 'inference',
    name: `Playground of ${caller.user.name.slice(0, NAME_CHARACTERS_MAX)}`,
    disabled: false,
    expiresAt: null,
    limitNano: null,
    limitReset: null,
    includeByokInLimit: false,
    allowedProviders: null,
    allowedModels: null,
    rpmLimit: null,
    createdAt: now,
    createdBy: caller.user.id,
    updatedAt: null,
  };
  if ((await deps.store.apiKeys.getByHash(workspace, hash)) === undefined) {
    const entry: AuditEntry = {
      at: now,
      workspaceId: workspace,
      actor: { type: 'user', id: caller.user.id, name: caller.user.name },
      action: 'api_key.create',
      target: { type: 'api_key', id: hash, name: record.name },
      changes: [{ field: 'name', before: null, after: record.name }],
      ip: asked.address === '' ? null : asked.address,
      requestId: asked.requestId,
    };
    await deps.audit.recordChange(
      entry,
      () => deps.store.apiKeys.create(record),
      () => entry,
    );
  }
  await deps.refreshSnapshot();
}
