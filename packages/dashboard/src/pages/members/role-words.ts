/** The roles in the order of what they may, and what each is for. */
import type { Role } from '@arouter/contract';

export const ROLE_WORDS: Readonly<Record<Role, { readonly label: string; readonly means: string }>> = {
  owner: { label: 'Owner', means: 'Everything, and may make other owners.' },
  admin: { label: 'Admin', means: 'Everything in the workspace but making owners.' },
  developer: {
    label: 'Developer',
    means: 'Makes API keys and manages their own; sees provider keys, usage and logs.',
  },
  billing: { label: 'Billing', means: 'Sees usage, credits and transactions.' },
  viewer: { label: 'Viewer', means: 'Sees provider keys, usage and logs; changes nothing.' },
};

const RANK: readonly Role[] = ['owner', 'admin', 'billing', 'developer', 'viewer'];

/** Nobody gives a role above their own; the server checks it again. */
export function rolesToGive(own: Role): readonly { readonly value: Role; readonly label: string }[] {
  return RANK.slice(RANK.indexOf(own)).map((value) => ({ value, label: ROLE_WORDS[value].label }));
}
