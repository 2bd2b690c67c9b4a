/** Text that is copied whole: a command, a snippet, a secret that is shown once. */
import { CopyButton } from './copy-button.tsx';

export function CodeBlock({
  text,
  label,
  wrap = false,
}: {
  readonly text: string;
  readonly label: string;
  /** For long words, such as a key, and long lines: they break instead of scrolling. */
  readonly wrap?: boolean;
}) {
  return (
    <div className="flex min-w-0 items-start rounded-lg border border-line bg-sunken">
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
        tabIndex={0}
        role="region"
        aria-label={label}
        className={`max-h-[32rem] min-w-0 flex-1 overflow-auto p-3 font-mono text-xs leading-5 ${wrap ? 'wrap-anywhere whitespace-pre-wrap' : 'whitespace-pre'}`}
      >
        {text}
      </pre>
      <span className="p-1.5">
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
