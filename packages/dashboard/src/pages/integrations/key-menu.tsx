/** What else can be done with a key. */
import { useState } from 'react';
import { IconButton } from '../../components/button.tsx';
import { ConfirmByName } from '../../components/dialog.tsx';
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
  const [confirming, setConfirming] = useState(false);
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
    { kind: 'action', label: 'Delete', icon: 'trash', danger: true, onSelect: () => setConfirming(true) },
  ];
  return (
    <>
      <Menu
        label={`More for ${providerKey.label}`}
        items={items}
        trigger={<IconButton icon="more" label={`More for ${providerKey.label}`} />}
      />
      <DeleteKey scope={scope} providerKey={providerKey} open={confirming} onOpenChange={setConfirming} />
    </>
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

export function DeleteKey({
  scope,
  providerKey,
  open,
  onOpenChange,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const { remove } = useKeyActions(scope);
  const confirm = (): void =>
    remove.mutate(providerKey.id, {
      onSuccess: () => {
        onOpenChange(false);
        notify(`“${providerKey.label}” is deleted`);
      },
      onError: notifyError,
    });
  return (
    <ConfirmByName
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete “${providerKey.label}”?`}
      name={providerKey.label}
      action="Delete key"
      busy={remove.isPending}
      onConfirm={confirm}
    >
      Requests stop using it at once, and its secret is erased. What it did stays in the usage and the logs.
    </ConfirmByName>
  );
}
