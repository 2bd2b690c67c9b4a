/**
 * Who is what in which workspace. The rule that a workspace keeps an owner is part of each statement, so that two
 * changes at the same moment cannot break it between them.
 */
import type { Role } from '@arouter/contract';
import { sql } from 'kysely';
import { branded, fromFlag } from './columns.ts';
import { rawQuery, sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { InvitationRecord, InvitationStore, MemberStore, UserId } from './people-ports.ts';
import type { Tables } from './tables.ts';
import { fromWorkspaceRow } from './workspace-store.ts';

export function createMemberStore(executor: SqlExecutor): MemberStore {
  const roleOf: MemberStore['roleOf'] = async (workspace, user) => {
    const [row] = await executor.read(
      queries
        .selectFrom('members')
        .select('role')
        .where('workspace_id', '=', workspace)
        .where('user_id', '=', user),
    );
    return row?.role as Role | undefined;
  };
  /** What came of a guarded statement that touched nothing. */
  const refusal = async (...of: Parameters<MemberStore['roleOf']>) =>
    (await roleOf(...of)) === undefined ? ('missing' as const) : ('last_owner' as const);
  return {
    roleOf,
    async add({ workspaceId, userId, role, joinedAt }) {
      await executor.write(
        queries
          .insertInto('members')
          .values({ workspace_id: workspaceId, user_id: userId, role, joined_at: joinedAt })
          .onConflict((conflict) => conflict.doNothing()),
      );
    },
    async list(workspace) {
      return (await executor.read(selectMembers(workspace))).map(fromMemberRow);
    },
    workspacesOf: (user) => workspacesOf(executor, user),
    async changeRole(workspace, user, role) {
      const [result] = await executor.write(
        rawQuery(sql`UPDATE members SET role = ${role} WHERE workspace_id = ${workspace} AND user_id = ${user}
          AND (role <> 'owner' OR ${role} = 'owner' OR ${anotherOwner(workspace, user)})`),
      );
      return (result?.changes ?? 0) > 0 ? 'done' : refusal(workspace, user);
    },
    async remove(workspace, user) {
      const [result] = await executor.write(
        rawQuery(sql`DELETE FROM members WHERE workspace_id = ${workspace} AND user_id = ${user}
          AND (role <> 'owner' OR ${anotherOwner(workspace, user)})`),
        rawQuery(sql`UPDATE sessions SET active_workspace_id = NULL
          WHERE user_id = ${user} AND active_workspace_id = ${workspace}
          AND NOT EXISTS (SELECT 1 FROM members WHERE workspace_id = ${workspace} AND user_id = ${user})`),
      );
      return (result?.changes ?? 0) > 0 ? 'done' : refusal(workspace, user);
    },
    async usersExist() {
      return (await executor.read(queries.selectFrom('users').select('id').limit(1))).length > 0;
    },
  };
}

async function workspacesOf(executor: SqlExecutor, user: UserId) {
  const rows = await executor.read(
    queries
      .selectFrom('members')
      .innerJoin('workspaces', 'workspaces.id', 'members.workspace_id')
      .selectAll('workspaces')
      .select('members.role')
      .where('members.user_id', '=', user)
      .orderBy('members.joined_at')
      .orderBy('workspaces.id'),
  );
  return rows.map((row) => ({ workspace: fromWorkspaceRow(row), role: row.role as Role }));
}

function anotherOwner(workspace: string, user: string) {
  return sql`EXISTS (SELECT 1 FROM members AS other
    WHERE other.workspace_id = ${workspace} AND other.role = 'owner' AND other.user_id <> ${user})`;
}

function selectMembers(workspace: string) {
  return queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['members.user_id', 'members.role', 'members.joined_at'])
    .select(['users.name', 'users.email', 'users.two_factor_enabled'])
    .select((query) =>
      query
        .selectFrom('sessions')
        .select(({ fn }) => fn.max('sessions.updated_at').as('at'))
        .whereRef('sessions.user_id', '=', 'users.id')
        .as('last_seen_at'),
    )
    .where('members.workspace_id', '=', workspace)
    .orderBy('members.joined_at')
    .orderBy('members.user_id');
}

type MemberRow = Awaited<ReturnType<ReturnType<typeof selectMembers>['executeTakeFirstOrThrow']>>;

function fromMemberRow(row: MemberRow) {
  return {
    userId: branded<UserId>(row.user_id),
    name: row.name,
    email: row.email,
    role: row.role as Role,
    twoFactorEnabled: fromFlag(row.two_factor_enabled),
    joinedAt: branded<never>(row.joined_at),
    lastSeenAt: row.last_seen_at === null ? null : branded<never>(row.last_seen_at),
  };
}

export function createInvitationStore(executor: SqlExecutor): InvitationStore {
  return {
    async create({ id, workspaceId, email, role, digest, invitedBy, createdAt, expiresAt }) {
      const columns = { id, workspace_id: workspaceId, email, role, digest, invited_by: invitedBy };
      await executor.write(
        queries
          .insertInto('invitations')
          .values({ ...columns, created_at: createdAt, expires_at: expiresAt }),
      );
    },
    async list(workspace) {
      const rows = await executor.read(
        queries
          .selectFrom('invitations')
          .selectAll()
          .where('workspace_id', '=', workspace)
          .orderBy('created_at', 'desc')
          .orderBy('id'),
      );
      return rows.map(fromInvitationRow);
    },
    async find(digest, at) {
      const [row] = await executor.read(
        queries
          .selectFrom('invitations')
          .selectAll()
          .where('digest', '=', digest)
          .where('expires_at', '>', at),
      );
      return row && fromInvitationRow(row);
    },
    async revoke(workspace, id) {
      const [result] = await executor.write(
        queries.deleteFrom('invitations').where('workspace_id', '=', workspace).where('id', '=', id),
      );
      return (result?.changes ?? 0) > 0;
    },
    async accept(digest, user, at) {
      // Both or none: of two who come with one link, the second finds no row.
      const [, consumed] = await executor.write(
        rawQuery(sql`INSERT INTO members (workspace_id, user_id, role, joined_at)
          SELECT workspace_id, ${user}, role, ${at} FROM invitations
          WHERE digest = ${digest} AND expires_at > ${at} ON CONFLICT DO NOTHING`),
        rawQuery(sql`DELETE FROM invitations WHERE digest = ${digest} AND expires_at > ${at} RETURNING *`),
      );
      const row = consumed?.rows[0];
      return row === undefined ? undefined : fromInvitationRow(row as Tables['invitations']);
    },
  };
}

function fromInvitationRow(row: Tables['invitations']): InvitationRecord {
  return {
    id: row.id,
    workspaceId: branded(row.workspace_id),
    email: row.email,
    role: row.role as Role,
    digest: row.digest,
    invitedBy: row.invited_by === null ? null : branded(row.invited_by),
    createdAt: branded(row.created_at),
    expiresAt: branded(row.expires_at),
  };
}
