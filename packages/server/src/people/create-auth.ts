/**
 * The authentication library, set up for this gateway: people come by the first-run link, by invitation or by single
 * sign-on, never by registering themselves; nothing is sent anywhere. It is called in process only: its own routes are
 * not served. Loaded when the first person signs in, for it takes 0.4 s and 40 MB that a gateway of keys need not pay.
 */
import { betterAuth } from 'better-auth/minimal';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { z } from 'zod';
import type { Random } from '@arouter/core';
import { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, RECOVERY_CODES } from '@arouter/contract';
import type { IdentityStore } from '../store/people-ports.ts';
import { createAuthDatabase } from './auth-database.ts';
import type { PasswordHasher } from './password-hash.ts';
import { cookieNames, SESSION_IDLE_MS_MAX } from './session-limits.ts';

export type AuthOptions = {
  readonly identity: IdentityStore;
  /** 32 bytes of this instance: signs cookies, seals second factors. */
  readonly secret: Uint8Array;
  readonly passwords: PasswordHasher;
  readonly random: Pick<Random, 'hex'>;
  readonly publicUrl: string;
};

const ID_BYTES = 12;
const ID_PREFIXES: Readonly<Record<string, string>> = { user: 'usr_', session: 'ses_', account: 'acc_' };
const SECOND_FACTOR_SECONDS_MAX = 600;
const REFRESH_AFTER_SECONDS = 300;
/** Set by this process alone from the socket; see `AuthHeaders`. */
export const CLIENT_IP_HEADER = 'x-arouter-client-ip';

/** Signs a person in who has proved who they are elsewhere. Not a route: only this process can call it. */
function signInAs() {
  return {
    id: 'arouter-sign-in-as',
    endpoints: {
      signInAs: createAuthEndpoint.serverOnly(
        { method: 'POST', body: z.object({ userId: z.string() }) },
        async (context) => {
          const user = await context.context.internalAdapter.findUserById(context.body.userId);
          if (user === null) throw new Error('no such user');
          const session = await context.context.internalAdapter.createSession(user.id, false);
          await setSessionCookie(context, { session, user });
          return { done: true };
        },
      ),
    },
  };
}

export function createAuth({ identity, secret, passwords, random, publicUrl }: AuthOptions) {
  const secure = publicUrl.startsWith('https://');
  const names = cookieNames(secure);
  const attributes = { secure, httpOnly: true, sameSite: 'lax', path: '/' } as const;
  return betterAuth({
    appName: 'ARouter',
    // Nothing is made of it here; without one the library would look for it in the environment.
    baseURL: publicUrl === '' ? 'http://127.0.0.1' : publicUrl,
    secret: Buffer.from(secret).toString('base64url'),
    database: createAuthDatabase(identity),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_CHARACTERS_MIN,
      maxPasswordLength: PASSWORD_CHARACTERS_MAX,
      password: passwords,
    },
    user: { additionalFields: { isOperator: { type: 'boolean', required: false, input: false } } },
    session: {
      expiresIn: SESSION_IDLE_MS_MAX / 1000,
      updateAge: REFRESH_AFTER_SECONDS,
      additionalFields: { activeWorkspaceId: { type: 'string', required: false, input: false } },
    },
    plugins: [
      twoFactor({
        issuer: 'ARouter',
        twoFactorCookieMaxAge: SECOND_FACTOR_SECONDS_MAX,
        backupCodeOptions: { amount: RECOVERY_CODES },
      }),
      signInAs(),
    ],
    advanced: {
      useSecureCookies: false,
      ipAddress: { ipAddressHeaders: [CLIENT_IP_HEADER], ipv6Subnet: 128 },
      cookies: {
        session_token: { name: names.session, attributes },
        two_factor: { name: names.secondFactor, attributes },
      },
      database: {
        generateId: ({ model }) => `${ID_PREFIXES[model] ?? `${model}_`}${random.hex(ID_BYTES)}`,
      },
    },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { disabled: true },
  });
}

export type Auth = ReturnType<typeof createAuth>;
