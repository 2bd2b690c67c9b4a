/** A person, and a request of theirs. */
import type { WorkspaceId } from '@arouter/core';
import type { UserId } from '../store/people-ports.ts';

export type User = {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
  readonly isOperator: boolean;
  readonly twoFactorEnabled: boolean;
};
export type SignedIn = {
  readonly user: User;
  readonly sessionId: string;
  readonly activeWorkspaceId: WorkspaceId | null;
  /** To be set: a session that is used lives on. */
  readonly cookies: readonly string[];
};
/** What the library needs to know of a request. */
export type Client = {
  readonly cookie: string;
  readonly userAgent: string;
  /** Of the socket: what a proxy says of its clients is not believed. */
  readonly address: string;
};
export type Done<Value> = { readonly value: Value; readonly cookies: readonly string[] };
