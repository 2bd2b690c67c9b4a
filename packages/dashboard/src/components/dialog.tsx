/** Dialogs: they hold the focus, close on Escape, and name themselves. On a narrow screen they are a sheet at the bottom. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { useState, type ReactNode } from 'react';
import { Button, IconButton } from './button.tsx';
import { TextField } from './field.tsx';

const WIDTHS = { small: 'sm:max-w-md', medium: 'sm:max-w-xl', large: 'sm:max-w-3xl' } as const;

export type DialogProps = {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly width?: keyof typeof WIDTHS;
  readonly children?: ReactNode;
  /** Buttons, the most likely last. */
  readonly footer?: ReactNode;
};

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  width = 'medium',
  children,
  footer,
}: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="overlay z-40" />
        <Base.Viewport className="fixed inset-0 z-50 grid items-end sm:items-center sm:justify-items-center sm:p-6">
          <Base.Popup
            className={`pops flex max-h-[92dvh] w-full flex-col rounded-t-2xl border border-line bg-raised shadow-raised outline-none sm:rounded-2xl ${WIDTHS[width]}`}
          >
            <header className="flex items-start gap-3 px-5 pt-4 pb-3">
              <div className="min-w-0 flex-1">
                <Base.Title className="text-base font-semibold wrap-anywhere">{title}</Base.Title>
                {description === undefined ? null : (
                  <Base.Description className="mt-1 text-[0.8125rem] text-muted wrap-anywhere">
                    {description}
                  </Base.Description>
                )}
              </div>
              <Base.Close render={<IconButton icon="close" label="Close" className="-mr-2" />} />
            </header>
            {children === undefined ? null : <ScrollingBody>{children}</ScrollingBody>}
            {footer === undefined ? null : (
              <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">
                {footer}
              </footer>
            )}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

/** It may be longer than the window and hold nothing to tab to: then it is scrolled by keyboard itself. */
function ScrollingBody({ children }: { readonly children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div tabIndex={0} role="group" aria-label="Content" className="min-h-0 overflow-y-auto px-5 pb-5">
      {children}
    </div>
  );
}

/** For what cannot be undone: the button works once the name is typed. */
export function ConfirmByName({
  open,
  onOpenChange,
  title,
  children,
  name,
  action,
  busy,
  onConfirm,
}: Pick<DialogProps, 'open' | 'onOpenChange' | 'title' | 'children'> & {
  readonly name: string;
  readonly action: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
}) {
  const [typed, setTyped] = useState('');
  const matches = typed.trim() === name.trim();
  return (
    <Dialog
      {...{ open, onOpenChange, title }}
      width="small"
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button look="danger" busy={busy} disabled={!matches} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className="grid gap-4 text-[0.8125rem]">
        <div>{children}</div>
        <TextField label={`Type “${name}” to confirm`} value={typed} onValue={setTyped} />
      </div>
    </Dialog>
  );
}

/** A panel from the left edge: the navigation on narrow screens. */
export function Drawer({
  open,
  onOpenChange,
  title,
  children,
}: Pick<DialogProps, 'open' | 'onOpenChange' | 'title' | 'children'>) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="overlay z-40" />
        <Base.Popup className="slides fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col border-r border-line bg-raised outline-none">
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
