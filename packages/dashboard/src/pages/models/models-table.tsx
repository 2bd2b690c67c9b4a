/** One line per model: what it can, what it costs where it is cheapest, and who serves it. */
import { Badge } from '../../components/badge.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { Price } from '../../components/money.tsx';
import { compactWords } from '../../components/numbers.ts';
import { abilitiesOf, ABILITIES, priceRange, type CatalogueModel, type PriceRange } from './models-search.ts';

const columns = columnsOf<CatalogueModel>((column) => [
  column.accessor('id', {
    header: 'Model',
    cell: ({ row }) => <Name model={row.original} />,
  }),
  column.accessor((model) => keysOf(model).length + (hasPlatform(model) ? 0.5 : 0), {
    id: 'served',
    header: 'Served by',
    cell: ({ row }) => <ServedBy model={row.original} />,
  }),
  column.accessor((model) => priceRange(model, 'input_usd_per_million')?.least ?? Infinity, {
    id: 'input',
    header: 'Input',
    meta: { align: 'right' },
    cell: ({ row }) => <PriceCell range={priceRange(row.original, 'input_usd_per_million')} />,
  }),
  column.accessor((model) => priceRange(model, 'output_usd_per_million')?.least ?? Infinity, {
    id: 'output',
    header: 'Output',
    meta: { align: 'right' },
    cell: ({ row }) => <PriceCell range={priceRange(row.original, 'output_usd_per_million')} />,
  }),
  column.accessor((model) => model.endpoints.length, {
    id: 'providers',
    header: 'Providers',
    meta: { align: 'right', wideOnly: true },
  }),
  column.accessor('context_tokens', {
    header: 'Context',
    meta: { align: 'right', wideOnly: true },
    cell: ({ row }) => <Tokens count={row.original.context_tokens} />,
  }),
  column.accessor((model) => abilitiesOf(model).length, {
    id: 'abilities',
    header: 'Can',
    meta: { wideOnly: true },
    cell: ({ row }) => <Abilities model={row.original} />,
  }),
]);

export function ModelsTable({
  models,
  onOpen,
}: {
  readonly models: readonly CatalogueModel[];
  readonly onOpen: (model: CatalogueModel) => void;
}) {
  return (
    <DataTable
      label="Models"
      columns={columns}
      rows={models}
      rowId={({ id }) => id}
      sort={{ column: 'served', descending: true }}
      onOpen={onOpen}
    />
  );
}

function Name({ model: { id, name } }: { readonly model: CatalogueModel }) {
  return (
    <span className="block w-44 sm:w-72">
      <span className="block truncate leading-4 font-medium" title={name}>
        {name}
      </span>
      <span className="block truncate font-mono text-xs leading-4 text-muted" title={id}>
        {id}
      </span>
    </span>
  );
}

function ServedBy({ model }: { readonly model: CatalogueModel }) {
  const keys = keysOf(model);
  if (keys.length === 0 && !hasPlatform(model)) return <span className="text-faint">nobody</span>;
  return (
    <span className="flex gap-1.5">
      {keys.length === 0 ? null : (
        <Badge tone="accent">{keys.length === 1 ? '1 key of mine' : `${keys.length} keys of mine`}</Badge>
      )}
      {hasPlatform(model) ? <Badge>Platform</Badge> : null}
    </span>
  );
}

function keysOf({ endpoints }: CatalogueModel): readonly string[] {
  return endpoints.flatMap(({ my_keys: keys }) => keys.filter(({ enabled }) => enabled).map(({ id }) => id));
}

function hasPlatform({ endpoints }: CatalogueModel): boolean {
  return endpoints.some(({ platform }) => platform);
}

function PriceCell({ range }: { readonly range: PriceRange }) {
  if (range === null) return <span className="text-faint">unknown</span>;
  return (
    <>
      {range.least === range.most ? null : <span className="text-xs text-muted">from </span>}
      <Price usd={range.least} />
    </>
  );
}

function Tokens({ count }: { readonly count: number | null }) {
  if (count === null) return <span className="text-faint">–</span>;
  return <span title={`${count.toLocaleString('en-US')} tokens`}>{compactWords(count)}</span>;
}

function Abilities({ model }: { readonly model: CatalogueModel }) {
  const words = abilitiesOf(model).map((ability) => ABILITIES[ability]);
  return (
    <span className="block max-w-56 truncate text-xs text-muted 2xl:max-w-none" title={words.join(', ')}>
      {words.join(', ') || '–'}
    </span>
  );
}
