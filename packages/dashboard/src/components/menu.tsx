/** A menu of actions behind one button; arrow keys and first letters move in it. */
import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export type MenuItem =
  | {
      readonly kind: 'action';
      readonly label: ReactNode;
      readonly icon?: IconName;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly onSelect: () => void;
    }
  | { readonly kind: 'separator' };

export function Menu({
  trigger,
  items,
  label,
}: {
  readonly trigger: ReactElement;
  readonly items: readonly MenuItem[];
  /** For a trigger without words of its own. */
  readonly label?: string;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} {...(label === undefined ? {} : { 'aria-label': label })} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50 outline-none">
          <Base.Popup className="pops min-w-44 rounded-xl border border-line bg-raised p-1 shadow-raised outline-none">
            {items.map((item, index) =>
              item.kind === 'separator' ? (
                <Base.Separator key={index} className="mx-1 my-1 h-px bg-line" />
              ) : (
                <Base.Item
                  key={index}
                  disabled={item.disabled === true}
                  onClick={item.onSelect}
                  className={`flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-[0.8125rem] outline-none select-none data-disabled:cursor-default data-disabled:opacity-50 data-highlighted:bg-hover ${item.danger === true ? 'text-bad' : ''}`}
                >
                  {item.icon === undefined ? null : <Icon name={item.icon} />}
                  {item.label}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
