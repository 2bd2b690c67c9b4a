/** Who calls, whether their kind of key or their role may, and whose data they may touch: for every route, here. */
import { isPublic, ROLE_PERMISSIONS, type Route } from '@arouter/contract';
import {
  authenticate,
  GatewayError,
  PLATFORM_WORKSPACE,
  type ApiKeyKind,
  type ApiKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import type { SignedIn } from '../people/user.ts';
import type { Caller, Exchange, SessionCaller } from './caller.ts';
import { checkOrigin, type OriginHeaders } from './check-origin.ts';
import type { ControlPlaneDeps } from './deps.ts';

const ALL_KINDS: readonly ApiKeyKind[] = ['inference', 'management', 'operator'];
const KIND_WORDS: Readonly<Record<ApiKeyKind, string>> = {
  inference: 'an inference key (lr_live_…)',
  management: 'a management key (lr_mgmt_…)',
  operator: 'an operator key',
};

export type Asked = {
  readonly route: Route;
  readonly rawHeaders: readonly string[];
  readonly origin: OriginHeaders;
  /** As it came; only the name of a workspace is read from it. */
  readonly query: unknown;
  readonly exchange: Exchange;
};
type Deps = Pick<ControlPlaneDeps, 'keyVerifier' | 'snapshot' | 'clock' | 'people' | 'store' | 'origins'>;

/** Throws 400, 401, 403 or 404. Decided on the matched route, before the body is read. */
export async function authorizeCaller(deps: Deps, asked: Asked): Promise<Caller> {
  const { route, rawHeaders, origin, exchange } = asked;
  if (isPublic(route)) {
    checkOrigin(origin, deps.origins());
    return { kind: 'nobody' };
  }
  const token = readToken(rawHeaders);
  if (token === undefined) {
    const session = await deps.people.session(exchange.client);
    if (session !== null) {
      checkOrigin(origin, deps.origins());
      exchange.setCookies(session.cookies);
      return authorizePerson(deps, asked, session);
    }
    if (route.kinds.length === 0 || origin.fetchSite !== undefined) throw notSignedIn();
  }
  return authorizeKey(deps, route, token);
}

/**
 * Whether what was asked would be allowed again now, of the same workspace: for answers that go on after the request. Throws where the
 * store cannot say.
 */
export async function isStillAllowed(deps: Deps, asked: Asked, workspace: WorkspaceId): Promise<boolean> {
  const exchange = { ...asked.exchange, setCookies: () => undefined };
  try {
    const caller = await authorizeCaller(deps, { ...asked, exchange });
    return (await resolveWorkspace(deps, asked.route, caller, asked.query)) === workspace;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

function authorizeKey(deps: Deps, route: Route, token: string | undefined): ApiKeyRecord {
  const caller = authenticate(
    { keyVerifier: deps.keyVerifier, config: deps.snapshot, clock: deps.clock },
    token,
    ALL_KINDS,
  );
  if (route.kinds.includes(caller.kind)) return caller;
  const needed =
    route.kinds.length === 0
      ? 'a signed-in person'
      : route.kinds.map((kind) => KIND_WORDS[kind]).join(' or ');
  throw new GatewayError(
    'wrong_key_kind',
    `${route.method} ${route.path} needs ${needed}; the key that was sent is ${KIND_WORDS[caller.kind]}.`,
    { metadata: { needed: route.kinds, sent: caller.kind } },
  );
}

async function authorizePerson(
  deps: Deps,
  { route, query }: Asked,
  { user, sessionId, activeWorkspaceId }: SignedIn,
): Promise<SessionCaller> {
  const wanted = (query as { readonly workspace_id?: unknown } | undefined)?.workspace_id;
  const workspaces = await deps.store.members.workspacesOf(user.id);
  const named = typeof wanted === 'string' ? wanted : activeWorkspaceId;
  const found =
    workspaces.find(({ workspace }) => workspace.id === named) ??
    (typeof wanted === 'string' ? undefined : workspaces[0]);
  const membership = found === undefined ? null : { workspaceId: found.workspace.id, role: found.role };
  const caller: SessionCaller = { kind: 'session', user, sessionId, membership };
  if (route.permission === null) {
    throw new GatewayError('permission_denied', `${route.method} ${route.path} is for API keys only.`);
  }
  if (route.permission === 'account') return caller;
  if (route.permission === 'operator') {
    if (user.isOperator) return caller;
    throw denied(route, 'This is for the people who operate this gateway.', null);
  }
  if (membership === null) throw workspaceNotFound();
  if (ROLE_PERMISSIONS[membership.role].includes(route.permission)) return caller;
  throw denied(route, `The role ${membership.role} does not allow it.`, membership.role);
}

function denied(route: Route, why: string, role: string | null): GatewayError {
  return new GatewayError(
    'permission_denied',
    `${why} ${route.method} ${route.path} needs the permission ${route.permission}; ask an owner of the workspace.`,
    { metadata: { permission: route.permission, role } },
  );
}

export function notSignedIn(): GatewayError {
  return new GatewayError('not_signed_in', 'Sign in first; a session ends after 12 hours without use.');
}

/**
 * The workspace of a call. An operator must name it: nothing of a tenant is touched by accident. Another tenant's
 * workspace and one that does not exist are answered alike.
 */
export async function resolveWorkspace(
  deps: Pick<ControlPlaneDeps, 'store'>,
  route: Route,
  caller: Caller,
  query: unknown,
): Promise<WorkspaceId> {
  if (route.scope === 'instance' || caller.kind === 'nobody') return PLATFORM_WORKSPACE;
  if (caller.kind === 'session') {
    if (caller.membership === null) throw workspaceNotFound();
    return caller.membership.workspaceId;
  }
  const wanted = (query as { readonly workspace_id?: WorkspaceId } | undefined)?.workspace_id;
  if (caller.kind !== 'operator') {
    if (wanted !== undefined && wanted !== caller.workspaceId) throw workspaceNotFound();
    return caller.workspaceId;
  }
  if (wanted === undefined) {
    throw new GatewayError(
      'invalid_request',
      'An operator key belongs to no workspace: say which one with ?workspace_id=… (GET /api/v1/workspaces lists them).',
      { metadata: { fields: ['workspace_id'] } },
    );
  }
  if (wanted === PLATFORM_WORKSPACE || (await deps.store.workspaces.get(wanted)) === undefined) {
    throw workspaceNotFound();
  }
  return wanted;
}

export function workspaceNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no workspace with this id.');
}

/** One credential, in one place, once. Read from the raw list: Node keeps only the first of repeated headers. */
function readToken(rawHeaders: readonly string[]): string | undefined {
  const found: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'x-api-key') found.push(value);
    // Another scheme is no key of ours; the empty token is refused like any malformed one.
    if (name === 'authorization') found.push(/^bearer +([^ ]+)$/i.exec(value)?.[1] ?? '');
  }
  if (found.length > 1) {
    throw new GatewayError(
      'invalid_request',
      'More than one credential was sent. Send the key once, as Authorization: Bearer or as x-api-key.',
    );
  }
  return found[0];
}
