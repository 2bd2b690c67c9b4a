/** What a person presses. Busy: it keeps its width, says so, and cannot be pressed twice. */
import type { ComponentProps, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';
import { Spinner } from './spinner.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';
type ButtonProps = ComponentProps<'button'> & {
  readonly look?: Look;
  readonly size?: 'small' | 'medium';
  readonly busy?: boolean;
  readonly icon?: IconName;
};

const LOOKS: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-accent-ink border-transparent hover:bg-accent-hover',
  plain: 'bg-card text-ink border-line-strong hover:bg-hover',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-hover',
  danger: 'bg-bad text-bad-ink border-transparent hover:opacity-90',
};
const SIZES = { small: 'h-8 px-2.5 text-[0.8125rem]', medium: 'h-9 px-3.5' } as const;

/** The classes of a button, for a link that looks like one. */
export function buttonClass(look: Look = 'plain', size: keyof typeof SIZES = 'medium'): string {
  return `inline-flex items-center justify-center gap-1.5 rounded-lg border font-medium whitespace-nowrap select-none disabled:opacity-55 ${LOOKS[look]} ${SIZES[size]}`;
}

export function Button({
  look,
  size,
  busy = false,
  icon,
  children,
  className = '',
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={`${buttonClass(look, size)} ${className}`}
    >
      {busy ? <Spinner /> : icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is only an icon. Its name is for screen readers and the tooltip. */
export function IconButton({
  icon,
  label,
  className = '',
  ...rest
}: ComponentProps<'button'> & {
  readonly icon: IconName;
  readonly label: string;
  readonly children?: ReactNode;
}) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={`inline-grid size-8 shrink-0 place-items-center rounded-lg text-muted hover:bg-hover hover:text-ink disabled:opacity-50 ${className}`}
    >
      <Icon name={icon} />
    </button>
  );
}
