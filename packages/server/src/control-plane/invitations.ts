/**
 * Invitations: a link that makes one person a member, within a week. Only its hash is stored, and the token travels
 * behind `#`, where no server and no log sees it.
 */
import { hash } from 'node:crypto';
import { mayGive } from '@arouter/contract';
import { GatewayError, laterBy, type WorkspaceId } from '@arouter/core';
import { StoreConflict } from '../store/store.ts';
import type { InvitationRecord, MemberView, UserId } from '../store/people-ports.ts';
import { notSignedIn } from './authorize.ts';
import { signedIn } from './caller.ts';
import { createTurns } from '../instance/create-turns.ts';
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
  const { invitations, workspaces } = deps.store;
  const inTurn = createTurns();
  return {
    listInvitations: async ({ workspace }) => {
      const inviters = await invitersOf(deps, workspace);
      const all = await invitations.list(workspace);
      return { data: all.map((each) => shownInvitation(deps, each, inviters)), total_count: all.length };
    },
    createInvitation: (call) => inTurn(call.workspace, () => createInvitation(deps, call)),
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
      const { userId, isNew } = await personFor(deps, call, invitation);
      const accepted = await invitations.accept(invitation.digest, userId, deps.clock.now());
      if (accepted === undefined) {
        // Withdrawn while the password was hashed: who was not invited is nobody here.
        if (isNew) await deps.people.remove(userId);
        throw linkInvalid();
      }
      if (isNew) call.exchange.setCookies((await deps.people.signInAs(call.exchange.client, userId)).cookies);
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
  const shown = shownInvitation(deps, record, await invitersOf(deps, workspace));
  return { data: shown, url: `${deps.pageUrl()}/invite#token=${token}` };
}

/** The one signed in with the invited address; else a new person. */
async function personFor(
  deps: Deps,
  { body, exchange }: Call<'acceptInvitation'>,
  { email }: InvitationRecord,
): Promise<{ readonly userId: UserId; readonly isNew: boolean }> {
  const session = await deps.people.session(exchange.client);
  if (session !== null && session.user.email === email) {
    return { userId: session.user.id, isNew: false };
  }
  if ((await deps.people.findByEmail(email)) !== null) throw notSignedIn();
  refusePasswords(deps);
  const { name, password } = body;
  if (name === undefined || password === undefined) {
    throw new GatewayError('invalid_request', 'A new person needs `name` and `password`.', {
      metadata: { fields: ['name', 'password'].filter((field) => body[field as 'name'] === undefined) },
    });
  }
  return { userId: await create(deps, { name, email, password }), isNew: true };
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
  const inviters = await invitersOf({ store }, invitation.workspaceId);
  if (!mayStillInvite(invitation, inviters)) throw linkInvalid();
  return invitation;
}

function linkInvalid(): GatewayError {
  return new GatewayError(
    'link_invalid',
    'The invitation was accepted already, withdrawn, or is older than 7 days, or who invited may no longer give the role. Ask for a new one.',
  );
}

function digestOf(token: string): string {
  return hash('sha256', `arouter invitation ${token}`, 'hex');
}

type Inviters = ReadonlyMap<UserId, Pick<MemberView, 'name' | 'role'>>;

async function invitersOf({ store }: Pick<Deps, 'store'>, workspace: WorkspaceId): Promise<Inviters> {
  return new Map((await store.members.list(workspace)).map((member) => [member.userId, member]));
}

/** Who has left, or has a lower role now, leaves no door open behind them. */
function mayStillInvite({ invitedBy, role }: InvitationRecord, inviters: Inviters): boolean {
  const inviter = invitedBy === null ? undefined : inviters.get(invitedBy);
  return inviter !== undefined && mayGive(inviter.role, role);
}

function shownInvitation({ clock }: Pick<Deps, 'clock'>, invitation: InvitationRecord, inviters: Inviters) {
  const { id, email, role, createdAt, expiresAt, invitedBy } = invitation;
  const name = invitedBy === null ? undefined : inviters.get(invitedBy)?.name;
  const isOpen = expiresAt > clock.now() && mayStillInvite(invitation, inviters);
  return {
    id,
    email,
    role,
    created_at: shownTime(createdAt),
    expires_at: shownTime(expiresAt),
    invited_by: invitedBy === null || name === undefined ? null : { user_id: invitedBy, name },
    state: isOpen ? ('open' as const) : ('expired' as const),
  };
}
