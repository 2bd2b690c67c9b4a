/** Asks for the password again before something that a stolen session must not do. */
import { useState, type FormEvent } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';

export function PasswordDialog({
  open,
  onClose,
  title,
  action,
  mutation,
  onPassword,
}: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly action: string;
  readonly mutation: {
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
    readonly reset: () => void;
  };
  /** `done` closes the dialog. */
  readonly onPassword: (password: string, done: () => void) => void;
}) {
  const [password, setPassword] = useState('');
  const close = (): void => {
    setPassword('');
    mutation.reset();
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onPassword(password, close);
  };
  return (
    <Dialog open={open} onOpenChange={(isOpen) => (isOpen ? undefined : close())} title={title} width="small">
      <form onSubmit={submit} className="grid gap-4">
        {mutation.isError ? <Notice tone="bad">{errorWords(mutation.error).detail}</Notice> : null}
        <TextField
          label="Your password"
          type="password"
          autoComplete="current-password"
          value={password}
          onValue={setPassword}
          required
        />
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" busy={mutation.isPending}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
