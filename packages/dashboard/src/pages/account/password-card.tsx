/** A new password. All other sessions end with the old one. */
import { useState, type FormEvent } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { NewPasswordField } from '../../components/new-password-field.tsx';
import { Notice } from '../../components/states.tsx';
import { notify } from '../../components/toasts.tsx';
import { useAccountChange } from './use-account-change.ts';

export function PasswordCard() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useAccountChange('changePassword', ['listSessions']);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(
      { body: { current_password: current, new_password: next } },
      {
        onSuccess: ({ data }) => {
          setCurrent('');
          setNext('');
          notify('Your password is changed', endedWords(data.revoked));
        },
      },
    );
  };
  return (
    <Card title="Password" description="Changing it ends all of your other sessions.">
      <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
        {change.isError ? (
          <div className="sm:col-span-2">
            <Notice tone="bad">{errorWords(change.error).detail}</Notice>
          </div>
        ) : null}
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={current}
          onValue={setCurrent}
          required
        />
        <NewPasswordField label="New password" value={next} onValue={setNext} />
        <div>
          <Button type="submit" busy={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}

function endedWords(ended: number): string {
  if (ended === 0) return 'There were no other sessions.';
  return ended === 1 ? 'One other session ended.' : `${ended} other sessions ended.`;
}
