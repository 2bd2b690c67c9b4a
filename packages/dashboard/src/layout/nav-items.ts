/** What stands in the navigation, in order. A page is added here and in `router.tsx`. */
import type { LinkProps } from '@tanstack/react-router';
import type { IconName } from '../components/icon.tsx';

export type NavItem = {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  readonly icon: IconName;
};
export type NavGroup = {
  readonly title: string;
  /** True: only for the operator of the instance. */
  readonly operatorOnly?: boolean;
  readonly items: readonly NavItem[];
};

export const NAV_GROUPS: readonly NavGroup[] = [
  {
    title: 'Observe',
    items: [
      { to: '/logs', label: 'Logs', icon: 'logs' },
      { to: '/credits', label: 'Credits', icon: 'credits' },
    ],
  },
  {
    title: 'Settings',
    items: [
      { to: '/settings/integrations', label: 'Integrations', icon: 'plug' },
      { to: '/settings/api-keys', label: 'API keys', icon: 'key' },
    ],
  },
  {
    title: 'Operator',
    operatorOnly: true,
    items: [{ to: '/operator/platform-keys', label: 'Platform keys', icon: 'operator' }],
  },
];
