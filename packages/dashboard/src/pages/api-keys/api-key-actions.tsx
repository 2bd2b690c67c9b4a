/** What can be done with one API key. Disabling and deleting can be undone. */
import { useState } from 'react';
import { useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Menu } from '../../components/menu.tsx';
import { notify, notifyError, notifyUndoable } from '../../components/toasts.tsx';
import type { ApiKey } from './api-key.ts';
import { ApiKeyDialog } from './api-key-dialog.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';

type Props = { readonly apiKey: ApiKey };
type DialogProps = Props & { readonly onClose: () => void };

export function ApiKeyActions({ apiKey }: Props) {
  const mayManage = useMay('api_keys.manage');
  const [dialog, setDialog] = useState<'edit' | 'rotate' | null>(null);
  const remove = useDeletion(apiKey);
  const update = useApiMutation('updateApiKey', { stale: ['listApiKeys'] });
  const setDisabled = (disabled: boolean, after?: () => void) =>
    update.mutate(
      { params: { hash: apiKey.hash }, body: { disabled } },
      { onSuccess: after, onError: notifyError },
    );
  const toggle = () =>
    apiKey.disabled
      ? setDisabled(false, () => notify(`“${apiKey.name}” works again`))
      : setDisabled(true, () => notifyUndoable(`“${apiKey.name}” is disabled`, () => setDisabled(false)));
  if (!mayManage) return null;
  return (
    <>
      <Menu
        label={`Actions for ${apiKey.name}`}
        trigger={<IconButton icon="more" label={`Actions for ${apiKey.name}`} />}
        items={[
          { kind: 'action', label: 'Edit', onSelect: () => setDialog('edit') },
          { kind: 'action', label: apiKey.disabled ? 'Enable' : 'Disable', onSelect: toggle },
          { kind: 'action', label: 'New secret', icon: 'refresh', onSelect: () => setDialog('rotate') },
          { kind: 'separator' },
          {
            kind: 'action',
            label: 'Delete',
            icon: 'trash',
            danger: true,
            onSelect: remove,
          },
        ]}
      />
      {dialog === 'edit' ? <EditKey apiKey={apiKey} onClose={() => setDialog(null)} /> : null}
      {dialog === 'rotate' ? <RotateKey apiKey={apiKey} onClose={() => setDialog(null)} /> : null}
    </>
  );
}

/** Undone from the notice about it; the server keeps the key for ten minutes. */
function useDeletion({ hash, name }: ApiKey): () => void {
  const remove = useApiMutation('deleteApiKey', { stale: ['listApiKeys'] });
  const restore = useApiMutation('restoreApiKey', { stale: ['listApiKeys'] });
  const undo = () =>
    void restore.mutateAsync({ params: { hash } }).then(() => notify(`“${name}” works again`), notifyError);
  // The list loses the key before this is over: so not as callbacks of `mutate`.
  return () =>
    void remove
      .mutateAsync({ params: { hash } })
      .then(
        () => notifyUndoable(`“${name}” is deleted`, undo, 'Applications that send it are refused at once.'),
        notifyError,
      );
}

function EditKey({ apiKey, onClose }: DialogProps) {
  const update = useApiMutation('updateApiKey', { stale: ['listApiKeys'] });
  return (
    <ApiKeyDialog
      title={`Edit “${apiKey.name}”`}
      action="Save"
      apiKey={apiKey}
      busy={update.isPending}
      error={update.error}
      onSubmit={({ key_type: _fixed, ...body }) =>
        update.mutate({ params: { hash: apiKey.hash }, body }, { onSuccess: onClose })
      }
      onClose={onClose}
    />
  );
}

/** A limit that was spent stays spent: it is the same key. */
function RotateKey({ apiKey, onClose }: DialogProps) {
  const rotate = useApiMutation('rotateApiKey', { stale: ['listApiKeys'] });
  if (rotate.data !== undefined)
    return (
      <NewKeyDialog title={`The new secret of “${apiKey.name}”`} apiKey={rotate.data.key} onClose={onClose} />
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`A new secret for “${apiKey.name}”?`}
      width="small"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            busy={rotate.isPending}
            onClick={() => rotate.mutate({ params: { hash: apiKey.hash } }, { onError: notifyError })}
          >
            Make a new secret
          </Button>
        </>
      }
    >
      <p className="text-[0.8125rem]">
        Applications that send the old one are refused at once. Limits, spend and history stay with the key.
      </p>
    </Dialog>
  );
}
