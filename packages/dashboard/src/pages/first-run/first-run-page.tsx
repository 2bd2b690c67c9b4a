/** The first run: the one-use link makes the first owner and a workspace, and leads to the first key and the first request. */
import { ManagementError } from '@arouter/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { callApi } from '../../api/client.ts';
import { errorWords } from '../../api/error-words.ts';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { NewPasswordField } from '../../components/new-password-field.tsx';
import { Notice } from '../../components/states.tsx';
import { takeTokenFromAddress } from '../../components/token-from-address.ts';
import { EntryFrame } from '../../layout/entry-frame.tsx';
import { keepFirstApiKey } from '../welcome/first-api-key.ts';

/** Read once: it is taken out of the address at the same moment. */
const token = takeTokenFromAddress();

export function FirstRunPage() {
  const [workspaceName, setWorkspaceName] = useState('My workspace');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const complete = useComplete(() => ({ token, workspace_name: workspaceName, name, email, password }));
  const errorAt = (field: string): string | undefined =>
    complete.error instanceof ManagementError && complete.error.fields.includes(field)
      ? complete.error.message
      : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    complete.mutate();
  };
  return (
    <EntryFrame title="Welcome to ARouter">
      <p className="text-[0.8125rem] text-muted">
        You become the owner of this instance and of its first workspace. Next: your first provider key, then
        your first request.
      </p>
      <form onSubmit={submit} className="grid gap-4">
        <LinkNotice error={complete.error} />
        <TextField
          label="Workspace name"
          value={workspaceName}
          onValue={setWorkspaceName}
          maxLength={100}
          error={errorAt('workspace_name')}
          required
        />
        <TextField
          label="Your name"
          autoComplete="name"
          value={name}
          onValue={setName}
          maxLength={100}
          error={errorAt('name')}
          required
        />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          value={email}
          onValue={setEmail}
          error={errorAt('email')}
          required
        />
        <NewPasswordField value={password} onValue={setPassword} error={errorAt('password')} />
        <Button look="primary" type="submit" busy={complete.isPending} disabled={token === ''}>
          Create workspace
        </Button>
      </form>
    </EntryFrame>
  );
}

function LinkNotice({ error }: { readonly error: Error | null }) {
  if (error !== null && !(error instanceof ManagementError && error.fields.length > 0))
    return <Notice tone="bad">{errorWords(error).detail}</Notice>;
  if (token !== '') return null;
  return (
    <Notice tone="warn" title="The first-run link is missing">
      Open the link that the server printed when it started. It works once, for an hour; a restart prints a
      new one.
    </Notice>
  );
}

function useComplete(body: () => Parameters<typeof callApi<'completeFirstRun'>>[1]['body']) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => callApi('completeFirstRun', { body: body() }),
    onSuccess: async ({ data }) => {
      keepFirstApiKey(data.first_api_key);
      client.clear();
      await navigate({ to: '/welcome' });
    },
  });
}
