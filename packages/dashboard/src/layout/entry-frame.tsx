/** The frame of what is seen before being signed in: one card in the middle. */
import type { ReactNode } from 'react';
import { Logo } from './logo.tsx';

export function EntryFrame({
  title,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly wide?: boolean;
}) {
  return (
    <main className="grid min-h-dvh content-start justify-items-center gap-6 px-4 py-10 sm:py-16">
      <title>{`${title} · ARouter`}</title>
      <Logo />
      <div
        className={`grid w-full gap-5 rounded-2xl border border-line bg-card p-6 shadow-card sm:p-8 ${wide ? 'max-w-3xl' : 'max-w-md'}`}
      >
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        {children}
      </div>
    </main>
  );
}
