/** The one moment in which a signing secret can be copied. */
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/states.tsx';

export function SecretDialog({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="The signing secret"
      footer={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div className="grid gap-3 text-[0.8125rem]">
        <Notice tone="warn">Copy it now: it is sealed and cannot be shown again, only replaced.</Notice>
        <CodeBlock text={secret} label="signing secret" wrap />
        <p className="text-muted">
          Deliveries follow Standard Webhooks: check the header <code>webhook-signature</code> with this
          secret before you believe what arrives. Any library of that name does it.
        </p>
      </div>
    </Dialog>
  );
}
