/** Kept bodies: the workspace's switch, and what there is of one generation. */
import { GatewayError, type WorkspaceId, type WorkspaceRecord } from '@arouter/core';
import type { Absence } from '../bodies/body-store.ts';
import type { KeptBody } from '../bodies/kept-exchange.ts';
import { workspaceNotFound } from './authorize.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { generationNotFound } from './generations.ts';
import { shownTime, shownTimeOrNull, type Handlers } from './handler.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'vault' | 'bodies' | 'refreshSnapshot' | 'clock'>;

export function keptBodyHandlers(
  deps: Deps,
): Handlers<'getBodyKeeping' | 'changeBodyKeeping' | 'deleteKeptBodies' | 'getGenerationContent'> {
  const { bodies } = deps;
  return {
    getBodyKeeping: async ({ workspace }) => shownKeeping(deps, await findWorkspace(deps, workspace)),
    changeBodyKeeping: async ({ workspace, body }) => {
      if (body.keep) await refuseUnlessAllowed(deps, workspace);
      const { bodiesKeptSince } = await findWorkspace(deps, workspace);
      const since = body.keep ? (bodiesKeptSince ?? deps.clock.now()) : null;
      const changed = await deps.store.workspaces.update(workspace, { bodiesKeptSince: since });
      if (changed === undefined) throw workspaceNotFound();
      await deps.refreshSnapshot();
      return shownKeeping(deps, changed);
    },
    deleteKeptBodies: async ({ workspace }) => {
      await bodies.deleteOf(workspace);
      return shownKeeping(deps, await findWorkspace(deps, workspace));
    },
    getGenerationContent: async ({ workspace, query }) => {
      const generation = await deps.store.generations.get(workspace, query.id);
      if (generation === undefined) throw generationNotFound();
      const found = await bodies.find(generation.header);
      if (found.kind === 'absent') {
        throw new GatewayError('not_found', REASONS[found.why], { metadata: { reason: found.why } });
      }
      const { keptAt, request, answer } = found.exchange;
      return {
        data: {
          id: generation.header.id,
          request: shownBody(request),
          answer: shownBody(answer),
          stored_at: shownTime(keptAt),
          expires_at: shownTime(found.expiresAt),
        },
      };
    },
  };
}

const REASONS: Readonly<Record<Absence, string>> = {
  not_allowed:
    'Bodies are not kept here: the operator of this gateway has not allowed it (AROUTER_KEEP_BODIES).',
  turned_off:
    'Bodies are not kept: it is off in this workspace. An owner or admin turns it on under Settings, Members; it holds for requests from then on.',
  not_yet_on: 'The request came before keeping bodies was turned on in this workspace.',
  expired: 'The bodies of this request have been deleted: their time was over.',
  dropped:
    'The bodies of this request are not there: it may still be under way, they may have been deleted or have made room for newer ones, or they were not written because there was too much at that moment or the gateway was stopped.',
  unreadable:
    'The bodies of this request cannot be opened: the key of the workspace is missing, or the file was changed.',
};

async function refuseUnlessAllowed({ bodies, vault }: Deps, workspace: WorkspaceId): Promise<void> {
  if (!bodies.rules.isAllowed) {
    throw new GatewayError(
      'permission_denied',
      'The operator of this gateway has not allowed that bodies are kept. Ask them to start it with AROUTER_KEEP_BODIES=true.',
      { metadata: { reason: 'not_allowed' } },
    );
  }
  // A workspace that was never given a secret has no data key yet.
  await vault.ensureWorkspace(workspace);
}

async function findWorkspace({ store }: Deps, id: WorkspaceId): Promise<WorkspaceRecord> {
  const found = await store.workspaces.get(id);
  if (found === undefined) throw workspaceNotFound();
  return found;
}

async function shownKeeping({ bodies }: Deps, { id, bodiesKeptSince }: WorkspaceRecord) {
  const { isAllowed, keptMs, bodyBytesMax } = bodies.rules;
  return {
    data: {
      id,
      allowed: isAllowed,
      keep: isAllowed && bodiesKeptSince !== null,
      since: shownTimeOrNull(isAllowed ? bodiesKeptSince : null),
      days: keptMs / DAY_MS,
      body_bytes_max: bodyBytesMax,
      kept_bytes: await bodies.bytesOf(id),
    },
  };
}
const DAY_MS = 86_400_000;

function shownBody({ mediaType, bytes, kept }: KeptBody) {
  return {
    media_type: mediaType,
    bytes,
    kept_bytes: kept?.length ?? 0,
    cut: kept !== null && kept.length < bytes,
    ...textOf(kept),
  };
}

function textOf(kept: Uint8Array | null) {
  if (kept === null) return { encoding: 'utf8', text: null } as const;
  try {
    return { encoding: 'utf8', text: STRICT.decode(kept) } as const;
  } catch {
    return { encoding: 'base64', text: Buffer.from(kept).toString('base64') } as const;
  }
}
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
