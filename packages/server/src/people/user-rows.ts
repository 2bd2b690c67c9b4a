/** What is asked and changed about people without a proof of theirs, and therefore without the library. */
import { randomBytes } from 'node:crypto';
import type { Clock, WorkspaceId } from '@arouter/core';
import type { IdentityRow, IdentityStore, UserId } from '../store/people-ports.ts';
import { SESSION_AGE_MS_MAX } from './session-limits.ts';
import type { User } from './user.ts';
import { consumeSsoLink } from './way-back.ts';

export function createUserRows(identity: IdentityStore, clock: Clock) {
  const where = (column: string, value: string) =>
    ({ column, operator: 'eq', value, connector: 'AND' }) as const;
  return {
    async findByEmail(email: string): Promise<User | null> {
      const [row] = await identity.find('users', [where('email', email.toLowerCase())]);
      return row === undefined ? null : fromUserRow(row);
    },
    /** By what the identity provider calls the person; never by e-mail, which it may not have checked. */
    async findByAccount(providerId: string, accountId: string): Promise<User | null> {
      const [account] = await identity.find('accounts', [
        where('provider_id', providerId),
        where('account_id', accountId),
      ]);
      if (account === undefined) return null;
      const [row] = await identity.find('users', [where('id', String(account['user_id']))]);
      return row === undefined ? null : fromUserRow(row);
    },
    linkAccount: createAccountLinks(identity, clock),
    consumeSsoLink: (userId: UserId): Promise<boolean> => consumeSsoLink(identity, clock, userId),
    async rename(userId: UserId, name: string): Promise<User | null> {
      const [row] = await identity.update('users', [where('id', userId)], {
        set: { name, updated_at: clock.now() },
      });
      return row === undefined ? null : fromUserRow(row);
    },
    /** With their proofs and sessions; for who belongs to no workspace. */
    async remove(userId: UserId): Promise<void> {
      await identity.remove('sessions', [where('user_id', userId)]);
      await identity.remove('accounts', [where('user_id', userId)]);
      await identity.remove('users', [where('id', userId)]);
    },
    async sessionsOf(userId: UserId): Promise<readonly IdentityRow[]> {
      const rows = await identity.find('sessions', [where('user_id', userId)], {
        sort: { column: 'created_at', direction: 'desc' },
      });
      return rows.filter(
        ({ created_at: createdAt, expires_at: expiresAt }) =>
          Number(expiresAt) > clock.now() && Number(createdAt) + SESSION_AGE_MS_MAX > clock.now(),
      );
    },
    async endSession(userId: UserId, sessionId: string): Promise<boolean> {
      const ended = await identity.remove('sessions', [where('user_id', userId), where('id', sessionId)]);
      return ended.length > 0;
    },
    endOtherSessions: async (userId: UserId, keptId: string): Promise<number> =>
      (
        await identity.remove('sessions', [
          where('user_id', userId),
          { ...where('id', keptId), operator: 'ne' },
        ])
      ).length,
    async activate(sessionId: string, workspace: WorkspaceId): Promise<void> {
      await identity.update('sessions', [where('id', sessionId)], {
        set: { active_workspace_id: workspace },
      });
    },
  };
}

function fromUserRow(row: IdentityRow): User {
  return {
    id: String(row['id']) as UserId,
    name: String(row['name']),
    email: String(row['email']),
    isOperator: row['is_operator'] === 1,
    twoFactorEnabled: row['two_factor_enabled'] === 1,
  };
}

/** From now on the issuer's word is the person's proof. */
function createAccountLinks(identity: IdentityStore, clock: Clock) {
  return async (userId: UserId, providerId: string, accountId: string): Promise<void> => {
    const now = clock.now();
    await identity.insert('accounts', {
      id: `acc_${randomBytes(12).toString('hex')}`,
      user_id: userId,
      provider_id: providerId,
      account_id: accountId,
      created_at: now,
      updated_at: now,
    });
  };
}
