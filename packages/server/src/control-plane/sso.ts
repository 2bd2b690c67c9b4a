/**
 * Signing in at an identity provider. A person is who the issuer calls by this subject; an e-mail links nothing to an
 * account that has a password, unless the operator has said so (`arouter person reset --sso`). New people come only from
 * the domains that the operator named.
 */
import { GatewayError, laterBy, PLATFORM_WORKSPACE, type Clock } from '@arouter/core';
import type { Client } from '../people/user.ts';
import type { SsoChallenge } from '../people/sso/oidc-client.ts';
import { SsoFault } from '../people/sso/oidc-client.ts';
import type { IdTokenClaims } from '../people/sso/verify-id-token.ts';
import type { UserId } from '../store/people-ports.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { Call, Handlers, RawAnswer } from './handler.ts';
import type { SingleSignOn } from './single-sign-on.ts';

const AWAY_MS_MAX = 10 * 60_000;
const AWAY_MAX = 1000;
const CALLBACK = '/api/v1/session/sso/callback';

type Deps = Pick<ControlPlaneDeps, 'people' | 'store' | 'sso' | 'pageUrl' | 'clock' | 'log'>;

export function ssoHandlers(deps: Deps): Handlers<'startSso' | 'finishSso'> {
  const away = createAway(deps.clock);
  return {
    startSso: async (call) => {
      const sso = configured(deps);
      try {
        const { url, challenge } = await sso.client.leave(deps.pageUrl() + CALLBACK);
        away.remember(challenge);
        call.exchange.setCookies([stateCookie(deps, challenge.state, AWAY_MS_MAX / 1000)]);
        return leadTo(url);
      } catch (error) {
        return failed(deps, call, error);
      }
    },
    finishSso: async (call) => {
      const sso = configured(deps);
      call.exchange.setCookies([stateCookie(deps, '', 0)]);
      const { code, state = '', iss } = call.query;
      const challenge = away.consume(state);
      const isHere = challenge !== null && cookieOf(call.exchange.client, stateCookieName(deps)) === state;
      if (!isHere || code === undefined || (iss !== undefined && iss !== sso.issuer)) {
        return leadTo('/sign-in?error=sso_refused');
      }
      try {
        const claims = await sso.client.comeBack({
          code,
          redirectUri: deps.pageUrl() + CALLBACK,
          challenge,
        });
        const userId = await personOf(deps, sso, claims);
        if (userId === null) return leadTo('/sign-in?error=sso_refused');
        call.exchange.setCookies((await deps.people.signInAs(call.exchange.client, userId)).cookies);
        return leadTo('/');
      } catch (error) {
        return failed(deps, call, error);
      }
    },
  };
}

async function personOf(deps: Deps, sso: SingleSignOn, claims: IdTokenClaims): Promise<UserId | null> {
  const provider = `oidc ${sso.issuer}`;
  const known = await deps.people.findByAccount(provider, claims.subject);
  if (known !== null) return known.id;
  const { email, name, subject } = claims;
  const namesake = email === null ? null : await deps.people.findByEmail(email);
  // Somebody has this address with another proof: only the operator can say that both are one.
  if (namesake !== null) {
    if (!(await deps.people.consumeSsoLink(namesake.id))) return null;
    await deps.people.linkAccount(namesake.id, provider, subject);
    return namesake.id;
  }
  if (email === null || !sso.domains.includes(email.slice(email.lastIndexOf('@') + 1))) return null;
  const userId = await deps.people.create({ name, email, password: null, isOperator: false });
  await deps.people.linkAccount(userId, provider, subject);
  const first = (await deps.store.workspaces.list()).find(({ id }) => id !== PLATFORM_WORKSPACE);
  if (sso.role !== null && first !== undefined) {
    const joinedAt = deps.clock.now();
    await deps.store.members.add({ workspaceId: first.id, userId, role: sso.role, joinedAt });
  }
  return userId;
}

function configured({ sso }: Deps): SingleSignOn {
  if (sso !== null) return sso;
  throw new GatewayError('not_found', 'Single sign-on is not configured: see AROUTER_OIDC_ISSUER.');
}

/** Their browser is in the middle of a redirect: it gets a page, and the log what happened. */
function failed(deps: Deps, { exchange }: Call<'startSso' | 'finishSso'>, error: unknown): RawAnswer {
  if (!(error instanceof SsoFault)) throw error;
  const route = 'single sign-on';
  deps.log.warn({ requestId: exchange.requestId, route, code: error.message }, 'single sign-on failed');
  return leadTo('/sign-in?error=sso_failed');
}

function leadTo(location: string): RawAnswer {
  return { headers: { location }, body: '' };
}

/** Those who have left for the provider, by their state; each comes back once. */
function createAway(clock: Pick<Clock, 'now'>) {
  const all = new Map<string, { readonly challenge: SsoChallenge; readonly until: number }>();
  return {
    remember(challenge: SsoChallenge): void {
      all.set(challenge.state, { challenge, until: laterBy(clock.now(), AWAY_MS_MAX) });
      const [oldest] = all.keys();
      if (all.size > AWAY_MAX && oldest !== undefined) all.delete(oldest);
    },
    consume(state: string): SsoChallenge | null {
      const found = all.get(state);
      all.delete(state);
      return found === undefined || found.until <= clock.now() ? null : found.challenge;
    },
  };
}

function stateCookieName({ pageUrl }: Pick<Deps, 'pageUrl'>): string {
  return pageUrl().startsWith('https://') ? '__Host-arouter_sso' : 'arouter_sso';
}

/** Ties the way back to the browser that left: a link that somebody else made signs nobody in. */
function stateCookie(deps: Pick<Deps, 'pageUrl'>, value: string, maxAgeSeconds: number): string {
  const name = stateCookieName(deps);
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

function cookieOf({ cookie }: Client, name: string): string | undefined {
  const found = cookie.split(/; */).find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
