/** A framed part of a page. */
import type { ReactNode } from 'react';

export function Card({
  title,
  description,
  actions,
  flush = false,
  children,
}: {
  readonly title?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  /** True: the content reaches the frame (tables). */
  readonly flush?: boolean;
  readonly children?: ReactNode;
}) {
  return (
    <section className="min-w-0 overflow-clip rounded-xl border border-line bg-card shadow-card">
      {title === undefined && actions === undefined ? null : (
        <header className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 pt-3.5 pb-3 sm:px-5">
          <div className="min-w-0 flex-1">
            <h2 className="text-sm font-semibold">{title}</h2>
            {description === undefined ? null : <p className="mt-0.5 text-xs text-muted">{description}</p>}
          </div>
          {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? '' : `px-4 pb-4 sm:px-5 sm:pb-5 ${title === undefined ? 'pt-4 sm:pt-5' : ''}`}>
        {children}
      </div>
    </section>
  );
}

const FIGURE_HEIGHT = 'h-24';

/** Where figures are about to stand: as many, as high. */
export function FiguresSkeleton({ count, columns }: { readonly count: number; readonly columns: string }) {
  return (
    <div className={`grid gap-3 ${columns}`} role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, figure) => (
        <span key={figure} className={`skeleton block ${FIGURE_HEIGHT}`} aria-hidden="true" />
      ))}
    </div>
  );
}

/** One figure with its name: a row of these heads an overview. */
export function Figure({
  label,
  value,
  note,
}: {
  readonly label: ReactNode;
  readonly value: ReactNode;
  readonly note?: ReactNode;
}) {
  return (
    <div className={`${FIGURE_HEIGHT} min-w-0 rounded-xl border border-line bg-card px-4 py-3.5 shadow-card`}>
      <p className="truncate text-xs text-muted">{label}</p>
      <div className="mt-1 truncate text-xl font-semibold tracking-tight">{value}</div>
      <div className="mt-0.5 min-h-4 truncate text-xs text-muted">{note}</div>
    </div>
  );
}
