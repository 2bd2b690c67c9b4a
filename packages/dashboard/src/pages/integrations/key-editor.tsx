/** Editing a stored key. Its secret stays unless it is typed again; a changed destination asks for it and says why. */
import { ManagementError } from '@arouter/contract';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/states.tsx';
import { notify } from '../../components/toasts.tsx';
import { CredentialForm } from './credential-form.tsx';
import { ErrorLine } from './error-line.tsx';
import {
  changeOf,
  destinationChanged,
  draftOf,
  errorsOf,
  hasCredential,
  type FieldErrors,
  type KeyDraft,
  type Provider,
} from './key-draft.ts';
import { KeyForm } from './key-form.tsx';
import { useKeyActions, type KeyScope, type ProviderKey } from './key-scope.ts';
import { useKeysSearch } from './use-keys-search.ts';

type EditorProps = {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly provider: Provider | undefined;
  readonly keys: readonly ProviderKey[];
};

export function KeyEditor({ scope, providerKey, provider, keys }: EditorProps) {
  const [, open] = useKeysSearch();
  if (provider === undefined) {
    return (
      <Dialog open onOpenChange={() => open({})} title={`Edit “${providerKey.label}”`} width="small">
        <Notice tone="warn">
          The provider of this key is no longer known here. The key can only be deleted.
        </Notice>
      </Dialog>
    );
  }
  return (
    <EditorDialog
      scope={scope}
      providerKey={providerKey}
      provider={provider}
      sisters={keys.filter((key) => key.provider === provider.id)}
    />
  );
}

function EditorDialog({
  scope,
  providerKey,
  provider,
  sisters,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly provider: Provider;
  readonly sisters: readonly ProviderKey[];
}) {
  const [, open] = useKeysSearch();
  const form = useChange(scope, providerKey, provider);
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : open({}))}
      title={`Edit “${providerKey.label}”`}
      description={provider.name}
      footer={
        <>
          <Button onClick={() => open({})}>Cancel</Button>
          <Button look="primary" busy={form.update.isPending} onClick={form.save}>
            Save
          </Button>
        </>
      }
    >
      <div className="grid gap-5">
        <KeyForm
          provider={provider}
          draft={form.draft}
          errors={form.errors}
          onDraft={form.change}
          sisters={sisters}
          current={providerKey.id}
          credential={<StoredCredential providerKey={providerKey} provider={provider} form={form} />}
        />
        {form.failure === null ? null : <ErrorLine error={form.failure} />}
      </div>
    </Dialog>
  );
}

function StoredCredential({
  providerKey,
  provider,
  form,
}: {
  readonly providerKey: ProviderKey;
  readonly provider: Provider;
  readonly form: ReturnType<typeof useChange>;
}) {
  const [replacing, setReplacing] = useState(false);
  const moved = destinationChanged(form.draft, providerKey);
  if (!replacing && !moved) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl bg-sunken px-3.5 py-2.5 text-[0.8125rem]">
        <span>
          Stored secret <span className="font-mono text-muted">{providerKey.hint}</span>
        </span>
        <Button size="small" onClick={() => setReplacing(true)}>
          Replace
        </Button>
      </div>
    );
  }
  return (
    <div className="grid gap-4">
      {moved && !hasCredential(form.draft) ? (
        <Notice tone="warn" title="Enter the secret again">
          You changed where this key is sent. The stored secret is sealed together with the place it was saved
          for and will not be sent anywhere else, so that nobody who can edit a key can make it travel to a
          host of theirs.
        </Notice>
      ) : null}
      <CredentialForm provider={provider} draft={form.draft} errors={form.errors} onDraft={form.change} />
    </div>
  );
}

function useChange(scope: KeyScope, providerKey: ProviderKey, provider: Provider) {
  const [, open] = useKeysSearch();
  // The key as it was when the form opened: what is fetched meanwhile must not change what is typed.
  const [stored] = useState(providerKey);
  const [draft, setDraft] = useState<KeyDraft>(() => draftOf(stored));
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<unknown>(null);
  const { update } = useKeyActions(scope);
  const onError = (error: unknown): void => {
    if (error instanceof ManagementError && error.fields.length > 0) setErrors(errorsOf(error));
    else setFailure(error);
  };
  const save = (): void => {
    const read = changeOf(draft, stored, provider);
    setErrors(read.kind === 'wrong' ? read.errors : {});
    setFailure(null);
    if (read.kind !== 'body') return;
    update.mutate(
      { id: stored.id, body: read.body },
      {
        onError,
        onSuccess: ({ data, warnings }) => {
          notify(`“${data.label}” is saved`, warnings[0]);
          open({});
        },
      },
    );
  };
  return {
    draft,
    errors,
    failure,
    update,
    save,
    change: (change: Partial<KeyDraft>) => setDraft((old) => ({ ...old, ...change })),
  };
}
