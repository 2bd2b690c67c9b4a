/** The frame of every page: one title, what it is for, its main actions; and the window's title. */
import type { ReactNode } from 'react';

export function Page({
  title,
  description,
  actions,
  width = 'wide',
  children,
}: {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  /** `text` for forms and prose, `wide` for lists, `full` for tables of many columns. */
  readonly width?: 'text' | 'wide' | 'full';
  readonly children: ReactNode;
}) {
  const widths = { text: 'max-w-3xl', wide: 'max-w-7xl', full: 'max-w-[120rem]' } as const;
  return (
    <div className={`mx-auto grid w-full gap-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7 ${widths[width]}`}>
      <title>{`${title} · ARouter`}</title>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {description === undefined ? null : (
            <p className="mt-1 max-w-3xl text-[0.8125rem] text-muted">{description}</p>
          )}
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
