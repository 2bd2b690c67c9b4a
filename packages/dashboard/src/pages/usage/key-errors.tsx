/** What failed, per provider key and class. */
import type { RouteAnswer } from '@arouter/contract';
import { Badge, SourceBadge } from '../../components/badge.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { countWords, shareWords } from '../../components/numbers.ts';
import { EmptyState } from '../../components/states.tsx';

type Row = RouteAnswer<'getUsageErrors'>['data'][number];

const columns = columnsOf<Row>((column) => [
  column.accessor((row) => row.label || row.provider_key_id, {
    id: 'key',
    header: 'Key',
    cell: ({ row, getValue }) => (
      <span className="block min-w-32">
        <span className="block font-medium wrap-anywhere">{String(getValue())}</span>
        <span className="block text-xs text-muted">{row.original.provider}</span>
      </span>
    ),
  }),
  column.accessor('source', {
    header: 'Source',
    cell: ({ row }) => <SourceBadge source={row.original.source} />,
  }),
  column.accessor('attempts', {
    header: 'Attempts',
    meta: { align: 'right' },
    cell: ({ row }) => countWords(row.original.attempts),
  }),
  column.accessor('failed_attempts', {
    header: 'Failed',
    meta: { align: 'right' },
    cell: ({ row }) => countWords(row.original.failed_attempts),
  }),
  column.accessor('error_rate', {
    header: 'Rate',
    meta: { align: 'right' },
    cell: ({ row }) => shareWords(row.original.error_rate),
  }),
  column.display({ id: 'classes', header: 'Classes', cell: ({ row }) => <Classes row={row.original} /> }),
]);

function Classes({ row: { classes } }: { readonly row: Row }) {
  return (
    <span className="flex min-w-52 flex-wrap gap-1">
      {classes.map((each) => (
        <Badge key={each.class} tone="bad">
          {each.class.replaceAll('_', ' ')}: {countWords(each.count)}
        </Badge>
      ))}
    </span>
  );
}

export function KeyErrors({ keys }: { readonly keys: readonly Row[] }) {
  const failed = keys.filter(({ failed_attempts: count }) => count > 0);
  if (failed.length === 0) return <EmptyState icon="check" title="No attempt failed in this period" />;
  return (
    <DataTable
      label="Errors by key"
      columns={columns}
      rows={failed}
      rowId={({ provider_key_id }) => provider_key_id}
    />
  );
}
