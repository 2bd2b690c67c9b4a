/** The routes of a workspace and its people. */
import { z } from 'zod';
import { defineRoute } from './route.ts';
import { deletedAnswer } from './schemas/api-keys.ts';
import { token, workspaceScope } from './schemas/fields.ts';
import {
  acceptInvitationAnswer,
  acceptInvitationBody,
  changeRoleBody,
  createInvitationAnswer,
  createInvitationBody,
  inspectInvitationAnswer,
  invitationListAnswer,
  linkBody,
  memberAnswer,
  memberListAnswer,
  ownWorkspaceAnswer,
  renameWorkspaceBody,
} from './schemas/members.ts';

const MANAGERS = ['management', 'operator'] as const;
const scopeQuery = z.strictObject(workspaceScope);
const byUserId = z.strictObject({ user_id: token(64) });
const byId = z.strictObject({ id: token(64) });

const people = { kinds: MANAGERS, tag: 'Members', query: scopeQuery } as const;
/** Roles are given by people to people: no key outranks anybody. */
const inPerson = { kinds: [], tag: 'Members', query: scopeQuery } as const;
const link = { kinds: [], permission: null, scope: 'instance', tag: 'Sessions' } as const;

export const memberRoutes = {
  renameWorkspace: defineRoute({
    ...people,
    method: 'PATCH',
    path: '/api/v1/workspace',
    permission: 'workspace.manage',
    summary: 'Rename the workspace.',
    body: renameWorkspaceBody,
    answer: ownWorkspaceAnswer,
  }),
  listMembers: defineRoute({
    ...people,
    method: 'GET',
    path: '/api/v1/members',
    permission: 'members.read',
    summary: 'Who belongs to the workspace, in the order of joining.',
    answer: memberListAnswer,
  }),
  changeMemberRole: defineRoute({
    ...inPerson,
    method: 'PATCH',
    path: '/api/v1/members/{user_id}',
    permission: 'members.manage',
    summary: 'Change what a member may do. Nobody gives or takes a role above their own.',
    params: byUserId,
    body: changeRoleBody,
    answer: memberAnswer,
    errors: ['not_found', 'last_owner'],
  }),
  removeMember: defineRoute({
    ...inPerson,
    method: 'DELETE',
    path: '/api/v1/members/{user_id}',
    permission: 'members.read',
    summary: 'Remove a member, or leave: everybody may remove themselves.',
    params: byUserId,
    answer: deletedAnswer,
    errors: ['not_found', 'last_owner'],
  }),
  listInvitations: defineRoute({
    ...people,
    method: 'GET',
    path: '/api/v1/invitations',
    permission: 'members.manage',
    summary: 'Invitations that nobody has accepted yet, newest first.',
    answer: invitationListAnswer,
  }),
  createInvitation: defineRoute({
    ...inPerson,
    method: 'POST',
    path: '/api/v1/invitations',
    permission: 'members.manage',
    summary: 'Make a link by which one person joins the workspace.',
    body: createInvitationBody,
    answer: createInvitationAnswer,
    status: 201,
  }),
  revokeInvitation: defineRoute({
    ...inPerson,
    method: 'DELETE',
    path: '/api/v1/invitations/{id}',
    permission: 'members.manage',
    summary: 'Withdraw an invitation: its link stops working.',
    params: byId,
    answer: deletedAnswer,
    errors: ['not_found'],
  }),
  inspectInvitation: defineRoute({
    ...link,
    method: 'POST',
    path: '/api/v1/invitation/inspect',
    summary: 'What an invitation link is for.',
    body: linkBody,
    answer: inspectInvitationAnswer,
    errors: ['invalid_request', 'link_invalid', 'cross_site_request'],
  }),
  acceptInvitation: defineRoute({
    ...link,
    method: 'POST',
    path: '/api/v1/invitation/accept',
    summary: 'Join by an invitation link: as a new person, who is signed in by it, or as the one signed in.',
    body: acceptInvitationBody,
    answer: acceptInvitationAnswer,
    errors: ['invalid_request', 'link_invalid', 'not_signed_in', 'cross_site_request'],
  }),
} as const;
