/** An invitation's link: says to what it leads, and makes the account or takes the one that is signed in. */
import type { RouteAnswer } from '@arouter/contract';
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { callApi } from '../../api/client.ts';
import { errorWords } from '../../api/error-words.ts';
import { sessionQuery } from '../../api/session.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { NewPasswordField } from '../../components/new-password-field.tsx';
import { Loaded, Notice } from '../../components/states.tsx';
import { takeTokenFromAddress } from '../../components/token-from-address.ts';
import { EntryFrame } from '../../layout/entry-frame.tsx';
import { ROLE_WORDS } from '../members/role-words.ts';
import { keepInvitation, readInvitation } from './kept-invitation.ts';

const given = takeTokenFromAddress();
if (given !== '') keepInvitation(given);

type Invitation = RouteAnswer<'inspectInvitation'>['data'];

export function InvitePage() {
  const token = readInvitation();
  const invitation = useQuery({
    queryKey: ['invitation'],
    queryFn: () => callApi('inspectInvitation', { body: { token } }),
    enabled: token !== '',
  });
  return (
    <EntryFrame title="You are invited">
      {token === '' ? (
        <Notice tone="warn">The link is incomplete. Open it again as it was given to you.</Notice>
      ) : (
        <Loaded query={invitation}>{({ data }) => <Invited invitation={data} token={token} />}</Loaded>
      )}
    </EntryFrame>
  );
}

function Invited({ invitation, token }: { readonly invitation: Invitation; readonly token: string }) {
  const { data } = useSuspenseQuery(sessionQuery);
  const signedInAs = data.data.user?.email ?? null;
  return (
    <div className="grid gap-4">
      <p className="text-[0.8125rem]">
        <span className="font-medium">{invitation.workspace_name}</span> invites {invitation.email} as{' '}
        {ROLE_WORDS[invitation.role].label}.{' '}
        <span className="text-muted">{ROLE_WORDS[invitation.role].means}</span>
      </p>
      {!invitation.account_exists ? (
        <NewAccount token={token} email={invitation.email} />
      ) : signedInAs === invitation.email ? (
        <Join token={token} />
      ) : (
        <>
          <Notice>
            {signedInAs === null
              ? 'You have an account here. Sign in with it, then come back.'
              : `You are signed in as ${signedInAs}. Sign out, then sign in as ${invitation.email}.`}
          </Notice>
          <Link to="/sign-in" search={{ to: '/invite' }} className={buttonClass('primary')}>
            Sign in
          </Link>
        </>
      )}
    </div>
  );
}

function NewAccount({ token, email }: { readonly token: string; readonly email: string }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const accept = useAccept(() => ({ token, name, password }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      {accept.isError ? <Notice tone="bad">{errorWords(accept.error).detail}</Notice> : null}
      <TextField label="E-mail" autoComplete="username" value={email} onValue={() => undefined} readOnly />
      <TextField
        label="Your name"
        autoComplete="name"
        value={name}
        onValue={setName}
        maxLength={100}
        required
      />
      <NewPasswordField value={password} onValue={setPassword} />
      <Button look="primary" type="submit" busy={accept.isPending}>
        Join
      </Button>
    </form>
  );
}

function Join({ token }: { readonly token: string }) {
  const accept = useAccept(() => ({ token }));
  return (
    <>
      {accept.isError ? <Notice tone="bad">{errorWords(accept.error).detail}</Notice> : null}
      <Button look="primary" busy={accept.isPending} onClick={() => accept.mutate()}>
        Join
      </Button>
    </>
  );
}

function useAccept(
  body: () => { readonly token: string; readonly name?: string; readonly password?: string },
) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => callApi('acceptInvitation', { body: body() }),
    onSuccess: async ({ data }) => {
      keepInvitation('');
      await callApi('switchWorkspace', { body: { workspace_id: data.workspace_id } });
      client.clear();
      await router.navigate({ to: '/' });
    },
  });
}
