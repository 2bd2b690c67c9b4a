/** The audit log: who changed what, when, and what it was before. */
import type { RouteAnswer } from '@arouter/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { callApi } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';

type Entry = RouteAnswer<'listAudit'>['data'][number];

const PAGE_ROWS = 50;

export function AuditPage() {
  return (
    <Page
      title="Audit"
      description="Every change in this workspace. Entries are chained: none can be altered or taken out unseen."
    >
      <Card flush>
        <Entries />
      </Card>
    </Page>
  );
}

function Entries() {
  const query = useInfiniteQuery({
    queryKey: ['listAudit'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      callApi(
        'listAudit',
        { query: { limit: PAGE_ROWS, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        signal,
      ),
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) {
    return (
      <div className="p-4">
        <SkeletonRows rows={8} />
      </div>
    );
  }
  const entries = query.data.pages.flatMap(({ data }) => data);
  if (entries.length === 0) return <EmptyState icon="audit" title="Nothing was changed yet" />;
  return (
    <>
      <ul>
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} />
        ))}
      </ul>
      {query.hasNextPage ? (
        <footer className="flex justify-center p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load older entries
          </Button>
        </footer>
      ) : null}
    </>
  );
}

function EntryRow({ entry }: { readonly entry: Entry }) {
  const { actor, action, target, changes } = entry;
  return (
    <li className="grid gap-1 border-b border-line px-4 py-3 text-[0.8125rem] sm:px-5">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium wrap-anywhere">{actor.name || actor.id}</span>
        <span className="font-mono text-xs text-muted">{action}</span>
        <span className="wrap-anywhere">{target.name || target.id}</span>
        <span className="ml-auto text-xs text-muted">
          <Time at={entry.at} style="second" />
          {entry.ip === null ? '' : ` · ${entry.ip}`}
        </span>
      </p>
      {changes.length === 0 ? null : (
        <details>
          <summary className="cursor-pointer text-xs text-muted">
            {changes.map(({ field }) => field).join(', ')}
          </summary>
          <dl className="mt-1 grid gap-1 font-mono text-xs">
            {changes.map(({ field, before, after }) => (
              <div key={field} className="wrap-anywhere">
                <dt className="inline text-muted">{field}: </dt>
                <dd className="inline">
                  {words(before)} → {words(after)}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}

function words(value: unknown): string {
  return value === null || value === undefined
    ? 'none'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
