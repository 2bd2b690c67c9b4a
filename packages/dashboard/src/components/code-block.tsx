/** Text that is copied whole: a command, a snippet, a secret that is shown once. */
import { CopyButton } from './copy-button.tsx';

export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className="relative min-w-0 rounded-lg border border-line bg-sunken">
      {/* It scrolls, so the keyboard must reach it. */}
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
        tabIndex={0}
        role="region"
        aria-label={label}
        className="overflow-x-auto p-3 pr-12 font-mono text-xs leading-5 whitespace-pre"
      >
        {text}
      </pre>
      <span className="absolute top-1.5 right-1.5 rounded-lg bg-sunken">
        <CopyButton text={text} label={`Copy ${label}`} />
      </span>
    </div>
  );
}

/** A value in a sentence. */
export function Code({ children }: { readonly children: string }) {
  return (
    <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.85em] wrap-anywhere">{children}</code>
  );
}
