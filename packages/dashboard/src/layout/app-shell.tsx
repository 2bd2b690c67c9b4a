/** The frame of every page for who is signed in: sidebar from 1024 px on, a top bar with a drawer below that. */
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { IconButton } from '../components/button.tsx';
import { Drawer } from '../components/dialog.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Logo } from './logo.tsx';
import { Navigation } from './navigation.tsx';

export function AppShell() {
  const [drawerOpen, setDrawerOpen] = useState(false);
  const loading = useRouterState({ select: ({ isLoading }) => isLoading });
  return (
    <div className="lg:grid lg:min-h-dvh lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-60 focus:rounded-lg focus:bg-accent focus:px-3 focus:py-2 focus:text-accent-ink"
      >
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh grid-rows-[auto_minmax(0,1fr)_auto] border-r border-line bg-card lg:grid">
        <div className="px-5 py-4">
          <Logo />
        </div>
        <Navigation />
        <div className="border-t border-line p-2">
          <AccountMenu />
        </div>
      </aside>
      <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-line bg-card px-3 lg:hidden">
        <IconButton icon="menu" label="Open navigation" onClick={() => setDrawerOpen(true)} />
        <Logo />
        <div className="ml-auto min-w-0">
          <AccountMenu compact />
        </div>
      </header>
      <Drawer open={drawerOpen} onOpenChange={setDrawerOpen} title="Navigation">
        <div className="px-5 py-4">
          <Logo />
        </div>
        <Navigation onNavigate={() => setDrawerOpen(false)} />
      </Drawer>
      <main id="main" tabIndex={-1} className="min-w-0 outline-none" aria-busy={loading || undefined}>
        <Outlet />
      </main>
    </div>
  );
}
