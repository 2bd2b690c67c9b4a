/** A dashboard with something on its pages, for what holds on each of them: a key that works, and a request that it served. */
import { startSandbox } from '@arouter/sandbox';
import { openDashboard, type Dashboard } from './open-dashboard.ts';
import { ask } from './tenant.ts';

/** Every page that has an address of its own. */
export const PAGE_PATHS = [
  '/usage',
  '/logs',
  '/models',
  '/playground',
  '/routing',
  '/credits',
  '/welcome',
  '/settings/integrations',
  '/settings/api-keys',
  '/settings/webhooks',
  '/settings/members',
  '/settings/audit',
  '/settings/account',
  '/operator/platform-keys',
] as const;

export type LivedInDashboard = Dashboard & { readonly sandboxUrl: string };

export async function openLivedInDashboard(): Promise<LivedInDashboard> {
  const sandbox = await startSandbox();
  const dashboard = await openDashboard({ egressAllow: [sandbox.url] });
  const { client, gateway } = dashboard;
  await client.addKey({
    provider: 'openai',
    label: 'Working',
    credential: { api_key: 'sk-sandbox-working' },
    base_url: `${sandbox.url}/openai/v1`,
  });
  const { status } = await ask(gateway.url, gateway.keys.apiKey);
  if (status !== 200) throw new Error(`the request was answered ${status}`);
  return {
    ...dashboard,
    sandboxUrl: sandbox.url,
    async close() {
      await dashboard.close();
      await sandbox.close();
    },
  };
}
