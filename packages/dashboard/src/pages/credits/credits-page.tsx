/** Credits: what is left for platform keys, and everything that moved it. The operator grants here. */
import type { RouteAnswer } from '@arouter/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { callApi } from '../../api/client.ts';
import { errorWords } from '../../api/error-words.ts';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Figure, FiguresSkeleton } from '../../components/card.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Money } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { Below, EmptyState, ErrorState, Loaded, Notice, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { notify } from '../../components/toasts.tsx';

type Transaction = RouteAnswer<'listTransactions'>['transactions'][number];

const PAGE_ROWS = 100;
const FIGURE_COLUMNS = 'grid-cols-1 sm:grid-cols-3';

const columns = columnsOf<Transaction>((column) => [
  column.accessor('created_at', {
    header: 'Time',
    meta: { width: 'w-48' },
    cell: ({ getValue }) => <Time at={getValue()} style="second" />,
  }),
  column.accessor('type', {
    header: 'Kind',
    cell: ({ getValue }) =>
      getValue() === 'credit' ? <Badge tone="good">Credit</Badge> : <Badge>Usage</Badge>,
  }),
  column.accessor('description', {
    header: 'For what',
    cell: ({ getValue }) => <span className="wrap-anywhere">{getValue()}</span>,
  }),
  column.accessor('amount', {
    header: 'Amount',
    meta: { align: 'right' },
    cell: ({ getValue }) => <Money usd={getValue()} />,
  }),
]);

export function CreditsPage() {
  const isOperator = useMay('operator');
  const mayReadTransactions = useMay('billing.read');
  const [granting, setGranting] = useState(false);
  const balance = useQuery(apiQuery('getBalance', {}));
  const totals = useQuery(apiQuery('getCredits', {}));
  return (
    <Page
      title="Credits"
      description="Platform keys are paid from prepaid credits. Your own provider keys are billed by their providers."
      actions={
        isOperator ? (
          <Button look="primary" icon="plus" onClick={() => setGranting(true)}>
            Grant credits
          </Button>
        ) : undefined
      }
    >
      <Loaded query={balance} skeleton={<FiguresSkeleton count={3} columns={FIGURE_COLUMNS} />}>
        {({ balance: left, unmetered }) => (
          <>
            {unmetered ? (
              <Notice title="This workspace is not metered">
                Platform keys are used without a credit check until the operator turns metering on.
              </Notice>
            ) : null}
            <div className={`grid gap-3 ${FIGURE_COLUMNS}`}>
              <Figure
                label="Balance"
                value={<Money usd={left} />}
                note={unmetered ? 'not checked' : 'left to spend'}
              />
              <Figure
                label="Credited"
                value={totals.data === undefined ? '–' : <Money usd={totals.data.data.total_credits} />}
                note="in all"
              />
              <Figure
                label="Used"
                value={totals.data === undefined ? '–' : <Money usd={totals.data.data.total_usage} />}
                note="by requests on platform keys"
              />
            </div>
          </>
        )}
      </Loaded>
      {mayReadTransactions ? (
        <Below query={balance}>
          <Card flush title="Transactions">
            <Transactions />
          </Card>
        </Below>
      ) : null}
      {granting ? <GrantDialog onClose={() => setGranting(false)} /> : null}
    </Page>
  );
}

function Transactions() {
  const query = useInfiniteQuery({
    queryKey: ['listTransactions'],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      callApi('listTransactions', { query: { offset: pageParam, limit: PAGE_ROWS } }, signal),
    getNextPageParam: ({ transactions }, pages) =>
      transactions.length < PAGE_ROWS ? undefined : pages.length * PAGE_ROWS,
  });
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) {
    return (
      <div className="p-4">
        <SkeletonRows rows={6} />
      </div>
    );
  }
  const rows = query.data.pages.flatMap(({ transactions }) => transactions);
  return (
    <>
      <DataTable
        label="Transactions"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        empty={
          <EmptyState icon="credits" title="No transaction yet">
            Grants, and what platform keys used of them, are listed here.
          </EmptyState>
        }
      />
      {query.hasNextPage ? (
        <footer className="flex justify-center border-t border-line p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load older transactions
          </Button>
        </footer>
      ) : null}
    </>
  );
}

function GrantDialog({ onClose }: { readonly onClose: () => void }) {
  const { workspace } = useSession();
  const [amount, setAmount] = useState('');
  const [description, setDescription] = useState('');
  // One key per dialog: pressing twice, or a lost answer, books the grant once.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const grant = useApiMutation('grantCredits', { stale: ['getBalance', 'getCredits', 'listTransactions'] });
  const submit = () =>
    grant.mutate(
      {
        params: { id: workspace.id },
        body: {
          amount_usd: Number(amount),
          idempotency_key: idempotencyKey,
          ...(description === '' ? {} : { description }),
        },
      },
      {
        onSuccess: () => {
          notify('Credits granted');
          onClose();
        },
      },
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Grant credits to ${workspace.name}`}
      width="small"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={grant.isPending} disabled={!(Number(amount) > 0)} onClick={submit}>
            Grant
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <TextField
          label="Amount"
          unit="USD"
          inputMode="decimal"
          value={amount}
          onValue={setAmount}
          error={grant.isError ? errorWords(grant.error).detail : null}
        />
        <TextField label="For what" optional value={description} onValue={setDescription} />
      </div>
    </Dialog>
  );
}
