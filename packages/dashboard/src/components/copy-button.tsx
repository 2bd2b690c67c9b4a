/** Copies a text and says that it did. Where the browser refuses (no secure context), it selects nothing and says so. */
import { useState } from 'react';
import { Button, IconButton } from './button.tsx';

const SAID_MS = 2_000;

function useCopy(text: string) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = (): void => {
    // Absent where the page came over plain http from another machine.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
    written.then(
      () => setState('copied'),
      () => setState('refused'),
    );
    setTimeout(() => setState('idle'), SAID_MS);
  };
  return { state, copy };
}

/** Icon only. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const { state, copy } = useCopy(text);
  const said =
    state === 'copied' ? 'Copied' : state === 'refused' ? 'Copy it by hand: the browser refused' : label;
  return (
    <IconButton icon={state === 'copied' ? 'check' : 'copy'} label={said} onClick={copy} className="size-7" />
  );
}

/** With words. */
export function CopyTextButton({
  text,
  children = 'Copy',
}: {
  readonly text: string;
  readonly children?: string;
}) {
  const { state, copy } = useCopy(text);
  return (
    <Button size="small" icon={state === 'copied' ? 'check' : 'copy'} onClick={copy}>
      {state === 'copied' ? 'Copied' : state === 'refused' ? 'Copy by hand' : children}
    </Button>
  );
}
