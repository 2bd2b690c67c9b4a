/** Ways in, as people use them: guesses are stopped, a second factor is set up, asked for and ended, single sign-on leads there and back. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { oneTimeCode } from '../support/one-time-code.ts';
import { browserIsPresent, findAccessibilityFaults, openPage } from '../support/open-browser.ts';
import { openDashboard, openSignedIn, signIn, type Dashboard } from '../support/open-dashboard.ts';
import {
  IDENTITY_CLIENT,
  startIdentityProvider,
  type IdentityProvider,
} from '../support/start-identity-provider.ts';

const JOURNEY_MS_MAX = 120_000;
/** Of one account, in a quarter of an hour. */
const FAILURES_MAX = 5;

describe.skipIf(!browserIsPresent)('signing in', () => {
  let dashboard: Dashboard;
  let identity: IdentityProvider;
  beforeAll(async () => {
    const [provider, port] = await Promise.all([startIdentityProvider(), freePort()]);
    identity = provider;
    dashboard = await openDashboard({
      egressAllow: [identity.issuer],
      environment: {
        AROUTER_PORT: String(port),
        AROUTER_PUBLIC_URL: `http://127.0.0.1:${port}`,
        AROUTER_OIDC_ISSUER: identity.issuer,
        AROUTER_OIDC_CLIENT_ID: IDENTITY_CLIENT.id,
        AROUTER_OIDC_CLIENT_SECRET: IDENTITY_CLIENT.secret,
        AROUTER_OIDC_LABEL: 'Example Login',
        AROUTER_OIDC_DOMAINS: 'example.com',
        AROUTER_OIDC_ROLE: 'viewer',
      },
    });
  });
  afterAll(async () => {
    await dashboard.close();
    await identity.close();
  });

  async function openSignIn() {
    const opened = await openPage(dashboard.browser);
    await opened.page.goto(`${dashboard.gateway.url}/sign-in`);
    return opened;
  }

  async function giveProof(page: Page, email: string, password: string): Promise<void> {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    const answered = page.waitForResponse(
      (answer) => answer.url().endsWith('/api/v1/session') && answer.request().method() === 'POST',
    );
    await page.getByRole('button', { name: 'Sign in' }).click();
    await answered;
  }

  const fillPassword = async (page: Page, action: string): Promise<void> => {
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(dashboard.owner.password);
    await dialog.getByRole('button', { name: action }).click();
  };

  test(
    'a second factor is set up, asked for at the next sign-in, replaced by a recovery code once, and turned off',
    async () => {
      const { page, complaints, close } = await dashboard.open('/settings/account');
      await page.getByRole('button', { name: 'Turn on' }).click();
      await fillPassword(page, 'Continue');
      const dialog = page.getByRole('dialog');
      const secret = (await dialog.getByRole('region', { name: 'secret' }).textContent()) ?? '';
      expect(await findAccessibilityFaults(page)).toEqual([]);
      await dialog.getByLabel('Code', { exact: true }).fill('000000');
      await dialog.getByRole('button', { name: 'Confirm' }).click();
      await dialog.getByRole('alert').first().waitFor();
      await dialog.getByLabel('Code', { exact: true }).fill(oneTimeCode(secret, Date.now()));
      await dialog.getByRole('button', { name: 'Confirm' }).click();
      const codes = page.getByRole('region', { name: 'recovery codes' });
      const [recovery = ''] = ((await codes.textContent()) ?? '').split('\n');
      await page.getByRole('button', { name: 'I have kept them' }).click();
      expect(await page.content()).not.toContain(secret);

      for (const code of [() => oneTimeCode(secret, Date.now()), () => recovery]) {
        const again = await openSignIn();
        await giveProof(again.page, dashboard.owner.email, dashboard.owner.password);
        await again.page.getByRole('heading', { name: 'Second factor' }).waitFor();
        expect(await findAccessibilityFaults(again.page)).toEqual([]);
        await again.page.goto(`${dashboard.gateway.url}/settings/integrations`);
        await again.page.getByLabel('Code').fill(code());
        await again.page.getByRole('button', { name: 'Continue' }).click();
        await again.page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
        expect(again.complaints).toEqual([]);
        await again.close();
      }
      const spent = await openSignIn();
      await giveProof(spent.page, dashboard.owner.email, dashboard.owner.password);
      await spent.page.getByLabel('Code').fill(recovery);
      await spent.page.getByRole('button', { name: 'Continue' }).click();
      await spent.page.getByRole('alert').first().waitFor();
      await spent.close();

      await page.getByRole('button', { name: 'Turn off' }).click();
      await fillPassword(page, 'Turn off');
      await page.getByText('The second factor is off').waitFor();
      await page.getByRole('button', { name: 'Turn on' }).waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    JOURNEY_MS_MAX,
  );

  test(
    'single sign-on leads to the identity provider and back, gives the role of the settings, and says when it was refused',
    async () => {
      const { page, complaints, close } = await openSignIn();
      await page.getByRole('link', { name: 'Continue with Example Login' }).click();
      await page.getByRole('heading', { name: 'Integrations', level: 1 }).waitFor();
      expect(await page.getByRole('button', { name: 'Add Provider Key' }).count()).toBe(0);
      await page.goto(`${dashboard.gateway.url}/settings/members`);
      await page.getByRole('listitem').filter({ hasText: 'grace@example.com' }).getByText('Viewer').waitFor();
      expect(complaints).toEqual([]);
      await close();

      identity.person = { sub: 'subject-2', email: 'mallory@elsewhere.org', name: 'Mallory' };
      const stranger = await openSignIn();
      await stranger.page.getByRole('link', { name: 'Continue with Example Login' }).click();
      await stranger.page.getByText(/you have no account here/).waitFor();
      identity.refuses = true;
      await stranger.page.getByRole('link', { name: 'Continue with Example Login' }).click();
      await stranger.page.getByText('The identity provider did not let you in').waitFor();
      expect(await findAccessibilityFaults(stranger.page)).toEqual([]);
      await stranger.close();
    },
    JOURNEY_MS_MAX,
  );

  test(
    'after five wrong passwords the right one is refused too, here and in another window; who is in stays in',
    async () => {
      const { browser, gateway, owner } = dashboard;
      const session = await signIn(gateway, owner);
      const inside = await openSignedIn({ browser, gateway, session, path: '/settings/account' });
      const { page, close } = await openSignIn();
      for (let guess = 0; guess < FAILURES_MAX; guess += 1) {
        await giveProof(page, owner.email, `wrong guess number ${guess}`);
        await page.getByRole('alert').first().waitFor();
        expect(await page.getByText('Too many failed attempts').count()).toBe(0);
      }
      await giveProof(page, owner.email, owner.password);
      await page.getByText('Too many failed attempts').waitFor();
      const other = await openSignIn();
      await giveProof(other.page, owner.email.toUpperCase(), owner.password);
      await other.page.getByText('Too many failed attempts').waitFor();
      expect(await findAccessibilityFaults(other.page)).toEqual([]);
      await inside.page.reload();
      await inside.page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
      for (const window of [inside, other]) await window.close();
      await close();
    },
    JOURNEY_MS_MAX,
  );
});
