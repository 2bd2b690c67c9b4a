/** Add Provider Key: provider → credential type → form → Test Key → Save. */
import { ManagementError } from '@arouter/contract';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { notify } from '../../components/toasts.tsx';
import { CredentialForm } from './credential-form.tsx';
import { ErrorLine } from './error-line.tsx';
import {
  emptyDraft,
  errorsOf,
  newKeyOf,
  type FieldErrors,
  type KeyDraft,
  type Provider,
} from './key-draft.ts';
import { KeyForm } from './key-form.tsx';
import { useKeyActions, type KeyScope, type NewKey, type ProviderKey } from './key-scope.ts';
import { ProviderPicker } from './provider-grid.tsx';
import { TestOutcome, TestProgress } from './test-key.tsx';
import { useKeysSearch } from './use-keys-search.ts';

export function KeyWizard({
  scope,
  providers,
  keys,
  providerId,
  onClose,
}: {
  readonly scope: KeyScope;
  readonly providers: readonly Provider[];
  readonly keys: readonly ProviderKey[];
  /** `''`: still to be chosen. */
  readonly providerId: string;
  readonly onClose: () => void;
}) {
  const [search, open] = useKeysSearch();
  const provider = providers.find(({ id }) => id === providerId);
  if (provider !== undefined) {
    const sisters = keys.filter((key) => key.provider === provider.id);
    return (
      <NewKeyDialog key={provider.id} scope={scope} provider={provider} sisters={sisters} onClose={onClose} />
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      width="large"
      title="Add Provider Key"
      description="Which provider is the key of?"
    >
      <ProviderPicker keys={keys} providers={providers} onPick={({ id }) => open({ ...search, add: id })} />
    </Dialog>
  );
}

type NewKeyProps = {
  readonly scope: KeyScope;
  readonly provider: Provider;
  readonly sisters: readonly ProviderKey[];
  readonly onClose: () => void;
};

function NewKeyDialog({ scope, provider, sisters, onClose }: NewKeyProps) {
  const form = useNewKey(scope, provider, onClose);
  const [search, open] = useKeysSearch();
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={`Add a key of ${provider.name}`}
      description="The secret is encrypted before it is stored, sent only to this provider, and never shown again."
      footer={
        <>
          <Button look="quiet" className="mr-auto" onClick={() => open({ ...search, add: '' })}>
            Other provider
          </Button>
          <Button busy={form.test.isPending} disabled={form.create.isPending} onClick={form.runTest}>
            Test Key
          </Button>
          <Button look="primary" busy={form.create.isPending} onClick={form.save}>
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
          current={null}
          credential={
            <CredentialForm
              provider={provider}
              draft={form.draft}
              errors={form.errors}
              onDraft={form.change}
            />
          }
        />
        {form.test.isPending ? <TestProgress provider={provider.name} /> : null}
        {form.test.isSuccess ? <TestOutcome result={form.test.data.data} /> : null}
        {form.failure === null ? null : <ErrorLine error={form.failure} />}
      </div>
    </Dialog>
  );
}

/** The draft, what is wrong with it, and its two ways out. */
function useNewKey(scope: KeyScope, provider: Provider, onClose: () => void) {
  const [draft, setDraft] = useState<KeyDraft>(() =>
    emptyDraft(provider.credential_types[0]?.id ?? 'api_key'),
  );
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<unknown>(null);
  const { create, testUnsaved: test } = useKeyActions(scope);
  const withBody = (act: (body: NewKey) => void): void => {
    const read = newKeyOf(draft, provider);
    setErrors(read.kind === 'wrong' ? read.errors : {});
    setFailure(null);
    if (read.kind === 'body') act(read.body);
  };
  const onError = (error: unknown): void => {
    if (error instanceof ManagementError && error.fields.length > 0) setErrors(errorsOf(error));
    else setFailure(error);
  };
  return {
    draft,
    errors,
    failure,
    test,
    create,
    /** What was tested is no longer what is there. */
    change: (change: Partial<KeyDraft>): void => {
      setDraft((old) => ({ ...old, ...change }));
      test.reset();
    },
    runTest: () => withBody((body) => test.mutate(body, { onError })),
    save: () =>
      withBody((body) =>
        create.mutate(body, {
          onError,
          onSuccess: ({ data, warnings }) => {
            notify(`“${data.label}” is saved`, warnings[0] ?? 'Requests use it from now on.');
            onClose();
          },
        }),
      ),
  };
}
