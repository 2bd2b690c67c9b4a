/** The three states of everything that is loaded: not yet, not at all, nothing there. All hold the place of what comes. */
import { ManagementError } from '@arouter/contract';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { errorWords } from '../api/error-words.ts';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { Icon, type IconName } from './icon.tsx';

/** Grey lines the size of what comes: give the height of the real thing, so that nothing moves when it arrives. */
export function Skeleton({ className = 'h-4 w-full' }: { readonly className?: string }) {
  return <span className={`skeleton block ${className}`} aria-hidden="true" />;
}

export function SkeletonRows({
  rows = 5,
  rowClass = 'h-11',
}: {
  readonly rows?: number;
  readonly rowClass?: string;
}) {
  return (
    <div className="grid gap-2" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className={rowClass} />
      ))}
    </div>
  );
}

export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="grid justify-items-center gap-2 px-6 py-12 text-center">
      <span className="grid size-11 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon name={icon} className="size-5" />
      </span>
      <h2 className="mt-1 text-sm font-semibold">{title}</h2>
      {children === undefined ? null : <div className="max-w-md text-[0.8125rem] text-muted">{children}</div>}
      {action === undefined ? null : <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export function ErrorState({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { title, detail, requestId } = errorWords(error);
  return (
    <div role="alert" className="grid justify-items-center gap-2 px-6 py-12 text-center">
      <span className="grid size-11 place-items-center rounded-full bg-bad-soft text-bad">
        <Icon name="warning" className="size-5" />
      </span>
      <h2 className="mt-1 text-sm font-semibold">{title}</h2>
      <p className="max-w-lg text-[0.8125rem] text-muted wrap-anywhere">{detail}</p>
      {requestId === null ? null : (
        <p className="flex items-center gap-1 font-mono text-xs text-faint">
          {requestId}
          <CopyButton text={requestId} label="Copy request id" />
        </p>
      )}
      {onRetry === undefined || isForbidden(error) ? null : (
        <Button icon="refresh" className="mt-2" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What the role does not allow is not allowed a second later. */
function isForbidden(error: unknown): boolean {
  return error instanceof ManagementError && error.status === 403;
}

/** Draws a query: its skeleton, its error with a way to try again, or its data. Stale data stays while it is refetched. */
export function Loaded<Data>({
  query,
  skeleton,
  children,
}: {
  readonly query: UseQueryResult<Data>;
  readonly skeleton?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return skeleton ?? <SkeletonRows />;
}

/**
 * What stands below something of unknown height. It loads its own data meanwhile, and is seen once its place is known: nothing
 * that somebody reads, or is about to press, moves away.
 */
export function Below({
  query,
  children,
}: {
  readonly query: Pick<UseQueryResult, 'isPending'>;
  readonly children: ReactNode;
}) {
  return <div className={query.isPending ? 'hidden' : 'contents'}>{children}</div>;
}

/** A sentence that stands out on a page. */
export function Notice({
  tone = 'info',
  title,
  children,
}: {
  readonly tone?: 'info' | 'good' | 'warn' | 'bad';
  readonly title?: ReactNode;
  readonly children?: ReactNode;
}) {
  const looks = {
    info: ['bg-accent-soft', 'text-accent', 'info'],
    good: ['bg-good-soft', 'text-good', 'check'],
    warn: ['bg-warn-soft', 'text-warn', 'warning'],
    bad: ['bg-bad-soft', 'text-bad', 'warning'],
  } as const;
  const [background, ink, icon] = looks[tone];
  return (
    <div
      role={tone === 'bad' ? 'alert' : undefined}
      className={`flex gap-2.5 rounded-xl px-3.5 py-3 text-[0.8125rem] ${background}`}
    >
      <Icon name={icon} className={`mt-0.5 size-4 ${ink}`} />
      <div className="min-w-0 flex-1 wrap-anywhere">
        {title === undefined ? null : <p className="font-semibold">{title}</p>}
        {children}
      </div>
    </div>
  );
}
