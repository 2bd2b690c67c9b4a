/**
 * A table that sorts, is searched and draws only the rows in view. It is a real `<table>`: what is out of view is held open by
 * two spacer rows. On a narrow screen it scrolls sideways in its frame; columns marked `wideOnly` are left out there.
 */
import {
  columnFilteringFeature,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  filterFn_includesString,
  globalFilteringFeature,
  metaHelper,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
  FlexRender,
  type ColumnDef,
  type Row as TableRow,
  type SortingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState, type ReactNode } from 'react';
import { Icon } from './icon.tsx';

type ColumnLook = {
  readonly align?: 'right';
  /** Left out below 768 px. */
  readonly wideOnly?: boolean;
  /** A class that sets the width: `w-40`. */
  readonly width?: string;
};

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
  filterFns: { includesString: filterFn_includesString },
  columnMeta: metaHelper<ColumnLook>(),
});

type RowShape = Readonly<Record<string, unknown>>;
// oxlint-disable-next-line typescript/no-explicit-any -- the value's type differs by column and is known in its cell only
export type DataColumn<Row extends RowShape> = ColumnDef<typeof features, Row, any>;

/** Columns are made once, outside the component: `const columns = columnsOf<Key>((column) => [column.accessor('label', …)])`. */
export function columnsOf<Row extends RowShape>(
  make: (helper: ReturnType<typeof createColumnHelper<typeof features, Row>>) => readonly DataColumn<Row>[],
): readonly DataColumn<Row>[] {
  return make(createColumnHelper<typeof features, Row>());
}

/** What a row is taken to be high until it is drawn and measured: where text wraps it is more. */
const ROW_PIXELS = 44;
const OVERSCAN_ROWS = 12;
/** Below this, drawing all rows costs less than measuring. */
const VIRTUAL_FROM_ROWS = 80;

export type DataTableProps<Row extends RowShape> = {
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  /** Text that a row must hold in one of its columns. */
  readonly search?: string;
  readonly sort?: { readonly column: string; readonly descending: boolean };
  /** Called with the row that was pressed, or entered with the keyboard. */
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly empty?: ReactNode;
  /** A class for the height within which it scrolls; default: 70 % of the window. */
  readonly height?: string;
};

export function DataTable<Row extends RowShape>({
  label,
  columns,
  rows,
  rowId,
  search = '',
  sort,
  onOpen,
  empty,
  height = 'max-h-[70dvh]',
}: DataTableProps<Row>) {
  const [sorting, setSorting] = useState<SortingState>(
    sort === undefined ? [] : [{ id: sort.column, desc: sort.descending }],
  );
  const table = useTable({
    features,
    columns: columns as DataColumn<Row>[],
    data: rows as Row[],
    getRowId: rowId,
    state: { sorting, globalFilter: search },
    onSortingChange: setSorting,
    globalFilterFn: 'includesString',
    enableSortingRemoval: false,
  });
  const frame = useRef<HTMLDivElement>(null);
  const shown = table.getRowModel().rows;
  const window = useRowWindow(frame, shown);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div ref={frame} className={`overflow-auto ${height}`} tabIndex={0} role="region" aria-label={label}>
      <table
        className="w-full border-separate border-spacing-0 text-left text-[0.8125rem]"
        aria-rowcount={shown.length + 1}
      >
        <Head table={table} />
        <tbody>
          <Spacer pixels={window.above} columns={columns.length} />
          {shown.slice(window.first, window.end).map((row, place) => (
            <BodyRow
              key={row.id}
              row={row}
              place={window.first + place}
              measure={window.measure}
              onOpen={onOpen}
            />
          ))}
          <Spacer pixels={window.below} columns={columns.length} />
        </tbody>
      </table>
      {shown.length === 0
        ? (empty ?? <p className="px-4 py-8 text-center text-muted">Nothing matches.</p>)
        : null}
    </div>
  );
}

type Table<Row extends RowShape> = ReturnType<typeof useTable<typeof features, Row>>;

