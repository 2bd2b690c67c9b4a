/** One line per model: whose keys served it, how much, and what it cost. */
import type { RouteAnswer } from '@arouter/contract';
import { Badge, SourceBadge } from '../../components/badge.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { Money } from '../../components/money.tsx';
import { countWords, shareWords } from '../../components/numbers.ts';
import { EmptyState } from '../../components/states.tsx';

type Row = RouteAnswer<'getUsageSummary'>['by_model'][number];

const columns = columnsOf<Row>((column) => [
  column.accessor('model', {
    header: 'Model',
    cell: ({ row, getValue }) => (
      <span className="block min-w-40">
        <span className="block font-medium wrap-anywhere">{getValue()}</span>
        <span className="block text-xs text-muted">{row.original.provider_id}</span>
      </span>
    ),
  }),
  column.accessor('source', {
    header: 'Source',
    cell: ({ row }) => <SourceBadge source={row.original.source} />,
  }),
  column.accessor('requests', { header: 'Requests', meta: { align: 'right' }, cell: count }),
  column.accessor('byok_requests', { header: 'BYOK', meta: { align: 'right', wideOnly: true }, cell: count }),
  column.accessor('platform_requests', {
    header: 'Platform',
    meta: { align: 'right', wideOnly: true },
    cell: count,
  }),
  column.accessor('input_tokens', { header: 'Input', meta: { align: 'right', wideOnly: true }, cell: count }),
  column.accessor('output_tokens', {
    header: 'Output',
    meta: { align: 'right', wideOnly: true },
    cell: count,
  }),
  column.accessor((row) => (row.requests === 0 ? 0 : row.errors / row.requests), {
    id: 'errors',
    header: 'Errors',
    meta: { align: 'right' },
    cell: ({ getValue }) => shareWords(getValue() as number),
  }),
  column.accessor('estimated_cost_usd', {
    header: 'Cost',
    meta: { align: 'right' },
    cell: ({ row }) => <Cost row={row.original} />,
  }),
]);

function count({ getValue }: { readonly getValue: () => unknown }) {
  return countWords(getValue() as number);
}

function Cost({ row }: { readonly row: Row }) {
  return (
    <span className="inline-flex items-center gap-2">
      {row.unpriced > 0 ? <Badge tone="warn">{countWords(row.unpriced)} unpriced</Badge> : null}
      <Money usd={row.estimated_cost_usd} />
    </span>
  );
}

export function ModelTable({ rows, search }: { readonly rows: readonly Row[]; readonly search: string }) {
  if (rows.length === 0) return <EmptyState icon="models" title="No model was used in this period" />;
  return (
    <DataTable
      label="Usage by model"
      columns={columns}
      rows={rows}
      rowId={({ provider_id, model }) => `${provider_id}/${model}`}
      search={search}
      sort={{ column: 'requests', descending: true }}
    />
  );
}
