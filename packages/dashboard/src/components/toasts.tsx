/** Short notices at the edge of the window, read out by screen readers. A change that can be taken back offers it here. */
import { Toast } from '@base-ui/react/toast';
import { errorWords } from '../api/error-words.ts';
import { IconButton, buttonClass } from './button.tsx';
import { Icon } from './icon.tsx';

const UNDO_MS = 10_000;
const ERROR_MS = 12_000;
const NOTICE_MS = 5_000;

const manager = Toast.createToastManager();

export function notify(title: string, description?: string): void {
  manager.add({
    title,
    type: 'good',
    timeout: NOTICE_MS,
    ...(description === undefined ? {} : { description }),
  });
}

/** For a failed change that has no field to show the error at. */
export function notifyError(error: unknown): void {
  const { title, detail } = errorWords(error);
  notifyProblem(title, detail);
}

/** Something did not go well, in words of the page's own. */
export function notifyProblem(title: string, description: string): void {
  manager.add({ title, description, type: 'bad', priority: 'high', timeout: ERROR_MS });
}

/** `undo` runs when it is pressed, within ten seconds. */
export function notifyUndoable(title: string, undo: () => void, description?: string): void {
  const id = manager.add({
    title,
    type: 'good',
    timeout: UNDO_MS,
    ...(description === undefined ? {} : { description }),
    actionProps: {
      children: 'Undo',
      onClick: () => {
        manager.close(id);
        undo();
      },
    },
  });
}

export function Toasts({ children }: { readonly children: React.ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 left-4 z-60 flex flex-col gap-2 outline-none sm:left-auto sm:w-96">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="pops rounded-xl border border-line bg-raised p-3 pl-4 shadow-raised data-limited:hidden"
    >
      <Toast.Content className="flex items-start gap-3">
        <Icon
          name={toast.type === 'bad' ? 'warning' : 'check'}
          className={`mt-0.5 size-4 ${toast.type === 'bad' ? 'text-bad' : 'text-good'}`}
        />
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-[0.8125rem] font-medium wrap-anywhere" />
          <Toast.Description className="mt-0.5 text-xs text-muted wrap-anywhere" />
        </div>
        {toast.actionProps === undefined ? null : <Toast.Action className={buttonClass('plain', 'small')} />}
        <Toast.Close render={<IconButton icon="close" label="Dismiss" className="-mt-1 -mr-1" />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
