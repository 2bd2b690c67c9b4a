/** The one moment in which an API key can be copied. */
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/states.tsx';

export function NewKeyDialog({
  apiKey,
  title = 'Your new API key',
  onClose,
}: {
  readonly apiKey: string;
  readonly title?: string;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={title}
      footer={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div className="grid gap-3">
        <Notice tone="warn">
          Copy it now: only a fingerprint of it is kept, so it cannot be shown again.
        </Notice>
        <CodeBlock text={apiKey} label="API key" />
        <CodeBlock
          label="first request"
          text={`curl ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}'`}
        />
      </div>
    </Dialog>
  );
}
