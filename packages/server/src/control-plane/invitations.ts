/**
 * Invitations: a link that makes one person a member, within a week. Only its hash is stored, and the token travels
 * behind `#`, where no server and no log sees it.
 */
import { hash } from 'node:crypto';
import { GatewayError, laterBy, type WorkspaceId } from '@arouter/core';
import { StoreConflict } from '../store/store.ts';
import type { InvitationRecord, UserId } from '../store/people-ports.ts';
import { notSignedIn } from './authorize.ts';
import { signedIn } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, type Call, type Handlers } from './handler.ts';
import { refuseAbove } from './members.ts';
import { refusePasswords } from './sessions.ts';

const LIFETIME_MS = 7 * 24 * 3_600_000;
const TOKEN_BYTES = 32;
const ID_BYTES = 12;
const INVITATIONS_MAX = 200;

type Deps = Pick<ControlPlaneDeps, 'store' | 'people' | 'clock' | 'random' | 'pageUrl' | 'sso'>;

export function invitationHandlers(
  deps: Deps,
): Handlers<
  'listInvitations' | 'createInvitation' | 'revokeInvitation' | 'inspectInvitation' | 'acceptInvitation'
> {
  const { invitations, members, workspaces } = deps.store;
  return {
    listInvitations: async ({ workspace }) => {
      const names = await namesOf(deps, workspace);
      const all = await invitations.list(workspace);
      return { data: all.map((each) => shownInvitation(deps, each, names)), total_count: all.length };
    },
    createInvitation: (call) => createInvitation(deps, call),
    revokeInvitation: async ({ workspace, params }) => {
      if (!(await invitations.revoke(workspace, params.id))) {
        throw new GatewayError('not_found', 'There is no such invitation in the workspace.');
      }
      return { data: { deleted: true } };
    },
    inspectInvitation: async ({ body }) => {
      const invitation = await findInvitation(deps, body.token);
      const workspace = await workspaces.get(invitation.workspaceId);
      return {
        data: {
          workspace_name: workspace?.name ?? '',
          email: invitation.email,
          role: invitation.role,
          expires_at: shownTime(invitation.expiresAt),
          account_exists: (await deps.people.findByEmail(invitation.email)) !== null,
        },
      };
    },
    acceptInvitation: async (call) => {
      const invitation = await findInvitation(deps, call.body.token);
      const userId = await personFor(deps, call, invitation);
      const accepted = await invitations.accept(invitation.digest, userId, deps.clock.now());
      const role = await members.roleOf(invitation.workspaceId, userId);
      if (accepted === undefined || role === undefined) throw linkInvalid();
      return { data: { workspace_id: accepted.workspaceId } };
    },
  };
}

async function createInvitation(deps: Deps, { workspace, body, caller }: Call<'createInvitation'>) {
  refuseAbove(caller, body.role);
  const open = await deps.store.invitations.list(workspace);
  if (open.length >= INVITATIONS_MAX) {
    throw new GatewayError('invalid_request', `A workspace has at most ${INVITATIONS_MAX} invitations.`);
  }
  const token = Buffer.from(deps.random.hex(TOKEN_BYTES), 'hex').toString('base64url');
  const createdAt = deps.clock.now();
  const record: InvitationRecord = {
    id: `inv_${deps.random.hex(ID_BYTES)}`,
    workspaceId: workspace,
    email: body.email.toLowerCase(),
    role: body.role,
    digest: digestOf(token),
    invitedBy: signedIn(caller).user.id,
    createdAt,
    expiresAt: laterBy(createdAt, LIFETIME_MS),
  };
  await deps.store.invitations.create(record);
  const shown = shownInvitation(deps, record, await namesOf(deps, workspace));
  return { data: shown, url: `${deps.pageUrl()}/invite#token=${token}` };
}

/** The one signed in with the invited address; else a new person, who is signed in by this. */
async function personFor(
  deps: Deps,
  { body, exchange }: Call<'acceptInvitation'>,
  { email }: InvitationRecord,
): Promise<UserId> {
  const session = await deps.people.session(exchange.client);
  if (session !== null && session.user.email === email) return session.user.id;
  if ((await deps.people.findByEmail(email)) !== null) throw notSignedIn();
  refusePasswords(deps);
  const { name, password } = body;
  if (name === undefined || password === undefined) {
    throw new GatewayError('invalid_request', 'A new person needs `name` and `password`.', {
      metadata: { fields: ['name', 'password'].filter((field) => body[field as 'name'] === undefined) },
    });
  }
  const userId = await create(deps, { name, email, password });
  exchange.setCookies((await deps.people.signInAs(exchange.client, userId)).cookies);
  return userId;
}

/** Of two who come with one link at the same moment, the second finds the address taken. */
async function create(
  { people }: Deps,
  person: { readonly name: string; readonly email: string; readonly password: string },
): Promise<UserId> {
  try {
    return await people.create({ ...person, isOperator: false });
  } catch (error) {
    if (error instanceof StoreConflict) throw notSignedIn();
    throw error;
  }
}

async function findInvitation({ store, clock }: Deps, token: string): Promise<InvitationRecord> {
  const invitation = await store.invitations.find(digestOf(token), clock.now());
  if (invitation === undefined) throw linkInvalid();
  return invitation;
}

function linkInvalid(): GatewayError {
  return new GatewayError(
    'link_invalid',
    'The invitation was accepted already, withdrawn, or is older than 7 days. Ask for a new one.',
  );
}

function digestOf(token: string): string {
  return hash('sha256', `arouter invitation ${token}`, 'hex');
}

type Names = ReadonlyMap<UserId, string>;

async function namesOf({ store }: Deps, workspace: WorkspaceId): Promise<Names> {
  return new Map((await store.members.list(workspace)).map(({ userId, name }) => [userId, name]));
}

function shownInvitation({ clock }: Pick<Deps, 'clock'>, invitation: InvitationRecord, names: Names) {
  const { id, email, role, createdAt, expiresAt, invitedBy } = invitation;
  const name = invitedBy === null ? undefined : names.get(invitedBy);
  return {
    id,
    email,
    role,
    created_at: shownTime(createdAt),
    expires_at: shownTime(expiresAt),
    invited_by: invitedBy === null || name === undefined ? null : { user_id: invitedBy, name },
    state: expiresAt > clock.now() ? ('open' as const) : ('expired' as const),
  };
}
