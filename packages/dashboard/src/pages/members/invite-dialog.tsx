/** Invites somebody: e-mail and role make a link, which is handed over by whoever invites. */
import type { Role } from '@arouter/contract';
import { useState, type FormEvent } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { useApiMutation } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import { ROLE_WORDS, rolesToGive } from './role-words.ts';

export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const invite = useApiMutation('createInvitation', { stale: ['listInvitations'] });
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Invite to this workspace"
      description="You get a link to hand over. ARouter sends no e-mail."
      width="small"
    >
      {invite.data === undefined ? (
        <InviteForm invite={invite} onClose={onClose} />
      ) : (
        <div className="grid gap-4">
          <Notice tone="good" title={`Give this link to ${invite.data.data.email}`}>
            It works once, for seven days, and is not shown again.
          </Notice>
          <CodeBlock label="invitation link" text={invite.data.url} wrap />
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function InviteForm({
  invite,
  onClose,
}: {
  readonly invite: ReturnType<typeof useApiMutation<'createInvitation'>>;
  readonly onClose: () => void;
}) {
  const roles = rolesToGive(useSession().workspace.role);
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('developer');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate({ body: { email: email.trim(), role } });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      {invite.isError ? <Notice tone="bad">{errorWords(invite.error).detail}</Notice> : null}
      <TextField label="E-mail" type="email" value={email} onValue={setEmail} required />
      <SelectField
        label="Role"
        options={roles}
        value={role}
        onValue={(value) => setRole(value as Role)}
        help={ROLE_WORDS[role].means}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" busy={invite.isPending}>
          Make link
        </Button>
      </div>
    </form>
  );
}
