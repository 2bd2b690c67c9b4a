/** Signing in with a management key. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { sessionQuery } from '../../api/session.ts';
import { storeKey } from '../../api/stored-key.ts';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import { errorWords } from '../../api/error-words.ts';
import { EntryFrame } from '../../layout/entry-frame.tsx';

export function SignInPage() {
  const [key, setKey] = useState('');
  const client = useQueryClient();
  const navigate = useNavigate();
  const signIn = useMutation({
    mutationFn: async () => {
      storeKey(key.trim());
      const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (session.state === 'signed_out') throw new Error('This key is not known here, or has ended.');
    },
    onSuccess: () => navigate({ to: '/' }),
    onError: () => storeKey(null),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <EntryFrame title="Sign in">
      <form onSubmit={submit} className="grid gap-4">
        {signIn.isError ? <Notice tone="bad">{errorWords(signIn.error).detail}</Notice> : null}
        <TextField
          label="Management key"
          type="password"
          value={key}
          onValue={setKey}
          placeholder="lr_mgmt_…"
          required
          help="It stays in this tab and is sent to this server only."
        />
        <Button look="primary" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </EntryFrame>
  );
}
