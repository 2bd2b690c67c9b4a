/** The secret for the authenticator, as a picture and as text, and the first code that proves that it took it. */
import { useState, type FormEvent } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { Notice } from '../../components/states.tsx';
import { notify } from '../../components/toasts.tsx';
import { useAccountChange } from './use-account-change.ts';

export type SecondFactorSetUp = {
  readonly uri: string;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
};

export function SetUpDialog({
  setUp,
  onClose,
  onConfirmed,
}: {
  readonly setUp: SecondFactorSetUp;
  readonly onClose: () => void;
  readonly onConfirmed: () => void;
}) {
  const [code, setCode] = useState('');
  const confirm = useAccountChange('confirmTwoFactor');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    confirm.mutate(
      { body: { code: code.trim() } },
      {
        onSuccess: () => {
          notify('The second factor is on');
          onConfirmed();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Scan with your authenticator"
      description="It is not asked for until a first code has been confirmed."
    >
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid items-center gap-4 sm:grid-cols-[auto_minmax(0,1fr)]">
          <QrCode text={setUp.uri} label="The secret for an authenticator app" />
          <div className="grid min-w-0 gap-1.5 text-[0.8125rem]">
            <p className="text-muted">Or type this secret into it:</p>
            <CodeBlock label="secret" text={setUp.secret} wrap />
          </div>
        </div>
        {confirm.isError ? <Notice tone="bad">{errorWords(confirm.error).detail}</Notice> : null}
        <TextField
          label="Code"
          help="The six digits that the app shows now."
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onValue={setCode}
          required
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={confirm.isPending}>
            Confirm
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
