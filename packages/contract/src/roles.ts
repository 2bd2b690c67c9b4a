/** What people may do in a workspace: five roles, each a set of permissions; every route names the one it needs. */

export const ROLES = ['owner', 'admin', 'billing', 'developer', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  /** Whatever a signed-in person may do for themselves; belongs to no role. */
  'account',
  /** The instance: platform keys, prices, grants, workspaces. Belongs to no role but to the people who operate. */
  'operator',
  'workspace.read',
  'workspace.manage',
  'members.read',
  'members.manage',
  'provider_keys.read',
  'provider_keys.manage',
  'api_keys.read',
  'api_keys.manage',
  /** Keys that other people made too, wherever the role meets API keys: without it, one's own only. */
  'api_keys.all',
  'credits.read',
  'billing.read',
  'usage.read',
  'generations.read',
  /** What was said in a request and its answer, where that is kept. */
  'bodies.read',
  'routing.preview',
  'playground.use',
  'audit.read',
  'webhooks.read',
  'webhooks.manage',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const READS = ['workspace.read', 'members.read', 'credits.read', 'usage.read'] as const;
const LOOKS = [...READS, 'provider_keys.read', 'generations.read', 'routing.preview'] as const;
const MANAGES = [
  ...LOOKS,
  'workspace.manage',
  'members.manage',
  'provider_keys.manage',
  'api_keys.read',
  'api_keys.manage',
  'api_keys.all',
  'bodies.read',
  'playground.use',
  'billing.read',
  'audit.read',
  'webhooks.read',
  'webhooks.manage',
] as const;

/** An owner differs from an admin in whom they may make: nobody gives a role above their own. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: MANAGES,
  admin: MANAGES,
  billing: [...READS, 'billing.read', 'api_keys.all'],
  developer: [...LOOKS, 'bodies.read', 'api_keys.read', 'api_keys.manage', 'playground.use', 'webhooks.read'],
  viewer: LOOKS,
};

/** True when `giver` may give, change or take the role `role`. */
export function mayGive(giver: Role, role: Role): boolean {
  return ROLE_PERMISSIONS[giver].includes('members.manage') && ROLES.indexOf(giver) <= ROLES.indexOf(role);
}
