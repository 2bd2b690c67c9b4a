/** Settings → Integrations: the workspace's provider keys. */
import { useQuery } from '@tanstack/react-query';
import { apiQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { InitialsLogo } from '../../components/initials-logo.tsx';
import { Money } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, Loaded } from '../../components/states.tsx';
import type { RouteAnswer } from '@arouter/contract';

type ProviderKey = RouteAnswer<'listByok'>['data'][number];

const columns = columnsOf<ProviderKey>((column) => [
  column.accessor('label', {
    header: 'Key',
    cell: ({ row, getValue }) => (
      <span className="flex items-center gap-2.5">
        <InitialsLogo name={row.original.provider} size="small" />
        {getValue() || row.original.hint}
      </span>
    ),
  }),
  column.accessor('provider', { header: 'Provider' }),
  column.accessor('spent_month_usd', {
    header: 'This month',
    meta: { align: 'right' },
    cell: ({ getValue }) => <Money usd={getValue()} />,
  }),
]);

export function IntegrationsPage() {
  const keys = useQuery(apiQuery('listByok', {}));
  return (
    <Page title="Integrations" description="Your own provider keys. Requests are served with them first.">
      <Card flush>
        <Loaded query={keys}>
          {({ data }) =>
            data.length === 0 ? (
              <EmptyState icon="plug" title="No provider key yet" />
            ) : (
              <DataTable label="Provider keys" columns={columns} rows={data} rowId={({ id }) => id} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}
