/** Who belongs to a workspace, and who is invited. */
import { z } from 'zod';
import { ROLES } from '../roles.ts';
import { workspaceObject } from './credits.ts';
import { choice, nameForPeople } from './fields.ts';
import { email, linkToken, newPassword } from './sessions.ts';

const role = choice(ROLES);

export const memberObject = z
  .strictObject({
    user_id: z.string(),
    name: z.string(),
    email: z.string(),
    role,
    two_factor_enabled: z.boolean(),
    joined_at: z.string(),
    last_seen_at: z.string().nullable(),
    is_self: z.boolean(),
  })
  .meta({ id: 'Member' });
export const memberListAnswer = z.strictObject({ data: z.array(memberObject), total_count: z.number() });
export const memberAnswer = z.strictObject({ data: memberObject });
export const changeRoleBody = z.strictObject({ role });

export const invitationObject = z
  .strictObject({
    id: z.string(),
    email: z.string(),
    role,
    created_at: z.string(),
    expires_at: z.string(),
    invited_by: z.strictObject({ user_id: z.string(), name: z.string() }).nullable(),
    state: choice(['open', 'expired']),
  })
  .meta({ id: 'Invitation' });
export const invitationListAnswer = z.strictObject({
  data: z.array(invitationObject),
  total_count: z.number(),
});
export const createInvitationBody = z.strictObject({ email: email(), role });
export const createInvitationAnswer = z.strictObject({
  data: invitationObject,
  url: z.string().meta({ description: 'The link to hand over. Shown once; good for 7 days and one person.' }),
});

export const linkBody = z.strictObject({ token: linkToken() });
export const inspectInvitationAnswer = z.strictObject({
  data: z.strictObject({
    workspace_name: z.string(),
    email: z.string(),
    role,
    expires_at: z.string(),
    account_exists: z
      .boolean()
      .meta({ description: 'True: sign in with this e-mail first, then accept with the token alone.' }),
  }),
});
export const acceptInvitationBody = z.strictObject({
  token: linkToken(),
  name: nameForPeople().optional(),
  password: newPassword().optional(),
});
export const acceptInvitationAnswer = z.strictObject({ data: z.strictObject({ workspace_id: z.string() }) });

export const renameWorkspaceBody = z.strictObject({ name: nameForPeople() });
export const ownWorkspaceAnswer = z.strictObject({ data: workspaceObject });
