/** Who calls, whether their kind of key may, and whose data they may touch. */
import type { Route } from '@arouter/contract';
import {
  authenticate,
  GatewayError,
  PLATFORM_WORKSPACE,
  type ApiKeyKind,
  type ApiKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';

const ALL_KINDS: readonly ApiKeyKind[] = ['inference', 'management', 'operator'];
const KIND_WORDS: Readonly<Record<ApiKeyKind, string>> = {
  inference: 'an inference key (lr_live_…)',
  management: 'a management key (lr_mgmt_…)',
  operator: 'an operator key',
};

/** Throws 400, 401 or 403. Decided on the matched route, before the body is read. */
export function authorizeCaller(
  deps: Pick<ControlPlaneDeps, 'keyVerifier' | 'snapshot' | 'clock'>,
  route: Route,
  rawHeaders: readonly string[],
): ApiKeyRecord {
  const caller = authenticate(
    { keyVerifier: deps.keyVerifier, config: deps.snapshot, clock: deps.clock },
    readToken(rawHeaders),
    ALL_KINDS,
  );
  if (route.kinds.includes(caller.kind)) return caller;
  const needed = route.kinds.map((kind) => KIND_WORDS[kind]).join(' or ');
  throw new GatewayError(
    'wrong_key_kind',
    `${route.method} ${route.path} needs ${needed}; the key that was sent is ${KIND_WORDS[caller.kind]}.`,
    { metadata: { needed: route.kinds, sent: caller.kind } },
  );
}

/**
 * The workspace of a call. An operator must name it: nothing of a tenant is touched by accident. Another tenant's
 * workspace and one that does not exist are answered alike.
 */
export async function resolveWorkspace(
  deps: Pick<ControlPlaneDeps, 'store'>,
  route: Route,
  caller: ApiKeyRecord,
  query: unknown,
): Promise<WorkspaceId> {
  if (route.scope === 'instance') return PLATFORM_WORKSPACE;
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
