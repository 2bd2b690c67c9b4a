/** What stands in the navigation, in order. A page is added here and in `router.tsx`. */
import type { Permission } from '@arouter/contract';
import type { LinkProps } from '@tanstack/react-router';
import type { IconName } from '../components/icon.tsx';

export type NavItem = {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  readonly icon: IconName;
  /** Who does not have it does not see the item. */
  readonly permission: Permission;
};
export type NavGroup = { readonly title: string; readonly items: readonly NavItem[] };

export const NAV_GROUPS: readonly NavGroup[] = [
  {
    title: 'Observe',
    items: [
      { to: '/usage', label: 'Usage', icon: 'usage', permission: 'usage.read' },
      { to: '/logs', label: 'Logs', icon: 'logs', permission: 'generations.read' },
      { to: '/models', label: 'Models', icon: 'models', permission: 'routing.preview' },
      { to: '/playground', label: 'Playground', icon: 'play', permission: 'playground.use' },
      { to: '/routing', label: 'Routing preview', icon: 'route', permission: 'routing.preview' },
      { to: '/credits', label: 'Credits', icon: 'credits', permission: 'credits.read' },
    ],
  },
  {
    title: 'Settings',
    items: [
      { to: '/settings/integrations', label: 'Integrations', icon: 'plug', permission: 'provider_keys.read' },
      { to: '/settings/api-keys', label: 'API keys', icon: 'key', permission: 'api_keys.read' },
      { to: '/settings/webhooks', label: 'Webhooks', icon: 'webhook', permission: 'webhooks.read' },
      { to: '/settings/members', label: 'Members', icon: 'members', permission: 'members.read' },
      { to: '/settings/audit', label: 'Audit', icon: 'audit', permission: 'audit.read' },
      { to: '/settings/account', label: 'Account', icon: 'account', permission: 'account' },
    ],
  },
  {
    title: 'Operator',
    items: [
      { to: '/operator/platform-keys', label: 'Platform keys', icon: 'operator', permission: 'operator' },
    ],
  },
];
