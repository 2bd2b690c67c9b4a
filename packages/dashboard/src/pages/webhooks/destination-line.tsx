/** One destination: what it is told, and what can be done with it. */
import { useState } from 'react';
import { useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { ConfirmByName, Dialog } from '../../components/dialog.tsx';
import { Menu } from '../../components/menu.tsx';
import { notify, notifyError, notifyProblem, notifyUndoable } from '../../components/toasts.tsx';
import { DestinationDialog } from './destination-dialog.tsx';
import type { Destination } from './destination-draft.ts';

type Opened = 'edit' | 'rotate' | 'delete' | null;
type LineProps = {
  readonly destination: Destination;
  readonly onSecret: (secret: string) => void;
};

export function DestinationLine({ destination, onSecret }: LineProps) {
  const mayManage = useMay('webhooks.manage');
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium wrap-anywhere">{destination.name}</span>
          {destination.disabled ? <Badge>Disabled</Badge> : <Badge tone="good">Active</Badge>}
        </p>
        <p className="mt-0.5 font-mono text-xs text-muted wrap-anywhere">
          {destination.method} {destination.url}
        </p>
        <p className="mt-0.5 text-xs text-muted wrap-anywhere">{factsOf(destination)}</p>
      </div>
      {mayManage ? <Actions destination={destination} onSecret={onSecret} /> : null}
    </li>
  );
}

function factsOf(destination: Destination): string {
  const { event_types: events, api_key_ids: keys, sampling_rate: rate, headers } = destination;
  return [
    events === null ? 'all events' : events.join(', '),
    keys === null ? '' : `requests of ${keys.length} API ${keys.length === 1 ? 'key' : 'keys'}`,
    rate === 0 || rate === 1 ? '' : `${Number((rate * 100).toPrecision(12))} % of requests`,
    destination.privacy_mode ? 'without names' : '',
    headers === null ? '' : `with ${Object.keys(headers).join(', ')}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function Actions({ destination, onSecret }: LineProps) {
  const [opened, setOpened] = useState<Opened>(null);
  const update = useApiMutation('updateWebhook', { stale: ['listWebhooks'] });
  const test = useApiMutation('sendWebhookTestEvent', { stale: ['listWebhookDeliveries'] });
  const setDisabled = (disabled: boolean, after: () => void): void =>
    update.mutate(
      { params: { id: destination.id }, body: { disabled } },
      { onSuccess: after, onError: notifyError },
    );
  const toggle = (): void =>
    destination.disabled
      ? setDisabled(false, () => notify(`“${destination.name}” is told again`))
      : setDisabled(true, () =>
          notifyUndoable(`“${destination.name}” is disabled`, () => setDisabled(false, () => undefined)),
        );
  const sendTest = (): void =>
    test.mutate(
      { body: { endpoint_id: destination.id } },
      {
        onSuccess: ({ data }) =>
          data.state === 'delivered'
            ? notify('The sample arrived', `Answered with status ${data.status_code ?? '–'}.`)
            : notifyProblem('The sample did not arrive', data.error ?? 'It is tried again.'),
        onError: notifyError,
      },
    );
  return (
    <div className="flex items-center gap-1">
      <Button size="small" icon="play" busy={test.isPending} onClick={sendTest}>
        Send test
      </Button>
      <Menu
        label={`More for ${destination.name}`}
        trigger={<IconButton icon="more" label={`More for ${destination.name}`} />}
        items={[
          { kind: 'action', label: 'Edit', onSelect: () => setOpened('edit') },
          { kind: 'action', label: destination.disabled ? 'Enable' : 'Disable', onSelect: toggle },
          { kind: 'action', label: 'New secret', icon: 'refresh', onSelect: () => setOpened('rotate') },
          { kind: 'separator' },
          {
            kind: 'action',
            label: 'Delete',
            icon: 'trash',
            danger: true,
            onSelect: () => setOpened('delete'),
          },
        ]}
      />
      <Opened opened={opened} destination={destination} onSecret={onSecret} onClose={() => setOpened(null)} />
    </div>
  );
}

type OpenedProps = LineProps & { readonly onClose: () => void };

function Opened({ opened, ...props }: OpenedProps & { readonly opened: Opened }) {
  switch (opened) {
    case 'edit':
      return <Edit {...props} />;
    case 'rotate':
      return <Rotate {...props} />;
    case 'delete':
      return <Delete {...props} />;
    case null:
      return null;
  }
}

function Edit({ destination, onClose }: OpenedProps) {
  const update = useApiMutation('updateWebhook', { stale: ['listWebhooks'] });
  return (
    <DestinationDialog
      title={`Edit “${destination.name}”`}
      action="Save"
      stored={destination}
      busy={update.isPending}
      error={update.error}
      onSubmit={(body) => update.mutate({ params: { id: destination.id }, body }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function Rotate({ destination, onSecret, onClose }: OpenedProps) {
  const rotate = useApiMutation('rotateWebhookSecret');
  const confirm = (): void =>
    rotate.mutate(
      { params: { id: destination.id } },
      {
        onSuccess: ({ secret }) => {
          onClose();
          onSecret(secret);
        },
        onError: notifyError,
      },
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`A new secret for “${destination.name}”?`}
      width="small"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" busy={rotate.isPending} onClick={confirm}>
            Make a new secret
          </Button>
        </>
      }
    >
      <p className="text-[0.8125rem]">
        The old secret is gone at once: until your system knows the new one, it cannot check what arrives.
      </p>
    </Dialog>
  );
}

function Delete({ destination, onClose }: OpenedProps) {
  const remove = useApiMutation('deleteWebhook', { stale: ['listWebhooks', 'listWebhookDeliveries'] });
  const confirm = (): void =>
    remove.mutate(
      { params: { id: destination.id } },
      { onSuccess: () => notify(`“${destination.name}” is deleted`), onError: notifyError },
    );
  return (
    <ConfirmByName
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Delete this destination"
      name={destination.name}
      action="Delete"
      busy={remove.isPending}
      onConfirm={confirm}
    >
      It is told nothing more, and what waits for it is thrown away. To stop it for a while, disable it.
    </ConfirmByName>
  );
}
