/** Webhooks: where this workspace's events are told, and what became of each telling. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { Below, EmptyState, Loaded, SkeletonRows } from '../../components/states.tsx';
import { Deliveries } from './deliveries.tsx';
import { DestinationDialog } from './destination-dialog.tsx';
import type { Destination } from './destination-draft.ts';
import { DestinationLine } from './destination-line.tsx';
import { SecretDialog } from './secret-dialog.tsx';

export function WebhooksPage() {
  const mayManage = useMay('webhooks.manage');
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const webhooks = useQuery(apiQuery('listWebhooks', {}));
  const add = mayManage ? (
    <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
      Add destination
    </Button>
  ) : undefined;
  return (
    <Page
      title="Webhooks"
      description="Your own systems are told when requests end, keys fail or recover, and budgets are reached. Every delivery is signed, and tried again for almost two days."
      actions={add}
    >
      <Card flush title="Destinations">
        <Loaded
          query={webhooks}
          skeleton={
            <div className="p-4">
              <SkeletonRows rows={2} rowClass="h-16" />
            </div>
          }
        >
          {({ data }) => <Destinations destinations={data} add={add} onSecret={setSecret} />}
        </Loaded>
      </Card>
      <Below query={webhooks}>
        <Deliveries destinations={webhooks.data?.data ?? []} mayManage={mayManage} />
      </Below>
      {adding ? (
        <AddDestination
          onClose={() => setAdding(false)}
          onMade={(made) => {
            setAdding(false);
            setSecret(made);
          }}
        />
      ) : null}
      {secret === null ? null : <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}

function Destinations({
  destinations,
  add,
  onSecret,
}: {
  readonly destinations: readonly Destination[];
  readonly add: React.ReactNode;
  readonly onSecret: (secret: string) => void;
}) {
  if (destinations.length === 0) {
    return (
      <EmptyState icon="webhook" title="Nobody is told yet" action={add}>
        Add an https address of yours: it is sent each event as signed JSON.
      </EmptyState>
    );
  }
  return (
    <ul>
      {destinations.map((destination) => (
        <DestinationLine key={destination.id} destination={destination} onSecret={onSecret} />
      ))}
    </ul>
  );
}

function AddDestination({
  onClose,
  onMade,
}: {
  readonly onClose: () => void;
  readonly onMade: (secret: string) => void;
}) {
  const create = useApiMutation('createWebhook', { stale: ['listWebhooks'] });
  return (
    <DestinationDialog
      title="Add destination"
      action="Add"
      stored={null}
      busy={create.isPending}
      error={create.error}
      onSubmit={(body) => create.mutate({ body }, { onSuccess: ({ secret }) => onMade(secret) })}
      onClose={onClose}
    />
  );
}
