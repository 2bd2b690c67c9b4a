/** What else can be done with a key. */
import { IconButton } from '../../components/button.tsx';
import { Menu, type MenuItem } from '../../components/menu.tsx';
import { notify, notifyError, notifyUndoable } from '../../components/toasts.tsx';
import { useKeyActions, type KeyScope, type ProviderKey } from './key-scope.ts';
import { useKeysSearch } from './use-keys-search.ts';

export function KeyMenu({
  scope,
  providerKey,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
}) {
  const [, open] = useKeysSearch();
  const deletion = useDeletion(scope, providerKey);
  const actions = useSwitches(scope, providerKey);
  const benched = providerKey.health.state !== 'healthy' || !providerKey.enabled;
  const items: readonly MenuItem[] = [
    { kind: 'action', label: 'Details', icon: 'info', onSelect: () => open({ key: providerKey.id }) },
    { kind: 'action', label: 'Edit', icon: 'key', onSelect: () => open({ edit: providerKey.id }) },
    ...(benched
      ? [{ kind: 'action', label: 'Re-enable', icon: 'refresh', onSelect: actions.reenable } as const]
      : []),
    ...(providerKey.enabled
      ? [{ kind: 'action', label: 'Disable', icon: 'close', onSelect: actions.disable } as const]
      : []),
    { kind: 'separator' },
    { kind: 'action', label: 'Delete', icon: 'trash', danger: true, onSelect: deletion.remove },
  ];
  return (
    <Menu
      label={`More for ${providerKey.label}`}
      items={items}
      trigger={<IconButton icon="more" label={`More for ${providerKey.label}`} />}
    />
  );
}

/** Disabling and re-enabling, each undone by the other. */
export function useSwitches(scope: KeyScope, { id, label }: ProviderKey) {
  const { update, reenable } = useKeyActions(scope);
  const setEnabled = (enabled: boolean, onSuccess: () => void): void =>
    update.mutate({ id, body: { enabled } }, { onSuccess, onError: notifyError });
  return {
    busy: update.isPending || reenable.isPending,
    disable: () =>
      setEnabled(false, () =>
        notifyUndoable(`“${label}” is disabled`, () => setEnabled(true, () => undefined)),
      ),
    reenable: () =>
      reenable.mutate(id, { onSuccess: () => notify(`“${label}” is enabled again`), onError: notifyError }),
  };
}

/** Deleting, undone from the notice about it; the server keeps the secret for ten minutes. */
export function useDeletion(scope: KeyScope, { id, label }: ProviderKey) {
  const [, open] = useKeysSearch();
  const { remove, restore } = useKeyActions(scope);
  return {
    busy: remove.isPending,
    // The list loses the key before this is over, and whoever showed it with it: so not as callbacks of `mutate`.
    remove: () =>
      void remove.mutateAsync(id).then(() => {
        open({});
        notifyUndoable(`“${label}” is deleted`, () => restore.mutate(id));
      }, notifyError),
  };
}
