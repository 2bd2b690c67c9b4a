/** Every page of the dashboard. Each is loaded when it is first opened; only who is signed in gets past the guard. */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from './api/session.ts';
import { PageError } from './components/error-boundary.tsx';
import { AppShell } from './layout/app-shell.tsx';
import { readKeysSearch } from './pages/integrations/use-keys-search.ts';
import { readModelsSearch } from './pages/models/models-search.ts';
import { readPlaygroundSearch } from './pages/playground/playground-search.ts';
import { readPreviewSearch } from './pages/preview/preview-search.ts';
import { readLogFilters } from './pages/logs/log-filters.ts';
import { readSignInSearch } from './pages/sign-in/read-sign-in-search.ts';
import { readUsageSearch } from './pages/usage/usage-search.ts';
import { readWebhooksSearch } from './pages/webhooks/webhooks-search.ts';
import { NotFoundPage } from './pages/not-found/not-found-page.tsx';

const root = createRootRouteWithContext<{ readonly queries: QueryClient }>()({
  notFoundComponent: NotFoundPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignInSearch,
  loader: ({ context }) => context.queries.ensureQueryData(sessionQuery),
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
});

const firstRun = createRoute({
  getParentRoute: () => root,
  path: '/bootstrap',
  component: lazyRouteComponent(() => import('./pages/first-run/first-run-page.tsx'), 'FirstRunPage'),
});

/** The guard. What is below it can rely on `useSession()`. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: AppShell,
  beforeLoad: async ({ context, location }) => {
    const { data } = await context.queries.ensureQueryData(sessionQuery);
    if (data.first_run) throw redirect({ to: '/bootstrap' });
    if (data.state !== 'signed_in') {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
    if (data.workspace === null) throw new Error('You belong to no workspace. Ask an owner to invite you.');
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/integrations' });
  },
});

const integrations = createRoute({
  getParentRoute: () => shell,
  path: '/settings/integrations',
  validateSearch: readKeysSearch,
  component: lazyRouteComponent(() => import('./pages/integrations/keys-page.tsx'), 'IntegrationsPage'),
});

const welcome = createRoute({
  getParentRoute: () => shell,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./pages/welcome/welcome-page.tsx'), 'WelcomePage'),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: '/settings/account',
  component: lazyRouteComponent(() => import('./pages/account/account-page.tsx'), 'AccountPage'),
});

const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  loader: ({ context }) => context.queries.ensureQueryData(sessionQuery),
  component: lazyRouteComponent(() => import('./pages/invite/invite-page.tsx'), 'InvitePage'),
});

const members = createRoute({
  getParentRoute: () => shell,
  path: '/settings/members',
  component: lazyRouteComponent(() => import('./pages/members/members-page.tsx'), 'MembersPage'),
});

const platformKeys = createRoute({
  getParentRoute: () => shell,
  path: '/operator/platform-keys',
  validateSearch: readKeysSearch,
  component: lazyRouteComponent(() => import('./pages/integrations/keys-page.tsx'), 'PlatformKeysPage'),
});

const logs = createRoute({
  getParentRoute: () => shell,
  path: '/logs',
  validateSearch: readLogFilters,
  component: lazyRouteComponent(() => import('./pages/logs/logs-page.tsx'), 'LogsPage'),
});

const generation = createRoute({
  getParentRoute: () => shell,
  path: '/logs/$id',
  component: lazyRouteComponent(() => import('./pages/logs/generation-page.tsx'), 'GenerationPage'),
});

const apiKeys = createRoute({
  getParentRoute: () => shell,
  path: '/settings/api-keys',
  component: lazyRouteComponent(() => import('./pages/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
});

const credits = createRoute({
  getParentRoute: () => shell,
  path: '/credits',
  component: lazyRouteComponent(() => import('./pages/credits/credits-page.tsx'), 'CreditsPage'),
});

const usage = createRoute({
  getParentRoute: () => shell,
  path: '/usage',
  validateSearch: readUsageSearch,
  component: lazyRouteComponent(() => import('./pages/usage/usage-page.tsx'), 'UsagePage'),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/settings/audit',
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
});

const models = createRoute({
  getParentRoute: () => shell,
  path: '/models',
  validateSearch: readModelsSearch,
  component: lazyRouteComponent(() => import('./pages/models/models-page.tsx'), 'ModelsPage'),
});

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: '/settings/webhooks',
  validateSearch: readWebhooksSearch,
  component: lazyRouteComponent(() => import('./pages/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
});

const playground = createRoute({
  getParentRoute: () => shell,
  path: '/playground',
  validateSearch: readPlaygroundSearch,
  component: lazyRouteComponent(() => import('./pages/playground/playground-page.tsx'), 'PlaygroundPage'),
});

const preview = createRoute({
  getParentRoute: () => shell,
  path: '/routing',
  validateSearch: readPreviewSearch,
  component: lazyRouteComponent(() => import('./pages/preview/preview-page.tsx'), 'PreviewPage'),
});

const routes = root.addChildren([
  signIn,
  firstRun,
  invite,
  shell.addChildren([
    home,
    welcome,
    integrations,
    account,
    members,
    platformKeys,
    usage,
    logs,
    generation,
    models,
    playground,
    webhooks,
    preview,
    apiKeys,
    credits,
    audit,
  ]),
]);

export function createDashboardRouter(queries: QueryClient) {
  return createRouter({
    routeTree: routes,
    context: { queries },
    defaultErrorComponent: PageError,
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>;
  }
}
