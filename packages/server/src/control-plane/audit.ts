/** The audit log as it is read: newest first, page by page. */
import type { RouteAnswer } from '@arouter/contract';
import { GatewayError, instant, PLATFORM_WORKSPACE, type Instant, type WorkspaceId } from '@arouter/core';
import type { StoredAuditEntry } from '../store/audit-ports.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, type Call, type Handlers } from './handler.ts';

const PAGE_SIZE_DEFAULT = 50;

type Query = Call<'listInstanceAudit'>['query'];
type Answer = RouteAnswer<'listAudit'>;

export function auditHandlers(
  deps: Pick<ControlPlaneDeps, 'store'>,
): Handlers<'listAudit' | 'listInstanceAudit'> {
  return {
    listAudit: ({ workspace, query }) => list(deps, workspace, query),
    listInstanceAudit: ({ query }) => list(deps, PLATFORM_WORKSPACE, query),
  };
}

async function list(
  deps: Pick<ControlPlaneDeps, 'store'>,
  workspaceId: WorkspaceId,
  query: Query,
): Promise<Answer> {
  const limit = query.limit ?? PAGE_SIZE_DEFAULT;
  const entries = await deps.store.audit.list({
    workspaceId,
    actor: query.actor,
    action: query.action,
    target: query.target,
    from: readTime(query.start_time),
    to: readTime(query.end_time),
    beforeSequence: readCursor(query.cursor),
    limit: limit + 1,
  });
  const page = entries.slice(0, limit);
  return {
    data: page.map(shown),
    next_cursor: entries.length > limit ? String(page.at(-1)?.sequence) : null,
  };
}

function readTime(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : instant(Date.parse(text));
}

function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) {
    throw new GatewayError(
      'invalid_request',
      'The field "cursor" must be the next_cursor of an earlier answer.',
      {
        metadata: { fields: ['cursor'] },
      },
    );
  }
  return Number(cursor);
}

function shown(entry: StoredAuditEntry): Answer['data'][number] {
  return {
    id: String(entry.sequence),
    at: shownTime(entry.at),
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    changes: entry.changes.map(({ field, before, after }) => ({ field, before, after })),
    ip: entry.ip,
    request_id: entry.requestId,
    hash: entry.hash,
  };
}
