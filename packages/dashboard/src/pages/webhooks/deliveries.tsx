/** What was told to whom, what waits, and what was given up; each can be tried again. */
import type { RouteAnswer } from '@arouter/contract';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { callApi } from '../../api/client.ts';
import { useApiMutation } from '../../api/queries.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SelectField } from '../../components/field.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { notify, notifyError, notifyProblem } from '../../components/toasts.tsx';
import type { Destination } from './destination-draft.ts';
import { DELIVERY_STATES, type DeliveryState, type WebhooksSearch } from './webhooks-search.ts';

type Delivery = RouteAnswer<'listWebhookDeliveries'>['data'][number];

const PAGE_ROWS = 50;
/** Deliveries go out and are retried by themselves. */
const REFETCH_MS = 5_000;
const ANY = { value: '', label: 'Any' };
const STATE_OPTIONS = [ANY, ...Object.entries(DELIVERY_STATES).map(([value, label]) => ({ value, label }))];
const TONES: Readonly<Record<DeliveryState, Tone>> = { pending: 'warn', delivered: 'good', dead: 'bad' };

export function Deliveries({
  destinations,
  mayManage,
}: {
  readonly destinations: readonly Destination[];
  readonly mayManage: boolean;
}) {
  const search = useSearch({ from: '/shell/settings/webhooks' });
  const navigate = useNavigate({ from: '/settings/webhooks' });
  const set = (name: keyof WebhooksSearch) => (value: string) => {
    const { [name]: _old, ...rest } = search;
    void navigate({ search: value === '' ? rest : { ...rest, [name]: value }, replace: true });
  };
  return (
    <Card
      flush
      title="Deliveries"
      description="Of the last 30 days, newest first."
      actions={
        <>
          <SelectField
            label="Destination"
            options={[ANY, ...destinations.map(({ id, name }) => ({ value: id, label: name }))]}
            value={search.destination ?? ''}
            onValue={set('destination')}
          />
          <SelectField
            label="State"
            options={STATE_OPTIONS}
            value={search.state ?? ''}
            onValue={set('state')}
          />
        </>
      }
    >
      <DeliveryList search={search} destinations={destinations} mayManage={mayManage} />
    </Card>
  );
}

function DeliveryList({
  search,
  destinations,
  mayManage,
}: {
  readonly search: WebhooksSearch;
  readonly destinations: readonly Destination[];
  readonly mayManage: boolean;
}) {
  const query = useDeliveries(search);
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined)
    return (
      <div className="p-4">
        <SkeletonRows rows={4} />
      </div>
    );
  const deliveries = query.data.pages.flatMap(({ data }) => data);
  if (deliveries.length === 0)
    return (
      <EmptyState icon="webhook" title={Object.keys(search).length === 0 ? 'Nothing was told yet' : 'None'} />
    );
  const names = new Map(destinations.map(({ id, name }) => [id, name]));
  return (
    <>
      <ul aria-label="Deliveries">
        {deliveries.map((delivery) => (
          <DeliveryLine
            key={delivery.id}
            delivery={delivery}
            name={names.get(delivery.endpoint_id) ?? 'deleted'}
            mayManage={mayManage}
          />
        ))}
      </ul>
      {query.hasNextPage ? (
        <footer className="flex justify-center border-t border-line p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load older deliveries
          </Button>
        </footer>
      ) : null}
    </>
  );
}

function useDeliveries({ destination, state }: WebhooksSearch) {
  return useInfiniteQuery({
    queryKey: ['listWebhookDeliveries', destination, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      callApi(
        'listWebhookDeliveries',
        {
          query: {
            limit: PAGE_ROWS,
            ...(destination === undefined ? {} : { endpoint_id: destination }),
            ...(state === undefined ? {} : { state }),
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        signal,
      ),
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
}

function DeliveryLine({
  delivery,
  name,
  mayManage,
}: {
  readonly delivery: Delivery;
  readonly name: string;
  readonly mayManage: boolean;
}) {
  const retry = useApiMutation('retryWebhookDelivery', { stale: ['listWebhookDeliveries'] });
  const again = (): void =>
    retry.mutate(
      { params: { id: delivery.id } },
      {
        onSuccess: ({ data }) =>
          data.state === 'delivered'
            ? notify('Delivered')
            : notifyProblem('It did not arrive', data.error ?? 'It is tried again.'),
        onError: notifyError,
      },
    );
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-t border-line px-4 py-2.5 text-[0.8125rem] sm:px-5">
      <span className="min-w-0 flex-1 basis-72">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Badge tone={TONES[delivery.state]} dot>
            {DELIVERY_STATES[delivery.state]}
          </Badge>
          <span className="font-mono text-xs">{delivery.event_type}</span>
          <span className="text-muted wrap-anywhere">to {name}</span>
        </span>
        <span className="mt-0.5 block text-xs text-muted wrap-anywhere">
          <Outcome delivery={delivery} />
        </span>
      </span>
      <span className="text-xs text-muted">
        <Time at={delivery.created_at} style="second" />
      </span>
      {mayManage && delivery.state !== 'delivered' ? (
        <Button size="small" icon="refresh" busy={retry.isPending} onClick={again}>
          Try again
        </Button>
      ) : null}
    </li>
  );
}

function Outcome({ delivery }: { readonly delivery: Delivery }) {
  const { attempts, status_code: status, error, next_attempt_at: next } = delivery;
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  return (
    <>
      {tries}
      {error === null ? (status === null ? '' : `, status ${status}`) : `: ${error}`}
      {next === null ? null : (
        <>
          {' '}
          Next <Time at={next} style="relative" />.
        </>
      )}
    </>
  );
}
