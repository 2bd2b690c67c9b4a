/** Signing in and out, and the sessions of a person. */
import { ROLE_PERMISSIONS, type Permission, type RouteAnswer } from '@arouter/contract';
import { GatewayError, instant, type WorkspaceId } from '@arouter/core';
import type { SignedIn, User } from '../people/user.ts';
import type { IdentityRow } from '../store/people-ports.ts';
import { notSignedIn, workspaceNotFound } from './authorize.ts';
import { signedIn } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, type Call, type Handlers } from './handler.ts';
import { shownWorkspace } from './workspaces.ts';

type Deps = Pick<ControlPlaneDeps, 'people' | 'store' | 'firstRun' | 'clock' | 'sso'>;
type Session = RouteAnswer<'getSession'>['data'];

export function sessionHandlers(
  deps: Deps,
): Handlers<
  | 'getSession'
  | 'signIn'
  | 'completeTwoFactor'
  | 'signOut'
  | 'switchWorkspace'
  | 'listSessions'
  | 'revokeSession'
  | 'revokeOtherSessions'
> {
  const { people, store } = deps;
  return {
    getSession: (call) => describeSession(deps, call),
    signIn: async ({ body, exchange }) => {
      refusePasswords(deps);
      const { value, cookies } = await people.signIn(exchange.client, body);
      exchange.setCookies(cookies);
      return { data: { state: value.secondFactor ? 'two_factor_required' : 'signed_in' } };
    },
    completeTwoFactor: async ({ body, exchange }) => {
      if (!people.awaitsSecondFactor(exchange.client)) throw notSignedIn();
      const { cookies } = await people.completeSignIn(exchange.client, body.code);
      exchange.setCookies(cookies);
      return { data: { state: 'signed_in' } };
    },
    signOut: async ({ exchange }) => {
      exchange.setCookies((await people.signOut(exchange.client)).cookies);
      return { data: { deleted: true } };
    },
    switchWorkspace: async ({ body, caller }) => {
      const { user, sessionId } = signedIn(caller);
      const wanted = body.workspace_id as WorkspaceId;
      if ((await store.members.roleOf(wanted, user.id)) === undefined) throw workspaceNotFound();
      await people.activate(sessionId, wanted);
      return { data: { workspace_id: wanted } };
    },
    listSessions: async ({ caller }) => {
      const { user, sessionId } = signedIn(caller);
      const rows = await people.sessionsOf(user.id);
      return { data: rows.map((row) => shownSession(row, sessionId)) };
    },
    revokeSession: async ({ params, caller }) => {
      if (!(await people.endSession(signedIn(caller).user.id, params.id))) {
        throw new GatewayError('not_found', 'You have no session with this id.');
      }
      return { data: { deleted: true } };
    },
    revokeOtherSessions: async ({ caller }) => {
      const { user, sessionId } = signedIn(caller);
      return { data: { revoked: await people.endOtherSessions(user.id, sessionId) } };
    },
  };
}

async function describeSession(deps: Deps, { exchange }: Call<'getSession'>) {
  const session = await deps.people.session(exchange.client);
  if (session !== null) {
    exchange.setCookies(session.cookies);
    return { data: await signedInSession(deps, session) };
  }
  const awaits = deps.people.awaitsSecondFactor(exchange.client);
  return {
    data: {
      ...surroundings(deps),
      first_run: await deps.firstRun.isOpen(),
      state: awaits ? ('two_factor_required' as const) : ('signed_out' as const),
      user: null,
      workspace: null,
      workspaces: [],
      permissions: [],
    },
  };
}

async function signedInSession(deps: Deps, { user, activeWorkspaceId }: SignedIn): Promise<Session> {
  const memberships = await deps.store.members.workspacesOf(user.id);
  const workspaces = memberships.map(({ workspace, role }) => ({ ...shownWorkspace(workspace), role }));
  const active = workspaces.find(({ id }) => id === activeWorkspaceId) ?? workspaces[0] ?? null;
  const permissions: Permission[] = [
    'account',
    ...(user.isOperator ? (['operator'] as const) : []),
    ...(active === null ? [] : ROLE_PERMISSIONS[active.role]),
  ];
  return {
    ...surroundings(deps),
    first_run: false,
    state: 'signed_in',
    user: shownUser(user),
    workspace: active,
    workspaces,
    permissions,
  };
}

function surroundings({ sso }: Pick<Deps, 'sso'>) {
  return { sso: sso === null ? null : { label: sso.label }, password_sign_in: sso?.isOnly !== true };
}

/** Where single sign-on is the only way, a password opens nothing. */
export function refusePasswords({ sso }: Pick<Deps, 'sso'>): void {
  if (sso?.isOnly !== true) return;
  throw new GatewayError('permission_denied', `Passwords are not taken here: sign in with ${sso.label}.`);
}

export function shownUser({ id, name, email, isOperator, twoFactorEnabled }: User) {
  return { id, name, email, is_operator: isOperator, two_factor_enabled: twoFactorEnabled };
}

function shownSession(row: IdentityRow, currentId: string) {
  const textOrNull = (value: IdentityRow[string] | undefined): string | null =>
    value === null || value === undefined || value === '' ? null : String(value);
  const time = (column: string): string => shownTime(instant(Number(row[column])));
  return {
    id: String(row['id']),
    created_at: time('created_at'),
    last_seen_at: time('updated_at'),
    expires_at: time('expires_at'),
    ip: textOrNull(row['ip_address']),
    user_agent: textOrNull(row['user_agent']),
    current: row['id'] === currentId,
  };
}
