/** The name that others see. */
import { useState, type FormEvent } from 'react';
import { useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';
import { useAccountChange } from './use-account-change.ts';

export function ProfileCard() {
  const { user } = useSession();
  const [name, setName] = useState(user.name);
  const update = useAccountChange('updateUser');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    update.mutate(
      { body: { name } },
      { onSuccess: () => notify('Your name is saved'), onError: notifyError },
    );
  };
  return (
    <Card title="Profile">
      <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
        <TextField label="Name" autoComplete="name" value={name} onValue={setName} maxLength={100} required />
        <TextField
          label="E-mail"
          value={user.email}
          onValue={() => undefined}
          disabled
          help="It is what you sign in with."
        />
        <div>
          <Button type="submit" busy={update.isPending} disabled={name.trim() === '' || name === user.name}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