function Head<Row extends RowShape>({ table }: { readonly table: Table<Row> }) {
  return (
    <thead>
      {table.getHeaderGroups().map((group) => (
        <tr key={group.id}>
          {group.headers.map((header) => (
            <HeaderCell
              key={header.id}
              look={header.column.columnDef.meta ?? {}}
              sorted={header.column.getIsSorted()}
              onSort={header.column.getCanSort() ? () => header.column.toggleSorting() : null}
            >
              <table.FlexRender header={header} />
            </HeaderCell>
          ))}
        </tr>
      ))}
    </thead>
  );
}

function BodyRow<Row extends RowShape>({
  row,
  place,
  measure,
  onOpen,
}: {
  readonly row: TableRow<typeof features, Row>;
  readonly place: number;
  readonly measure: ((element: Element | null) => void) | undefined;
  readonly onOpen: ((row: Row) => void) | undefined;
}) {
  return (
    <tr
      ref={measure}
      data-index={place}
      className={`h-11 ${onOpen === undefined ? '' : 'cursor-pointer hover:bg-hover'}`}
      {...openable(onOpen === undefined ? undefined : () => onOpen(row.original))}
    >
      {row.getAllCells().map((cell) => (
        <td
          key={cell.id}
          className={`border-b border-line px-3 py-1.5 first:pl-4 last:pr-4 ${cellClass(cell.column.columnDef.meta ?? {})}`}
        >
          <FlexRender cell={cell} />
        </td>
      ))}
    </tr>
  );
}

/** Which rows are drawn, and how high what is left out above and below them is. */
function useRowWindow(
  frame: React.RefObject<HTMLDivElement | null>,
  rows: readonly { readonly id: string }[],
) {
  const count = rows.length;
  const virtual = count >= VIRTUAL_FROM_ROWS;
  const virtualizer = useVirtualizer({
    count,
    enabled: virtual,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: OVERSCAN_ROWS,
  });
  if (!virtual) return { first: 0, end: count, above: 0, below: 0, measure: undefined };
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1);
  return {
    first: items[0]?.index ?? 0,
    end: (last?.index ?? -1) + 1,
    above: items[0]?.start ?? 0,
    below: virtualizer.getTotalSize() - (last?.end ?? 0),
    measure: virtualizer.measureElement,
  };
}

/** A row that opens something is reached by Tab and opened by Enter; presses on controls inside it are theirs. */
function openable(open: (() => void) | undefined) {
  if (open === undefined) return {};
  return {
    tabIndex: 0,
    onClick: (event: React.MouseEvent) => {
      if ((event.target as Element).closest('a, button, input, select, label') === null) open();
    },
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.key === 'Enter' && event.target === event.currentTarget) open();
    },
  };
}

function HeaderCell({
  look,
  sorted,
  onSort,
  children,
}: {
  readonly look: ColumnLook;
  readonly sorted: false | 'asc' | 'desc';
  readonly onSort: (() => void) | null;
  readonly children: ReactNode;
}) {
  const order = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
  return (
    <th
      scope="col"
      aria-sort={order}
      className={`sticky top-0 z-10 border-b border-line bg-card px-3 py-2 text-xs font-medium text-muted first:pl-4 last:pr-4 ${cellClass(look)}`}
    >
      {onSort === null ? (
        children
      ) : (
        <button
          type="button"
          onClick={onSort}
          className={`inline-flex items-center gap-1 align-middle hover:text-ink ${look.align === 'right' ? 'flex-row-reverse' : ''}`}
        >
          {children}
          <Icon
            name={sorted === 'asc' ? 'up' : 'down'}
            className={`size-3 ${sorted === false ? 'opacity-0' : ''}`}
          />
        </button>
      )}
    </th>
  );
}

function cellClass({ align, wideOnly, width }: ColumnLook): string {
  return [align === 'right' ? 'text-right' : '', wideOnly === true ? 'max-md:hidden' : '', width ?? ''].join(
    ' ',
  );
}

function Spacer({ pixels, columns }: { readonly pixels: number; readonly columns: number }) {
  if (pixels === 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: pixels }} />
    </tr>
  );
}
