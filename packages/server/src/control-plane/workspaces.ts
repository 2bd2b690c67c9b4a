/** Workspaces: made and metered by the operator; a management key sees its own. */
import { PLATFORM_WORKSPACE, type WorkspaceId, type WorkspaceRecord } from '@arouter/core';
import { workspaceNotFound } from './authorize.ts';
import type { Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, type Handlers } from './handler.ts';

const ID_BYTES = 12;

type Deps = Pick<ControlPlaneDeps, 'store' | 'vault' | 'refreshSnapshot' | 'clock' | 'random'>;

export function workspaceHandlers(
  deps: Deps,
): Handlers<'listWorkspaces' | 'createWorkspace' | 'updateWorkspace'> {
  const { workspaces } = deps.store;
  return {
    listWorkspaces: async ({ caller }) => {
      const visible = await visibleTo(deps, caller);
      return { data: visible.map(shownWorkspace), total_count: visible.length };
    },
    createWorkspace: async ({ body, caller }) => {
      const record: WorkspaceRecord = {
        id: `ws_${deps.random.hex(ID_BYTES)}` as WorkspaceId,
        name: body.name,
        unmetered: body.unmetered ?? false,
        bodiesKeptSince: null,
        createdAt: deps.clock.now(),
      };
      await workspaces.create(record);
      await deps.vault.ensureWorkspace(record.id);
      if (caller.kind === 'session') {
        const membership = { workspaceId: record.id, userId: caller.user.id, joinedAt: record.createdAt };
        await deps.store.members.add({ ...membership, role: 'owner' });
      }
      await deps.refreshSnapshot();
      return { data: shownWorkspace(record) };
    },
    updateWorkspace: async ({ params, body }) => {
      const id = params.id as WorkspaceId;
      const updated =
        id === PLATFORM_WORKSPACE
          ? undefined
          : await workspaces.update(id, {
              ...(body.name === undefined ? {} : { name: body.name }),
              ...(body.unmetered === undefined ? {} : { unmetered: body.unmetered }),
            });
      if (updated === undefined) throw workspaceNotFound();
      await deps.refreshSnapshot();
      return { data: shownWorkspace(updated) };
    },
  };
}

async function visibleTo(deps: Deps, caller: Caller): Promise<readonly WorkspaceRecord[]> {
  if (caller.kind === 'nobody') return [];
  if (caller.kind === 'session' && !caller.user.isOperator) {
    return (await deps.store.members.workspacesOf(caller.user.id)).map(({ workspace }) => workspace);
  }
  const all = (await deps.store.workspaces.list()).filter(({ id }) => id !== PLATFORM_WORKSPACE);
  if (caller.kind === 'session' || caller.kind === 'operator') return all;
  return all.filter(({ id }) => id === caller.workspaceId);
}

export function shownWorkspace({ id, name, unmetered, createdAt }: WorkspaceRecord) {
  return { id, name, unmetered, created_at: shownTime(createdAt) };
}
