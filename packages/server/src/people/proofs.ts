/** Everything for which a person proves who they are; each attempt is counted before the proof is looked at. */
import { GatewayError, laterBy, type Clock, type Instant } from '@arouter/core';
import type { Auth } from './create-auth.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import type { Client, Done, User } from './user.ts';

/** Loads the library when it is first needed; what it refuses is thrown in our words. */
export type CallLibrary = <Answer>(run: (auth: Auth) => Promise<Answer>) => Promise<Answer>;

export function createSignIn(call: CallLibrary, guard: SignInGuard, clock: Pick<Clock, 'now'>) {
  const usedCodes = createUsedCodes(clock);
  return {
    async signIn(
      client: Client,
      { email, password }: { readonly email: string; readonly password: string },
    ): Promise<Done<{ readonly secondFactor: boolean; readonly email: string }>> {
      const who = { account: email, address: client.address };
      guard.attempt(who);
      const { response, headers } = await call((auth) =>
        auth.api.signInEmail({ body: { email, password }, headers: headersOf(client), returnHeaders: true }),
      );
      guard.succeeded(who);
      return {
        value: { secondFactor: 'twoFactorRedirect' in response, email },
        cookies: headers.getSetCookie(),
      };
    },
    /** Ends a sign-in that began with a password. The library counts wrong codes per person, over all their sign-ins. */
    async completeSignIn(client: Client, code: string): Promise<Done<null>> {
      const { token, userId, cookies } = await proveSecondFactor(call, guard, { client, code });
      if (ONE_TIME_CODE.test(code.trim()) && !usedCodes.use(userId, code.trim())) {
        // Its cookie is never sent, and nobody has the token.
        await call(async (auth) => (await auth.$context).internalAdapter.deleteSession(token));
        throw new GatewayError(
          'invalid_credentials',
          'This code was used already. Wait until the authenticator shows the next.',
        );
      }
      return { value: null, cookies };
    },
  };
}

/** For people who are signed in: what they change about their proofs asks for the password again. */
export function createAccountProofs(call: CallLibrary, guard: SignInGuard) {
  return {
    async changePassword(
      client: Client,
      user: User,
      { current, next }: { readonly current: string; readonly next: string },
    ): Promise<Done<null>> {
      const who = { account: user.email, address: client.address };
      guard.attempt(who);
      const { headers } = await call((auth) =>
        auth.api.changePassword({
          body: { currentPassword: current, newPassword: next, revokeOtherSessions: true },
          headers: headersOf(client),
          returnHeaders: true,
        }),
      );
      guard.succeeded(who);
      return { value: null, cookies: headers.getSetCookie() };
    },
    async startSecondFactor(client: Client, user: User, password: string) {
      const who = { account: user.email, address: client.address };
      guard.attempt(who);
      const { response, headers } = await call((auth) =>
        auth.api.enableTwoFactor({
          body: { password, method: 'totp' },
          headers: headersOf(client),
          returnHeaders: true,
        }),
      );
      guard.succeeded(who);
      if (response.method !== 'totp') throw new Error('the library made another second factor');
      const { totpURI: uri, backupCodes: recoveryCodes } = response;
      return { value: { uri, recoveryCodes }, cookies: headers.getSetCookie() };
    },
    async confirmSecondFactor(client: Client, code: string): Promise<Done<null>> {
      const { cookies } = await proveSecondFactor(call, guard, { client, code });
      return { value: null, cookies };
    },
    async endSecondFactor(client: Client, user: User, password: string): Promise<Done<null>> {
      const who = { account: user.email, address: client.address };
      guard.attempt(who);
      const { headers } = await call((auth) =>
        auth.api.disableTwoFactor({ body: { password }, headers: headersOf(client), returnHeaders: true }),
      );
      guard.succeeded(who);
      return { value: null, cookies: headers.getSetCookie() };
    },
    async renewRecoveryCodes(client: Client, user: User, password: string): Promise<readonly string[]> {
      const who = { account: user.email, address: client.address };
      guard.attempt(who);
      const { backupCodes } = await call((auth) =>
        auth.api.generateBackupCodes({ body: { password }, headers: headersOf(client) }),
      );
      guard.succeeded(who);
      return backupCodes;
    },
  };
}

const ONE_TIME_CODE = /^\d{6}$/;

async function proveSecondFactor(
  call: CallLibrary,
  guard: SignInGuard,
  { client, code }: { readonly client: Client; readonly code: string },
) {
  const who = { account: `second factor ${client.cookie}`, address: client.address };
  guard.attempt(who);
  const asked = { body: { code: code.trim() }, headers: headersOf(client), returnHeaders: true } as const;
  const { response, headers } = await call<Proved>((auth) =>
    ONE_TIME_CODE.test(asked.body.code) ? auth.api.verifyTOTP(asked) : auth.api.verifyBackupCode(asked),
  );
  guard.succeeded(who);
  const { token, user } = response;
  return { token: token ?? '', userId: user.id, cookies: headers.getSetCookie() };
}

type Proved = {
  readonly headers: Headers;
  readonly response: { readonly token?: string | undefined; readonly user: { readonly id: string } };
};

/** A code is good for its half minute and the one at each side. */
const CODE_MS_MAX = 90_000;

/**
 * Codes that have signed somebody in, until they are good for nothing any more: who saw one being typed cannot sign in with it
 * (RFC 6238, 5.2). In memory: a start takes its time too, and there is one process.
 */
function createUsedCodes(clock: Pick<Clock, 'now'>) {
  const used = new Map<string, Instant>();
  return {
    /** False when this person's code was used before; of two at the same moment, one is the first. */
    use(userId: string, code: string): boolean {
      const now = clock.now();
      for (const [key, at] of used) if (laterBy(at, CODE_MS_MAX) <= now) used.delete(key);
      const key = `${userId} ${code}`;
      if (used.has(key)) return false;
      used.set(key, now);
      return true;
    },
  };
}

export function headersOf({ cookie, userAgent, address }: Client): Headers {
  return new Headers({ cookie, 'user-agent': userAgent, 'x-arouter-client-ip': address });
}
