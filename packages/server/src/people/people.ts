/**
 * The people of this instance: who they are, how they prove it, and their sessions. Everything that needs the
 * authentication library is here; what a person may do in a workspace is not.
 */
import type { Clock, WorkspaceId } from '@arouter/core';
import type { UserId } from '../store/people-ports.ts';
import { createAccountProofs, createSignIn, headersOf, type CallLibrary } from './proofs.ts';
import type { Auth, AuthOptions } from './create-auth.ts';
import { createPasswordHasher } from './password-hash.ts';
import { cookieNames, SESSION_AGE_MS_MAX } from './session-limits.ts';
import { createSignInGuard } from './sign-in-guard.ts';
import type { Client, Done, SignedIn, User } from './user.ts';
import { rememberFaults, withStoreFaults } from './store-faults.ts';
import { createUserRows } from './user-rows.ts';
import { toRefusal } from './to-refusal.ts';

export type NewUser = {
  readonly name: string;
  readonly email: string;
  /** Null: signs in elsewhere. */
  readonly password: string | null;
  readonly isOperator: boolean;
};

export type People = Awaited<ReturnType<typeof createPeople>>;
export type PeopleOptions = Omit<AuthOptions, 'passwords'> & { readonly clock: Clock };

export function createPeople(options: PeopleOptions) {
  const { identity, clock, publicUrl } = options;
  const names = cookieNames(publicUrl.startsWith('https://'));
  const guard = createSignInGuard(clock);
  const library = lazy(async () => {
    const { createAuth } = await import('./create-auth.ts');
    return createAuth({
      ...options,
      identity: rememberFaults(identity),
      passwords: createPasswordHasher(),
    });
  });
  const call: CallLibrary = (run) =>
    library()
      .then((auth) => withStoreFaults(() => run(auth)))
      .catch(toRefusal);
  return {
    /** Null: nobody, or a session that has ended. */
    async session(client: Client): Promise<SignedIn | null> {
      if (!hasCookie(client, names.session)) return null;
      const { response, headers } = await call((auth) =>
        auth.api.getSession({ headers: headersOf(client), returnHeaders: true }),
      );
      if (response === null) return null;
      if (response.session.createdAt.getTime() + SESSION_AGE_MS_MAX <= clock.now()) return null;
      return {
        user: toUser(response.user),
        sessionId: response.session.id,
        activeWorkspaceId: (response.session.activeWorkspaceId ?? null) as WorkspaceId | null,
        cookies: headers.getSetCookie(),
      };
    },
    /** True between the password and the second factor. */
    awaitsSecondFactor: (client: Client): boolean => hasCookie(client, names.secondFactor),
    ...createSignIn(call, guard, clock),
    /** For people who have proved who they are elsewhere: by the first-run link, an invitation, single sign-on. */
    async signInAs(client: Client, userId: UserId): Promise<Done<null>> {
      const { headers } = await call((auth) =>
        auth.api.signInAs({ body: { userId }, headers: headersOf(client), returnHeaders: true }),
      );
      return { value: null, cookies: headers.getSetCookie() };
    },
    async signOut(client: Client): Promise<Done<null>> {
      const { headers } = await call((auth) =>
        auth.api.signOut({ headers: headersOf(client), returnHeaders: true }),
      );
      return { value: null, cookies: headers.getSetCookie() };
    },
    ...createAccountProofs(call, guard),
    create: (user: NewUser): Promise<UserId> => call((auth) => createUser(auth, user)),
    ...createUserRows(identity, clock),
  };
}

async function createUser(auth: Auth, { name, email, password, isOperator }: NewUser): Promise<UserId> {
  const { internalAdapter, password: passwords } = await auth.$context;
  // Before the row: a refused hash must not leave a person without a password.
  const stored = password === null ? null : await passwords.hash(password);
  const user = await internalAdapter.createUser(
    { name, email: email.toLowerCase(), emailVerified: true, isOperator },
    { method: 'email-password' },
  );
  if (stored !== null) {
    await internalAdapter.createAccount({
      userId: user.id,
      providerId: 'credential',
      accountId: user.id,
      password: stored,
    });
  }
  return user.id as UserId;
}

function hasCookie({ cookie }: Client, name: string): boolean {
  return cookie.split(/; */).some((each) => each.startsWith(`${name}=`) && each.length > name.length + 1);
}

function toUser(user: {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly isOperator?: boolean | null | undefined;
  readonly twoFactorEnabled?: boolean | null | undefined;
}): User {
  const { id, name, email, isOperator, twoFactorEnabled } = user;
  return {
    id: id as UserId,
    name,
    email,
    isOperator: isOperator === true,
    twoFactorEnabled: twoFactorEnabled === true,
  };
}

function lazy<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
