/** Workspaces: made and metered by the operator; a management key sees its own. */
import { PLATFORM_WORKSPACE, type WorkspaceId, type WorkspaceRecord } from '@arouter/core';
import { workspaceNotFound } from './authorize.ts';
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
      const all = await workspaces.list();
      const visible = all.filter(
        ({ id }) => id !== PLATFORM_WORKSPACE && (caller.kind === 'operator' || id === caller.workspaceId),
      );
      return { data: visible.map(shownWorkspace), total_count: visible.length };
    },
    createWorkspace: async ({ body }) => {
      const record: WorkspaceRecord = {
        id: `ws_${deps.random.hex(ID_BYTES)}` as WorkspaceId,
        name: body.name,
        unmetered: body.unmetered ?? false,
        createdAt: deps.clock.now(),
      };
      await workspaces.create(record);
      await deps.vault.ensureWorkspace(record.id);
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

function shownWorkspace({ id, name, unmetered, createdAt }: WorkspaceRecord) {
  return { id, name, unmetered, created_at: shownTime(createdAt) };
}
