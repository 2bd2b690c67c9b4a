/** The foot of the list: asks for older requests, and goes on by itself while a filter has not found a page of them yet. */
import { useEffect, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Time } from '../../components/time.tsx';

export function OlderRows({
  more,
  busy,
  failed,
  searchedBackTo,
  onMore,
}: {
  readonly more: boolean;
  readonly busy: boolean;
  readonly failed: boolean;
  /** How far back the last page looked, when it ended before it was full. */
  readonly searchedBackTo: string | null;
  readonly onMore: () => void;
}) {
  const [stopped, setStopped] = useState(false);
  const searching = more && searchedBackTo !== null && !stopped && !failed;
  useEffect(() => {
    if (searching && !busy) onMore();
  }, [searching, busy, onMore]);
  if (!more) return null;
  return (
    <footer className="flex flex-wrap items-center justify-center gap-3 border-t border-line p-3">
      {searchedBackTo === null ? null : (
        <span className="text-sm text-muted" role="status">
          {searching ? 'Searching, back to ' : 'Searched back to '}
          <Time at={searchedBackTo} style="second" />
        </span>
      )}
      {searching ? (
        <Button onClick={() => setStopped(true)}>Stop</Button>
      ) : (
        <Button
          busy={busy}
          onClick={() => {
            setStopped(false);
            onMore();
          }}
        >
          {searchedBackTo === null ? 'Load older requests' : 'Search further'}
        </Button>
      )}
    </footer>
  );
}
