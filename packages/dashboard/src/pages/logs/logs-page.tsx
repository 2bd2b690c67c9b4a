/** Logs: every request of the workspace, newest first, with where it was served and what it cost. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { callApi } from '../../api/client.ts';
import { apiQuery } from '../../api/queries.ts';
import { SourceBadge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { Money } from '../../components/money.tsx';
import { compactWords, durationWords } from '../../components/numbers.ts';
import { Page } from '../../components/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { LiveControls, LiveNotice } from './live-controls.tsx';
import { withLive, type LogRow } from './live-tail.ts';
import { LogFilterBar } from './log-filter-bar.tsx';
import { RANGES, toLogQuery, type LogFilters } from './log-filters.ts';
import { OlderRows } from './older-rows.tsx';
import { StatusBadge } from './status-badge.tsx';
import { useLiveTail } from './use-live-tail.ts';

type Row = LogRow;

const PAGE_ROWS = 100;

const columns = columnsOf<Row>((column) => [
  column.accessor('created_at', {
    header: 'Time',
    meta: { width: 'w-44' },
    cell: ({ getValue }) => <Time at={getValue()} style="second" />,
  }),
  column.accessor('model', {
    header: 'Model',
    cell: ({ row, getValue }) => (
      <span className="block max-w-72 truncate font-medium" title={row.original.model_requested}>
        {getValue() || row.original.model_requested}
      </span>
    ),
  }),
  column.accessor('status', {
    header: 'Status',
    cell: ({ row }) => <StatusCell row={row.original} />,
  }),
  column.accessor('source', {
    header: 'Source',
    cell: ({ getValue }) => {
      const source = getValue() as Row['source'];
      return source === null ? <span className="text-faint">–</span> : <SourceBadge source={source} />;
    },
  }),
  column.accessor('provider', { header: 'Provider', meta: { wideOnly: true }, cell: orDash }),
  column.accessor('attempts', { header: 'Attempts', meta: { align: 'right', wideOnly: true } }),
  column.accessor((row) => row.usage?.total_tokens ?? null, {
    id: 'tokens',
    header: 'Tokens',
    meta: { align: 'right' },
    cell: ({ getValue }) => {
      const tokens = getValue() as number | null;
      return tokens === null ? '–' : compactWords(tokens);
    },
  }),
  column.accessor((row) => row.usage?.cost ?? null, {
    id: 'cost',
    header: 'Cost',
    meta: { align: 'right' },
    cell: ({ getValue }) => {
      const cost = getValue() as number | null;
      return cost === null ? <span className="text-faint">–</span> : <Money usd={cost} />;
    },
  }),
  column.accessor('latency_ms', {
    header: 'Time taken',
    meta: { align: 'right', wideOnly: true },
    cell: ({ getValue }) => {
      const ms = getValue() as number | null;
      return ms === null ? '–' : durationWords(ms);
    },
  }),
]);

function StatusCell({ row: { status, error_code: errorCode } }: { readonly row: Row }) {
  return (
    <span className="flex items-center gap-2">
      <StatusBadge status={status} />
      {errorCode === null ? null : <span className="text-xs text-muted">{errorCode}</span>}
    </span>
  );
}

function orDash({ getValue }: { readonly getValue: () => unknown }) {
  const value = getValue();
  return typeof value === 'string' ? value : <span className="text-faint">–</span>;
}

export function LogsPage() {
  const filters = useSearch({ from: '/shell/logs' });
  const navigate = useNavigate({ from: '/logs' });
  const following = useLiveTail(filters);
  const change = (next: LogFilters) => void navigate({ search: next, replace: true });
  return (
    <Page
      title="Logs"
      width="full"
      description={
        <>
          Every request, why it went where it went, and what it cost. <KeepingWords />
        </>
      }
      actions={
        <LiveControls
          live={filters.live === true}
          following={following}
          onLive={(live) => change({ ...withoutLive(filters), ...(live ? { live } : {}) })}
        />
      }
    >
      <LiveNotice following={following} />
      <LogFilterBar filters={filters} onChange={change} />
      <Card flush>
        <LogTable filters={filters} live={following.tail.shown} onClear={() => change({})} />
      </Card>
    </Page>
  );
}

/** Whether what was said is kept. Until that is known its place is held, so that nothing moves. */
function KeepingWords() {
  const keeping = useQuery(apiQuery('getBodyKeeping', {})).data?.data;
  const words =
    keeping?.keep === true
      ? `Prompts and answers are kept for ${keeping.days === 1 ? 'one day' : `${keeping.days} days`}.`
      : 'Prompts and answers are not kept.';
  return <span className={keeping === undefined ? 'invisible' : ''}>{words}</span>;
}

function withoutLive({ live: _live, ...filters }: LogFilters): LogFilters {
  return filters;
}

function LogTable({
  filters,
  live,
  onClear,
}: {
  readonly filters: LogFilters;
  /** What ended since the list was read. */
  readonly live: readonly Row[];
  readonly onClear: () => void;
}) {
  const navigate = useNavigate();
  const query = useGenerations(filters);
  const rows = useMemo(
    () => withLive(live, query.data?.pages.flatMap(({ data }) => data) ?? []),
    [live, query.data],
  );
  if (query.isError && rows.length === 0)
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) {
    return (
      <div className="p-4">
        <SkeletonRows rows={12} />
      </div>
    );
  }
  return (
    <>
      <DataTable
        label="Requests"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        onOpen={({ id }) => void navigate({ to: '/logs/$id', params: { id } })}
        empty={
          <NoRows
            filtered={Object.keys(withoutLive(filters)).length > 0}
            searching={query.hasNextPage}
            onClear={onClear}
          />
        }
      />
      <OlderRows
        key={JSON.stringify(withoutLive(filters))}
        more={query.hasNextPage}
        busy={query.isFetchingNextPage}
        failed={query.isFetchNextPageError}
        searchedBackTo={query.data.pages.at(-1)?.searched_back_to ?? null}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}

function NoRows({
  filtered,
  searching,
  onClear,
}: {
  readonly filtered: boolean;
  /** Older requests have not been looked at yet. */
  readonly searching: boolean;
  readonly onClear: () => void;
}) {
  if (searching) return <EmptyState icon="search" title="No match among the newer requests" />;
  return filtered ? (
    <EmptyState
      icon="search"
      title="No request matches"
      action={<Button onClick={onClear}>Show all requests</Button>}
    />
  ) : (
    <EmptyState icon="logs" title="No request yet">
      Send one with an API key, and it is here at once: which key served it, why, and what it cost.
    </EmptyState>
  );
}

function useGenerations(filters: LogFilters) {
  const { range } = filters;
  const request = toLogQuery(filters);
  return useInfiniteQuery({
    queryKey: ['listGenerations', request, range],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      callApi(
        'listGenerations',
        {
          query: {
            ...request,
            limit: PAGE_ROWS,
            ...(range === undefined
              ? {}
              : { start_time: new Date(Date.now() - RANGES[range]).toISOString() }),
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        signal,
      ),
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
  });
}
