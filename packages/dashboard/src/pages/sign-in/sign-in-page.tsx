/** Signing in: e-mail and password, or single sign-on; then the second factor where it is on. */
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { callApi } from '../../api/client.ts';
import { errorWords } from '../../api/error-words.ts';
import { sessionQuery } from '../../api/session.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import { EntryFrame } from '../../layout/entry-frame.tsx';

const SSO_ERRORS: Readonly<Record<string, string>> = {
  sso_refused:
    'The identity provider did not let you in, or you have no account here. Ask an owner for an invitation.',
  sso_failed:
    'Single sign-on failed. Try again; if it fails again, the operator finds the reason in the log.',
};

export function SignInPage() {
  const { data } = useSuspenseQuery(sessionQuery);
  return data.data.state === 'two_factor_required' ? <SecondFactor /> : <Password />;
}

function Password() {
  const { sso, password_sign_in: hasPassword } = useSuspenseQuery(sessionQuery).data.data;
  const { error: ssoError } = useSearch({ from: '/sign-in' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn(() => callApi('signIn', { body: { email, password } }));
  return (
    <EntryFrame title="Sign in">
      {ssoError === undefined ? null : (
        <Notice tone="bad">{SSO_ERRORS[ssoError] ?? SSO_ERRORS['sso_failed']}</Notice>
      )}
      {hasPassword ? (
        <EntryForm action="Sign in" mutation={signIn}>
          <TextField
            label="E-mail"
            type="email"
            autoComplete="username"
            value={email}
            onValue={setEmail}
            required
            autoFocus
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            value={password}
            onValue={setPassword}
            required
          />
        </EntryForm>
      ) : null}
      {sso === null ? null : (
        <a href="/api/v1/session/sso" className={buttonClass('plain')}>
          Continue with {sso.label}
        </a>
      )}
    </EntryFrame>
  );
}

function SecondFactor() {
  const [code, setCode] = useState('');
  const prove = useSignIn(() => callApi('completeTwoFactor', { body: { code: code.trim() } }));
  return (
    <EntryFrame title="Second factor">
      <EntryForm action="Continue" mutation={prove}>
        <TextField
          label="Code"
          help="The six digits of your authenticator, or one of your recovery codes."
          autoComplete="one-time-code"
          value={code}
          onValue={setCode}
          required
          autoFocus
        />
      </EntryForm>
    </EntryFrame>
  );
}

function EntryForm({
  action,
  mutation,
  children,
}: {
  readonly action: string;
  readonly mutation: ReturnType<typeof useSignIn>;
  readonly children: ReactNode;
}) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    mutation.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      {mutation.isError ? <Notice tone="bad">{errorWords(mutation.error).detail}</Notice> : null}
      {children}
      <Button look="primary" type="submit" busy={mutation.isPending}>
        {action}
      </Button>
    </form>
  );
}

/** Afterwards the session is asked for again; who is in goes where they wanted to. */
function useSignIn(call: () => Promise<unknown>) {
  const client = useQueryClient();
  const router = useRouter();
  const { to = '/' } = useSearch({ from: '/sign-in' });
  return useMutation({
    mutationFn: call,
    onSuccess: async () => {
      const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (session.data.state === 'signed_in') await router.navigate({ href: to });
    },
  });
}
