/** The first run: the one-use link makes the workspace and its keys. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { storeKey } from '../../api/stored-key.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import { EntryFrame } from '../../layout/entry-frame.tsx';
import { claimFirstRun, takeTokenFromAddress, type FirstKeys } from './claim-first-run.ts';

const token = takeTokenFromAddress();

export function FirstRunPage() {
  const [name, setName] = useState('My workspace');
  const claim = useMutation({ mutationFn: () => claimFirstRun(token, name) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    claim.mutate();
  };
  if (claim.data !== undefined) return <FirstKeysShown keys={claim.data} />;
  return (
    <EntryFrame title="Welcome to ARouter">
      <form onSubmit={submit} className="grid gap-4">
        {token === '' ? (
          <Notice tone="warn">
            This page needs the first-run link that the server printed. Restart the server to get a new one.
          </Notice>
        ) : null}
        {claim.isError ? <Notice tone="bad">{claim.error.message}</Notice> : null}
        <TextField label="Workspace name" value={name} onValue={setName} maxLength={100} required />
        <Button look="primary" type="submit" busy={claim.isPending} disabled={token === ''}>
          Create workspace
        </Button>
      </form>
    </EntryFrame>
  );
}

function FirstKeysShown({ keys }: { readonly keys: FirstKeys }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const open = (): void => {
    storeKey(keys.management_key);
    client.clear();
    void navigate({ to: '/settings/integrations' });
  };
  return (
    <EntryFrame title="Your keys">
      <p className="text-[0.8125rem] text-muted">
        They are stored only as keyed hashes and cannot be shown again. Copy them now.
      </p>
      <div className="grid gap-1.5 text-[0.8125rem]">
        <h2 className="font-medium">API key, for applications</h2>
        <CodeBlock label="API key" text={keys.api_key} />
        <h2 className="mt-2 font-medium">Management key, for this workspace</h2>
        <CodeBlock label="Management key" text={keys.management_key} />
        <h2 className="mt-2 font-medium">Operator key, for this instance</h2>
        <CodeBlock label="Operator key" text={keys.operator_key} />
      </div>
      <Button look="primary" onClick={open}>
        I have copied them
      </Button>
    </EntryFrame>
  );
}
