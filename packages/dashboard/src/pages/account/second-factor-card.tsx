/** The second factor: made with the password, on once a first code is confirmed; recovery codes are shown once. */
import { useState } from 'react';
import { useSession } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { notify } from '../../components/toasts.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx';
import { SetUpDialog, type SecondFactorSetUp } from './set-up-dialog.tsx';
import { useAccountChange } from './use-account-change.ts';

type Step = 'none' | 'start' | 'disable' | 'renew';

export function SecondFactorCard() {
  const { user } = useSession();
  const [step, setStep] = useState<Step>('none');
  const [setUp, setSetUp] = useState<SecondFactorSetUp | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const on = user.two_factor_enabled;
  const close = (): void => setStep('none');
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          Second factor <Badge tone={on ? 'good' : 'neutral'}>{on ? 'On' : 'Off'}</Badge>
        </span>
      }
      description="A code of an authenticator app beside the password: a stolen password alone then opens nothing."
    >
      <div className="flex flex-wrap gap-2">
        {on ? (
          <>
            <Button onClick={() => setStep('renew')}>New recovery codes</Button>
            <Button onClick={() => setStep('disable')}>Turn off</Button>
          </>
        ) : (
          <Button look="primary" onClick={() => setStep('start')}>
            Turn on
          </Button>
        )}
      </div>
      <Start open={step === 'start'} onClose={close} onSetUp={setSetUp} />
      <Disable open={step === 'disable'} onClose={close} />
      <Renew open={step === 'renew'} onClose={close} onCodes={setCodes} />
      {setUp === null ? null : (
        <SetUpDialog
          setUp={setUp}
          onClose={() => setSetUp(null)}
          onConfirmed={() => {
            setCodes(setUp.recoveryCodes);
            setSetUp(null);
          }}
        />
      )}
      {codes === null ? null : <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  );
}

type StepProps = { readonly open: boolean; readonly onClose: () => void };

function Start({
  open,
  onClose,
  onSetUp,
}: StepProps & { readonly onSetUp: (setUp: SecondFactorSetUp) => void }) {
  const start = useAccountChange('startTwoFactor');
  return (
    <PasswordDialog
      open={open}
      onClose={onClose}
      title="Turn on the second factor"
      action="Continue"
      mutation={start}
      onPassword={(password, done) =>
        start.mutate(
          { body: { password } },
          {
            onSuccess: ({ data }) => {
              done();
              onSetUp({ uri: data.totp_uri, secret: data.secret, recoveryCodes: data.recovery_codes });
            },
          },
        )
      }
    />
  );
}

function Disable({ open, onClose }: StepProps) {
  const disable = useAccountChange('disableTwoFactor');
  return (
    <PasswordDialog
      open={open}
      onClose={onClose}
      title="Turn off the second factor"
      action="Turn off"
      mutation={disable}
      onPassword={(password, done) =>
        disable.mutate(
          { body: { password } },
          {
            onSuccess: () => {
              done();
              notify('The second factor is off');
            },
          },
        )
      }
    />
  );
}

function Renew({
  open,
  onClose,
  onCodes,
}: StepProps & { readonly onCodes: (codes: readonly string[]) => void }) {
  const renew = useAccountChange('renewRecoveryCodes');
  return (
    <PasswordDialog
      open={open}
      onClose={onClose}
      title="New recovery codes"
      action="Make new codes"
      mutation={renew}
      onPassword={(password, done) =>
        renew.mutate(
          { body: { password } },
          {
            onSuccess: ({ data }) => {
              done();
              onCodes(data.recovery_codes);
            },
          },
        )
      }
    />
  );
}
