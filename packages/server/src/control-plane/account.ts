/** What people change about themselves: name, password, second factor. Each proof asks for the password again. */
import { notSignedIn } from './authorize.ts';
import { signedIn } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { Handlers } from './handler.ts';
import { shownUser } from './sessions.ts';

type Deps = Pick<ControlPlaneDeps, 'people'>;

export function accountHandlers({
  people,
}: Deps): Handlers<
  | 'updateUser'
  | 'changePassword'
  | 'startTwoFactor'
  | 'confirmTwoFactor'
  | 'disableTwoFactor'
  | 'renewRecoveryCodes'
> {
  return {
    updateUser: async ({ body, caller }) => {
      const renamed = await people.rename(signedIn(caller).user.id, body.name);
      if (renamed === null) throw notSignedIn();
      return { data: shownUser(renamed) };
    },
    changePassword: async ({ body, caller, exchange }) => {
      const { user } = signedIn(caller);
      const others = (await people.sessionsOf(user.id)).length - 1;
      const passwords = { current: body.current_password, next: body.new_password };
      exchange.setCookies((await people.changePassword(exchange.client, user, passwords)).cookies);
      return { data: { revoked: Math.max(0, others) } };
    },
    startTwoFactor: async ({ body, caller, exchange }) => {
      const { user } = signedIn(caller);
      const { value, cookies } = await people.startSecondFactor(exchange.client, user, body.password);
      exchange.setCookies(cookies);
      const secret = new URL(value.uri).searchParams.get('secret') ?? '';
      return { data: { totp_uri: value.uri, secret, recovery_codes: [...value.recoveryCodes] } };
    },
    confirmTwoFactor: async ({ body, caller, exchange }) => {
      const { user } = signedIn(caller);
      exchange.setCookies((await people.confirmSecondFactor(exchange.client, body.code)).cookies);
      return { data: shownUser({ ...user, twoFactorEnabled: true }) };
    },
    disableTwoFactor: async ({ body, caller, exchange }) => {
      const { user } = signedIn(caller);
      exchange.setCookies((await people.endSecondFactor(exchange.client, user, body.password)).cookies);
      return { data: shownUser({ ...user, twoFactorEnabled: false }) };
    },
    renewRecoveryCodes: async ({ body, caller, exchange }) => {
      const { user } = signedIn(caller);
      const codes = await people.renewRecoveryCodes(exchange.client, user, body.password);
      return { data: { recovery_codes: [...codes] } };
    },
  };
}
