/** Which workspace is looked at, and which others there are; theme; sign out. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { callApi } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { Icon } from '../components/icon.tsx';
import { InitialsLogo } from '../components/initials-logo.tsx';
import { Menu, type MenuItem } from '../components/menu.tsx';
import { notifyError } from '../components/toasts.tsx';
import { useTheme, type Theme } from './theme.ts';

const THEMES = [
  { theme: 'system', label: 'Theme of the system', icon: 'system' },
  { theme: 'light', label: 'Light theme', icon: 'sun' },
  { theme: 'dark', label: 'Dark theme', icon: 'moon' },
] as const satisfies readonly { theme: Theme; label: string; icon: string }[];

export function AccountMenu({ compact = false }: { readonly compact?: boolean }) {
  const { workspace, user } = useSession();
  const items = useMenuItems();
  return (
    <Menu
      items={items}
      trigger={
        <button
          type="button"
          className="flex w-full min-w-0 items-center gap-2.5 rounded-lg p-2 text-left hover:bg-hover"
        >
          <InitialsLogo name={workspace.name} size={compact ? 'small' : 'medium'} />
          {compact ? (
            <span className="sr-only">{workspace.name}</span>
          ) : (
            <>
              <span className="min-w-0 flex-1 text-[0.8125rem]">
                <span className="block truncate font-medium">{workspace.name}</span>
                <span className="block truncate text-xs text-muted">{user.name}</span>
              </span>
              <Icon name="down" className="size-3.5 text-faint" />
            </>
          )}
          <span className="sr-only"> menu</span>
        </button>
      }
    />
  );
}

function useMenuItems(): readonly MenuItem[] {
  const { workspace, workspaces } = useSession();
  const [theme, setTheme] = useTheme();
  const navigate = useNavigate();
  const startAnew = useStartAnew();
  const switchTo = (id: string): void =>
    void callApi('switchWorkspace', { body: { workspace_id: id } }).then(startAnew, notifyError);
  const signOut = (): void => void callApi('signOut', {}).then(startAnew, notifyError);
  const others = workspaces.filter(({ id }) => id !== workspace.id);
  return [
    ...others.map(({ id, name }) => ({
      kind: 'action' as const,
      label: `Go to ${name}`,
      icon: 'home' as const,
      onSelect: () => switchTo(id),
    })),
    ...(others.length > 0 ? [{ kind: 'separator' as const }] : []),
    {
      kind: 'action',
      label: 'Account',
      icon: 'account',
      onSelect: () => void navigate({ to: '/settings/account' }),
    },
    ...THEMES.map((choice) => ({
      kind: 'action' as const,
      label: choice.theme === theme ? `${choice.label} ✓` : choice.label,
      icon: choice.icon,
      onSelect: () => setTheme(choice.theme),
    })),
    { kind: 'separator' },
    { kind: 'action', label: 'Sign out', icon: 'external', onSelect: signOut },
  ];
}

/** Nothing that was seen as somebody else, or in another workspace, stays. */
function useStartAnew(): () => Promise<void> {
  const client = useQueryClient();
  const router = useRouter();
  return async () => {
    client.clear();
    await router.invalidate();
    await router.navigate({ to: '/' });
  };
}
