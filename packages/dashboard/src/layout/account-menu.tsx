/** Which workspace is looked at; theme; sign out. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useSession } from '../api/session.ts';
import { storeKey } from '../api/stored-key.ts';
import { Icon } from '../components/icon.tsx';
import { InitialsLogo } from '../components/initials-logo.tsx';
import { Menu, type MenuItem } from '../components/menu.tsx';
import { useTheme, type Theme } from './theme.ts';

const THEMES = [
  { theme: 'system', label: 'Like the system', icon: 'system' },
  { theme: 'light', label: 'Light', icon: 'sun' },
  { theme: 'dark', label: 'Dark', icon: 'moon' },
] as const satisfies readonly { theme: Theme; label: string; icon: string }[];

export function AccountMenu({ compact = false }: { readonly compact?: boolean }) {
  const { workspace } = useSession();
  const [theme, setTheme] = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = (): void => {
    storeKey(null);
    client.clear();
    void navigate({ to: '/sign-in' });
  };
  const items: readonly MenuItem[] = [
    ...THEMES.map((choice) => ({
      kind: 'action' as const,
      label: choice.theme === theme ? `${choice.label} ✓` : choice.label,
      icon: choice.icon,
      onSelect: () => setTheme(choice.theme),
    })),
    { kind: 'separator' },
    { kind: 'action', label: 'Sign out', icon: 'external', onSelect: signOut },
  ];
  return (
    <Menu
      label={`${workspace.name}: menu of the workspace`}
      items={items}
      trigger={
        <button
          type="button"
          className="flex w-full min-w-0 items-center gap-2.5 rounded-lg p-2 text-left hover:bg-hover"
        >
          <InitialsLogo name={workspace.name} size="small" />
          {compact ? null : (
            <>
              <span className="min-w-0 flex-1 truncate text-[0.8125rem] font-medium">{workspace.name}</span>
              <Icon name="down" className="size-3.5 text-faint" />
            </>
          )}
        </button>
      }
    />
  );
}
