/** The part of the Store port that is about people: who they are, what they are in which workspace, who is invited. */
import type { Role } from '@arouter/contract';
import type { Instant, WorkspaceId, WorkspaceRecord } from '@arouter/core';

/** A person who signs in; not to be mistaken for an API key's id. */
export type UserId = string & { readonly __user: unique symbol };

/** Rows of people as the authentication library asks for them: which, is the library's business. */
export type IdentityTable = 'users' | 'sessions' | 'accounts' | 'verifications' | 'two_factors';
export type IdentityValue = string | number | null;
export type IdentityRow = Readonly<Record<string, IdentityValue>>;
export type IdentityCondition = {
  readonly column: string;
  readonly operator: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'not_in';
  readonly value: IdentityValue | readonly IdentityValue[];
  readonly connector: 'AND' | 'OR';
};
export interface IdentityStore {
  insert(table: IdentityTable, row: IdentityRow): Promise<IdentityRow>;
  find(
    table: IdentityTable,
    where: readonly IdentityCondition[],
    page?: {
      readonly limit?: number;
      readonly offset?: number;
      readonly sort?: { readonly column: string; readonly direction: 'asc' | 'desc' };
    },
  ): Promise<readonly IdentityRow[]>;
  /** The rows as they are afterwards. */
  update(
    table: IdentityTable,
    where: readonly IdentityCondition[],
    change: { readonly set?: IdentityRow; readonly increment?: Readonly<Record<string, number>> },
  ): Promise<readonly IdentityRow[]>;
  /** The rows that were removed. */
  remove(table: IdentityTable, where: readonly IdentityCondition[]): Promise<readonly IdentityRow[]>;
  /** Removes at most one row: of two who ask at the same moment, one gets it. */
  consume(table: IdentityTable, where: readonly IdentityCondition[]): Promise<readonly IdentityRow[]>;
  count(table: IdentityTable, where: readonly IdentityCondition[]): Promise<number>;
}

export type MemberView = {
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly twoFactorEnabled: boolean;
  readonly joinedAt: Instant;
  readonly lastSeenAt: Instant | null;
};
export interface MemberStore {
  /** Does nothing for a member. */
  add(record: {
    readonly workspaceId: WorkspaceId;
    readonly userId: UserId;
    readonly role: Role;
    readonly joinedAt: Instant;
  }): Promise<void>;
  roleOf(workspace: WorkspaceId, user: UserId): Promise<Role | undefined>;
  /** In the order of joining. */
  list(workspace: WorkspaceId): Promise<readonly MemberView[]>;
  workspacesOf(
    user: UserId,
  ): Promise<readonly { readonly workspace: WorkspaceRecord; readonly role: Role }[]>;
  /** Refuses to leave a workspace without an owner, also when two change at the same moment. */
  changeRole(workspace: WorkspaceId, user: UserId, role: Role): Promise<'done' | 'last_owner' | 'missing'>;
  remove(workspace: WorkspaceId, user: UserId): Promise<'done' | 'last_owner' | 'missing'>;
  /** False while nobody can sign in. */
  usersExist(): Promise<boolean>;
}

export type InvitationRecord = {
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly email: string;
  readonly role: Role;
  /** SHA-256 of the token in the link. */
  readonly digest: string;
  readonly invitedBy: UserId | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
};
export interface InvitationStore {
  create(record: InvitationRecord): Promise<void>;
  /** Newest first, with those that have expired. */
  list(workspace: WorkspaceId): Promise<readonly InvitationRecord[]>;
  find(digest: string, at: Instant): Promise<InvitationRecord | undefined>;
  revoke(workspace: WorkspaceId, id: string): Promise<boolean>;
  /** Once: the person becomes a member and the invitation is gone. Undefined when it was gone or too old. */
  accept(digest: string, user: UserId, at: Instant): Promise<InvitationRecord | undefined>;
}
