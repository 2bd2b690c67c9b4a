/** The list of pages: in the sidebar on wide screens, in the drawer on narrow ones. */
import { Link } from '@tanstack/react-router';
import { useSession } from '../api/session.ts';
import { Icon } from '../components/icon.tsx';
import { NAV_GROUPS } from './nav-items.ts';

export function Navigation({ onNavigate }: { readonly onNavigate?: () => void }) {
  const { permissions } = useSession();
  const groups = NAV_GROUPS.map(({ title, items }) => ({
    title,
    items: items.filter(({ permission }) => permissions.includes(permission)),
  })).filter(({ items }) => items.length > 0);
  return (
    <nav aria-label="Pages" className="grid content-start gap-5 overflow-y-auto px-3 py-2">
      {groups.map((group) => (
        <div key={group.title} className="grid gap-0.5">
          <h2 className="px-2.5 pb-1 text-2xs font-semibold tracking-wide text-faint uppercase">
            {group.title}
          </h2>
          {group.items.map((item) => (
            <Link
              key={item.to}
              to={item.to}
              {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
              className="flex h-8.5 items-center gap-2.5 rounded-lg px-2.5 text-[0.8125rem] font-medium"
              activeProps={{ className: 'bg-accent-soft text-accent' }}
              inactiveProps={{ className: 'text-muted hover:bg-hover hover:text-ink' }}
            >
              <Icon name={item.icon} />
              {item.label}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}
