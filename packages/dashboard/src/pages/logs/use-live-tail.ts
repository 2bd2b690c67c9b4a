/** Follows the requests of the workspace as they end; connects again by itself, and says when it cannot. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useState } from 'react';
import { ROUTE_PLACES } from 'virtual:route-places';
import { readEventStream } from '../../api/read-event-stream.ts';
import { nextTail, NO_TAIL, type LogRow, type TailChange } from './live-tail.ts';
import { toLogQuery, type LogFilters } from './log-filters.ts';

const AGAIN_MS = 2_000;
const AGAIN_MS_MAX = 30_000;

export function useLiveTail(filters: LogFilters) {
  const client = useQueryClient();
  const [tail, change] = useReducer(nextTail, NO_TAIL);
  const [problem, setProblem] = useState<string | null>(null);
  const query = new URLSearchParams(
    Object.entries(toLogQuery(filters)).map(([name, value]) => [name, String(value)]),
  ).toString();
  const live = filters.live === true;

  useEffect(() => {
    change({ kind: 'cleared' });
    setProblem(null);
    if (!live) return;
    const stopped = new AbortController();
    void follow({
      url: `${ROUTE_PLACES.streamGenerations.path}${query === '' ? '' : `?${query}`}`,
      signal: stopped.signal,
      onChange: change,
      onState: (words) => {
        setProblem(words);
        // What ended while nobody listened is in the list.
        if (words === null) void client.invalidateQueries({ queryKey: ['listGenerations'] });
      },
    });
    return () => stopped.abort();
  }, [live, query, client]);

  return {
    tail,
    problem,
    pause: () => change({ kind: 'paused' }),
    resume: () => change({ kind: 'resumed' }),
  };
}

type Following = {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly onChange: (change: TailChange) => void;
  /** Null: connected. Else why not. */
  readonly onState: (problem: string | null) => void;
};

/** Ends when it is stopped; everything else is a reason to connect again, each time a little later. */
async function follow({ url, signal, onChange, onState }: Following): Promise<void> {
  let waitMs = AGAIN_MS;
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { signal });
      if (!response.ok || response.body === null) throw new Error(await refusalOf(response));
      for await (const { event, data } of readEventStream(response.body)) {
        if (event === 'ready') {
          waitMs = AGAIN_MS;
          onState(null);
        }
        if (event === 'generation') onChange({ kind: 'came', row: JSON.parse(data) as LogRow });
        if (event === 'dropped')
          onChange({ kind: 'dropped', count: (JSON.parse(data) as { count: number }).count });
      }
    } catch (error) {
      if (signal.aborted) return;
      onState(error instanceof Error ? error.message : 'The server cannot be reached.');
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(waitMs * 2, AGAIN_MS_MAX);
  }
}

async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { message?: string }).message ?? `Status ${response.status}.`;
  } catch {
    // A proxy's page says less than its status.
    return `The server answered with status ${response.status}.`;
  }
}
