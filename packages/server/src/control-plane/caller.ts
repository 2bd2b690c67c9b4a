/** Who calls the management API: a key, a signed-in person, or, on public routes, anybody. */
import { ROLE_PERMISSIONS, type Permission, type Role } from '@arouter/contract';
import type { ApiKeyRecord, WorkspaceId } from '@arouter/core';
import type { Client, User } from '../people/user.ts';

export type SessionCaller = {
  readonly kind: 'session';
  readonly user: User;
  readonly sessionId: string;
  /** The workspace of the call and the role there; null where the person belongs to none. */
  readonly membership: { readonly workspaceId: WorkspaceId; readonly role: Role } | null;
};
export type Nobody = { readonly kind: 'nobody' };
export type Caller = ApiKeyRecord | SessionCaller | Nobody;

/** What a handler may know of the request itself, and how it sets cookies. */
export type Exchange = {
  readonly requestId: string;
  readonly client: Client;
  /** Of the socket. */
  readonly setCookies: (cookies: readonly string[]) => void;
  /** Calls back when the caller has gone. */
  readonly onGone: (listener: () => void) => void;
};

/** For handlers of routes that only people may call. */
export function signedIn(caller: Caller): SessionCaller {
  if (caller.kind !== 'session') throw new Error('a route of people was called without a session');
  return caller;
}

export function isApiKey(caller: Caller): caller is ApiKeyRecord {
  return caller.kind !== 'session' && caller.kind !== 'nobody';
}

/** Of the person's role in the workspace of the call; keys are judged by their kind instead. */
export function mayPerson(caller: Caller, permission: Permission): boolean {
  return (
    caller.kind === 'session' &&
    caller.membership !== null &&
    ROLE_PERMISSIONS[caller.membership.role].includes(permission)
  );
}

/** Of the instance: by key, or as a person. */
export function mayOperate(caller: Caller): boolean {
  return caller.kind === 'operator' || (caller.kind === 'session' && caller.user.isOperator);
}

/** For the log: an identity, no name. */
export function callerIdOf(caller: Caller): { readonly apiKeyId?: string; readonly userId?: string } {
  if (caller.kind === 'session') return { userId: caller.user.id };
  return isApiKey(caller) ? { apiKeyId: caller.id } : {};
}
