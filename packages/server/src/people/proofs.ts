/** Everything for which a person proves who they are; each attempt is counted before the proof is looked at. */
import type { Auth } from './create-auth.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import type { Client, Done, User } from './user.ts';

/** Loads the library when it is first needed; what it refuses is thrown in our words. */
export type CallLibrary = <Answer>(run: (auth: Auth) => Promise<Answer>) => Promise<Answer>;

export function createSignIn(call: CallLibrary, guard: SignInGuard) {
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
    async proveSecondFactor(client: Client, code: string): Promise<Done<null>> {
      const who = { account: `second factor ${client.cookie}`, address: client.address };
      guard.attempt(who);
      const asked = { body: { code: code.trim() }, headers: headersOf(client), returnHeaders: true } as const;
      const { headers } = await call<{ readonly headers: Headers }>((auth) =>
        /^\d{6}$/.test(asked.body.code) ? auth.api.verifyTOTP(asked) : auth.api.verifyBackupCode(asked),
      );
      guard.succeeded(who);
      return { value: null, cookies: headers.getSetCookie() };
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

export function headersOf({ cookie, userAgent, address }: Client): Headers {
  return new Headers({ cookie, 'user-agent': userAgent, 'x-arouter-client-ip': address });
}
