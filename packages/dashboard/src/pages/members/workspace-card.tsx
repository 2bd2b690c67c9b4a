/** The workspace's name. */
import { useState, type FormEvent } from 'react';
import { useApiMutation } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';

export function WorkspaceCard() {
  const { workspace } = useSession();
  const mayManage = useMay('workspace.manage');
  const [name, setName] = useState(workspace.name);
  const rename = useApiMutation('renameWorkspace', { stale: ['getSession', 'listWorkspaces'] });
  if (!mayManage) return null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    rename.mutate(
      { body: { name } },
      { onSuccess: () => notify('The workspace is renamed'), onError: notifyError },
    );
  };
  return (
    <Card title="Workspace">
      <form onSubmit={submit} className="flex max-w-xl flex-wrap items-end gap-3">
        <div className="flex-1 basis-60">
          <TextField label="Name" value={name} onValue={setName} maxLength={100} required />
        </div>
        <Button
          type="submit"
          busy={rename.isPending}
          disabled={name.trim() === '' || name === workspace.name}
        >
          Rename
        </Button>
      </form>
    </Card>
  );
}
