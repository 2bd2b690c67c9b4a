/**
 * Which routes change something, and how the audit log names the change. A route that changes something stands in one of
 * the two tables below; a test holds that. Of what is only read, the log names who read what somebody said.
 */
import type { RouteName } from './routes.ts';
import type { AuditTarget } from './schemas/audit.ts';

export type AuditedRoute = {
  /** `target.verb`, stable: people filter by it. */
  readonly action: string;
  readonly target: AuditTarget;
  /** The route that shows the same thing: read before the change, so that the log says what it was. */
  readonly before?: RouteName;
  /** The path's parameter names the workspace that it is about, where the route itself is of the instance. */
  readonly workspaceParam?: 'id';
  /** The answer holds what may stand nowhere else, e.g. a secret that is shown once: nothing of it may be kept. */
  readonly secretAnswer?: true;
};

export const AUDITED_ROUTES: Readonly<Partial<Record<RouteName, AuditedRoute>>> = {
  createApiKey: { action: 'api_key.create', target: 'api_key' },
  updateApiKey: { action: 'api_key.update', target: 'api_key', before: 'getApiKey' },
  rotateApiKey: { action: 'api_key.rotate', target: 'api_key', before: 'getApiKey' },
  deleteApiKey: { action: 'api_key.delete', target: 'api_key', before: 'getApiKey' },
  restoreApiKey: { action: 'api_key.restore', target: 'api_key' },
  createByok: { action: 'provider_key.create', target: 'provider_key' },
  updateByok: { action: 'provider_key.update', target: 'provider_key', before: 'getByok' },
  deleteByok: { action: 'provider_key.delete', target: 'provider_key', before: 'getByok' },
  restoreByok: { action: 'provider_key.restore', target: 'provider_key' },
  reenableByok: { action: 'provider_key.reenable', target: 'provider_key', before: 'getByok' },
  createPlatformKey: { action: 'platform_key.create', target: 'platform_key' },
  updatePlatformKey: { action: 'platform_key.update', target: 'platform_key', before: 'getPlatformKey' },
  deletePlatformKey: { action: 'platform_key.delete', target: 'platform_key', before: 'getPlatformKey' },
  restorePlatformKey: { action: 'platform_key.restore', target: 'platform_key' },
  reenablePlatformKey: { action: 'platform_key.reenable', target: 'platform_key', before: 'getPlatformKey' },
  createWebhook: { action: 'webhook.create', target: 'webhook' },
  updateWebhook: { action: 'webhook.update', target: 'webhook', before: 'getWebhook' },
  deleteWebhook: { action: 'webhook.delete', target: 'webhook', before: 'getWebhook' },
  rotateWebhookSecret: { action: 'webhook.rotate_secret', target: 'webhook', secretAnswer: true },
  setPrice: { action: 'price.set', target: 'price' },
  removePrice: { action: 'price.remove', target: 'price' },
  grantCredits: { action: 'credits.grant', target: 'credits', workspaceParam: 'id' },
  createWorkspace: { action: 'workspace.create', target: 'workspace' },
  updateWorkspace: { action: 'workspace.update', target: 'workspace', workspaceParam: 'id' },
  changeBodyKeeping: { action: 'bodies.change_keeping', target: 'workspace', before: 'getBodyKeeping' },
  deleteKeptBodies: { action: 'bodies.delete', target: 'workspace', before: 'getBodyKeeping' },
  getGenerationContent: { action: 'bodies.read', target: 'generation', secretAnswer: true },
  renameWorkspace: { action: 'workspace.rename', target: 'workspace' },
  changeMemberRole: { action: 'member.change_role', target: 'member' },
  removeMember: { action: 'member.remove', target: 'member' },
  createInvitation: { action: 'invitation.create', target: 'invitation' },
  revokeInvitation: { action: 'invitation.revoke', target: 'invitation' },
  acceptInvitation: { action: 'invitation.accept', target: 'invitation' },
  completeFirstRun: { action: 'workspace.first_run', target: 'workspace', secretAnswer: true },
  updateUser: { action: 'user.update', target: 'user' },
  changePassword: { action: 'user.change_password', target: 'user', secretAnswer: true },
  confirmTwoFactor: { action: 'user.enable_two_factor', target: 'user' },
  disableTwoFactor: { action: 'user.disable_two_factor', target: 'user' },
  renewRecoveryCodes: { action: 'user.renew_recovery_codes', target: 'user', secretAnswer: true },
};

/** They change nothing that lasts, or only the caller's own session. */
export const NOT_AUDITED_ROUTES: readonly RouteName[] = [
  'testUnsavedByok',
  'testByok',
  'testUnsavedPlatformKey',
  'testPlatformKey',
  'previewRouting',
  'shareOfDraft',
  'testWebhookConnection',
  'sendWebhookTestEvent',
  'retryWebhookDelivery',
  'signIn',
  'completeTwoFactor',
  'signOut',
  'switchWorkspace',
  'revokeSession',
  'revokeOtherSessions',
  'startTwoFactor',
  'inspectInvitation',
];
