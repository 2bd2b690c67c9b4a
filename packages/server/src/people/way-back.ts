/**
 * A way back for who cannot prove any more who they are: whoever holds the data folder gives it, by `arouter person`. Sessions end,
 * for whoever needed this may not be the only one who had the old proof.
 */
import { randomBytes } from 'node:crypto';
import { laterBy, type Clock } from '@arouter/core';
import type { IdentityStore, UserId } from '../store/people-ports.ts';
import { createPasswordHasher } from './password-hash.ts';

const PASSWORD_BYTES = 18;
const SSO_LINK_MS = 3_600_000;

const of = (column: string, userId: UserId) =>
  ({ column, operator: 'eq', value: userId, connector: 'AND' }) as const;

/** Returns the new password, which is stored nowhere else. The second factor is off afterwards. */
export async function giveNewPassword(
  identity: IdentityStore,
  clock: Clock,
  userId: UserId,
): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const stored = await createPasswordHasher().hash(password);
  const now = clock.now();
  const credential = [of('user_id', userId), { ...of('provider_id', userId), value: 'credential' }];
  const changed = await identity.update('accounts', credential, {
    set: { password: stored, updated_at: now },
  });
  if (changed.length === 0)
    await identity.insert('accounts', {
      id: `acc_${randomBytes(12).toString('hex')}`,
      user_id: userId,
      provider_id: 'credential',
      account_id: userId,
      password: stored,
      created_at: now,
      updated_at: now,
    });
  await identity.remove('two_factors', [of('user_id', userId)]);
  await identity.update('users', [of('id', userId)], { set: { two_factor_enabled: 0, updated_at: now } });
  await identity.remove('sessions', [of('user_id', userId)]);
  return password;
}

/** For an hour, who comes from the identity provider with the person's checked e-mail is this person. Replaces any earlier one. */
export async function allowSsoLink(identity: IdentityStore, clock: Clock, userId: UserId): Promise<void> {
  const now = clock.now();
  await identity.remove('verifications', linkOf(userId));
  await identity.insert('verifications', {
    id: `ver_${randomBytes(12).toString('hex')}`,
    identifier: identifierOf(userId),
    value: userId,
    expires_at: laterBy(now, SSO_LINK_MS),
    created_at: now,
    updated_at: now,
  });
}

/** True once, in time. */
export async function consumeSsoLink(
  identity: IdentityStore,
  clock: Pick<Clock, 'now'>,
  userId: UserId,
): Promise<boolean> {
  const [link] = await identity.consume('verifications', linkOf(userId));
  return link !== undefined && Number(link['expires_at']) > clock.now();
}

function linkOf(userId: UserId) {
  return [{ ...of('identifier', userId), value: identifierOf(userId) }];
}

function identifierOf(userId: UserId): string {
  return `single sign-on of ${userId}`;
}
