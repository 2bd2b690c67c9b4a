/** Requests that end while somebody looks, as values: shown at once, or held while it is paused. Bounded both ways. */
import type { RouteAnswer } from '@arouter/contract';

export type LogRow = RouteAnswer<'listGenerations'>['data'][number];
export type LiveTail = {
  /** Newest first. */
  readonly shown: readonly LogRow[];
  /** What came while it was paused, newest first. */
  readonly held: readonly LogRow[];
  /** Came while it was paused, those that were not kept included. */
  readonly heldCount: number;
  /** Left out by the server, because this page read too slowly. */
  readonly dropped: number;
  readonly paused: boolean;
};
export type TailChange =
  | { readonly kind: 'came'; readonly row: LogRow }
  | { readonly kind: 'dropped'; readonly count: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'cleared' };

/** Of each part; the list below has the rest. */
export const LIVE_ROWS_MAX = 500;
export const NO_TAIL: LiveTail = { shown: [], held: [], heldCount: 0, dropped: 0, paused: false };

export function nextTail(tail: LiveTail, change: TailChange): LiveTail {
  switch (change.kind) {
    case 'came':
      return tail.paused
        ? { ...tail, held: added(tail.held, [change.row]), heldCount: tail.heldCount + 1 }
        : { ...tail, shown: added(tail.shown, [change.row]) };
    case 'dropped':
      return { ...tail, dropped: tail.dropped + change.count };
    case 'paused':
      return { ...tail, paused: true };
    case 'resumed':
      return { ...tail, paused: false, shown: added(tail.shown, tail.held), held: [], heldCount: 0 };
    case 'cleared':
      return { ...NO_TAIL, paused: tail.paused };
  }
}

function added(rows: readonly LogRow[], newer: readonly LogRow[]): readonly LogRow[] {
  return [...newer, ...rows].slice(0, LIVE_ROWS_MAX);
}

/** What came live on top of the list; each request once, as it is known last. */
export function withLive(live: readonly LogRow[], listed: readonly LogRow[]): readonly LogRow[] {
  if (live.length === 0) return listed;
  const known = new Set(live.map(({ id }) => id));
  return [...live, ...listed.filter(({ id }) => !known.has(id))];
}
