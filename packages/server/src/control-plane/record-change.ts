/** A management call that changed something → its entry in the audit log. */
import { AUDITED_ROUTES, type AuditedRoute, type RouteName } from '@arouter/contract';
import type { WorkspaceId } from '@arouter/core';
import { diffFields, type View } from '../audit/diff-fields.ts';
import type { AuditEntry } from '../store/audit-ports.ts';
import { isApiKey, type Caller, type Exchange } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';

type AuditedCall = {
  readonly params: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  readonly workspace: WorkspaceId;
  readonly exchange: Exchange;
};
/** Answers a GET route with the same parameters; used to see what is about to change. */
export type ReadBefore = (route: RouteName) => Promise<unknown>;

/** Runs the change and records it. What it was is read first; where that fails, the change itself says why. */
export async function recordChange(
  deps: Pick<ControlPlaneDeps, 'audit' | 'clock'>,
  {
    name,
    call,
    readBefore,
  }: { readonly name: RouteName; readonly call: AuditedCall; readonly readBefore: ReadBefore },
  change: () => Promise<unknown>,
): Promise<unknown> {
  const audited = AUDITED_ROUTES[name];
  if (audited === undefined) return change();
  const before =
    audited.before === undefined ? null : viewOf(await readBefore(audited.before).catch(() => null));
  const entryOf = (answer: unknown) => toEntry({ audited, call, before, answer, at: deps.clock.now() });
  return deps.audit.recordChange(entryOf(null), change, entryOf);
}

type Change = {
  readonly audited: AuditedRoute;
  readonly call: AuditedCall;
  readonly before: View | null;
  readonly answer: unknown;
  readonly at: AuditEntry['at'];
};

function toEntry({ audited, call, before, answer, at }: Change): AuditEntry {
  const { exchange, params, body } = call;
  const given = asView(params);
  const answered = viewOf(answer);
  const after = answered?.['deleted'] === true ? null : answered;
  const shown = after ?? before;
  return {
    at,
    workspaceId: workspaceOf(audited, call, after),
    actor: actorOf(call.caller),
    action: audited.action,
    target: {
      type: audited.target,
      // Paths have an API key's hash, and its first entry the id: one name, so that one filter finds all of a key.
      id: text(given?.['id'] ?? given?.['user_id'] ?? shown?.['id'] ?? given?.['hash']),
      // An API key has both: its label is what it begins and ends with.
      name: text(shown?.['name'] ?? shown?.['label'] ?? shown?.['email'] ?? asView(body)?.['model']),
    },
    changes: changesOf({ audited, before, after }, body),
    ip: exchange.client.address === '' ? null : exchange.client.address,
    requestId: exchange.requestId,
  };
}

/** Without a view from before, the answer is not the change: what was asked for is. */
function changesOf(
  { audited, before, after }: Pick<Change, 'audited' | 'before'> & { readonly after: View | null },
  body: unknown,
): AuditEntry['changes'] {
  if (audited.secretAnswer === true) return [];
  return diffFields(
    before,
    audited.before !== undefined || isMaking(audited) ? after : askedFor(body, after),
  );
}

function isMaking({ action }: AuditedRoute): boolean {
  return /\.(?:create|first_run|grant)$/.test(action);
}

/** Only fields that the answer shows too: passwords and codes are asked for and never shown. */
function askedFor(body: unknown, after: View | null): View | null {
  const given = asView(body);
  if (given === null || after === null) return null;
  return Object.fromEntries(
    Object.keys(given)
      .filter((field) => field in after)
      .map((field) => [field, after[field]]),
  );
}

function workspaceOf(
  { workspaceParam, action }: AuditedRoute,
  call: AuditedCall,
  after: View | null,
): WorkspaceId {
  const named = workspaceParam === undefined ? undefined : asView(call.params)?.[workspaceParam];
  const made =
    action === 'workspace.first_run' || action === 'invitation.accept' ? after?.['workspace_id'] : undefined;
  return (named ?? made ?? call.workspace) as WorkspaceId;
}

function actorOf(caller: Caller): AuditEntry['actor'] {
  if (caller.kind === 'session') return { type: 'user', id: caller.user.id, name: caller.user.name };
  if (isApiKey(caller)) return { type: 'api_key', id: caller.id, name: caller.name };
  return { type: 'link', id: '', name: 'Whoever followed the link' };
}

/** The thing itself: most answers hold it in `data`. */
function viewOf(answer: unknown): View | null {
  const view = asView(answer);
  // Webhooks stand in `endpoint`, their secret beside it.
  return asView(view?.['data']) ?? asView(view?.['endpoint']) ?? view;
}

function asView(value: unknown): View | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as View) : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 256) : '';
}
