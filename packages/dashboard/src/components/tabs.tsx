/** Several views of one thing, one at a time; arrow keys move between them. */
import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

export function Tabs({
  label,
  tabs,
  value,
  onValue,
  children,
}: {
  readonly label: string;
  readonly tabs: readonly { readonly id: string; readonly label: ReactNode }[];
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** What the chosen tab shows. */
  readonly children: ReactNode;
}) {
  return (
    <Base.Root value={value} onValueChange={(next) => onValue(String(next))} className="grid min-w-0 gap-3">
      <Base.List aria-label={label} className="flex gap-1 overflow-x-auto rounded-lg bg-sunken p-1">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.id}
            value={tab.id}
            className="h-8 rounded-md px-3 text-[0.8125rem] font-medium whitespace-nowrap text-muted hover:text-ink data-active:bg-card data-active:text-ink data-active:shadow-card"
          >
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      <Base.Panel value={value} className="min-w-0">
        {children}
      </Base.Panel>
    </Base.Root>
  );
}
