/** Members of a workspace and their roles. Nobody gives, changes or takes a role above their own. */
import { mayGive, type Role } from '@arouter/contract';
import { GatewayError } from '@arouter/core';
import type { MemberView, UserId } from '../store/people-ports.ts';
import { workspaceNotFound } from './authorize.ts';
import { signedIn, type Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, shownTimeOrNull, type Call, type Handlers } from './handler.ts';
import { shownWorkspace } from './workspaces.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'refreshSnapshot'>;

export function memberHandlers(
  deps: Deps,
): Handlers<'listMembers' | 'changeMemberRole' | 'removeMember' | 'renameWorkspace'> {
  const { members, workspaces } = deps.store;
  return {
    listMembers: async ({ workspace, caller }) => {
      const all = await members.list(workspace);
      return { data: all.map((member) => shownMember(member, caller)), total_count: all.length };
    },
    changeMemberRole: async (call) => {
      const member = await findMember(deps, call);
      const { role } = call.body;
      for (const each of [member.role, role]) refuseAbove(call.caller, each);
      settle(await members.changeRole(call.workspace, member.userId, role));
      return { data: shownMember({ ...member, role }, call.caller) };
    },
    removeMember: async (call) => {
      const member = await findMember(deps, call);
      if (member.userId !== signedIn(call.caller).user.id) refuseAbove(call.caller, member.role);
      settle(await members.remove(call.workspace, member.userId));
      return { data: { deleted: true } };
    },
    renameWorkspace: async ({ workspace, body }) => {
      const renamed = await workspaces.update(workspace, body);
      if (renamed === undefined) throw workspaceNotFound();
      await deps.refreshSnapshot();
      return { data: shownWorkspace(renamed) };
    },
  };
}

async function findMember(
  { store }: Deps,
  { workspace, params }: Call<'changeMemberRole' | 'removeMember'>,
): Promise<MemberView> {
  const all = await store.members.list(workspace);
  const member = all.find(({ userId }) => userId === (params.user_id as UserId));
  if (member === undefined) throw memberNotFound();
  return member;
}

/** Throws `permission_denied` unless the caller's role is at least the one concerned, and manages members. */
export function refuseAbove(caller: Caller, role: Role): void {
  const own = signedIn(caller).membership?.role ?? 'viewer';
  if (mayGive(own, role)) return;
  throw new GatewayError(
    'permission_denied',
    `The role ${own} cannot give, change or take the role ${role}.`,
    {
      metadata: { permission: 'members.manage', role: own },
    },
  );
}

function settle(result: 'done' | 'last_owner' | 'missing'): void {
  if (result === 'missing') throw memberNotFound();
  if (result === 'last_owner') {
    throw new GatewayError(
      'last_owner',
      'This is the last owner of the workspace. Make somebody else an owner first.',
    );
  }
}

function memberNotFound(): GatewayError {
  return new GatewayError('not_found', 'Nobody with this id belongs to the workspace.');
}

function shownMember(member: MemberView, caller: Caller) {
  return {
    user_id: member.userId,
    name: member.name,
    email: member.email,
    role: member.role,
    two_factor_enabled: member.twoFactorEnabled,
    joined_at: shownTime(member.joinedAt),
    last_seen_at: shownTimeOrNull(member.lastSeenAt),
    is_self: caller.kind === 'session' && caller.user.id === member.userId,
  };
}
