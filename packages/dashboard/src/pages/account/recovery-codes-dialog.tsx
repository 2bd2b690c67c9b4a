/** Recovery codes, shown once. */
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';

export function RecoveryCodesDialog({
  codes,
  onClose,
}: {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Your recovery codes"
      description="Each opens your account once when the authenticator is lost. They are shown now and never again: keep them apart from your password."
      width="small"
      footer={
        <Button look="primary" onClick={onClose}>
          I have kept them
        </Button>
      }
    >
      <CodeBlock label="recovery codes" text={codes.join('\n')} />
    </Dialog>
  );
}
