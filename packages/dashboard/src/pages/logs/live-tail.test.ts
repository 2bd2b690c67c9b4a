/** The live list: bounded, paused without loss of count, each request once. */
import { describe, expect, test } from 'vitest';
import { LIVE_ROWS_MAX, nextTail, NO_TAIL, withLive, type LogRow, type TailChange } from './live-tail.ts';

const row = (id: number, status = 'succeeded') => ({ id: `gen-${id}`, status }) as LogRow;
const came = (id: number): TailChange => ({ kind: 'came', row: row(id) });
const after = (changes: readonly TailChange[]) => changes.reduce(nextTail, NO_TAIL);
const ids = (rows: readonly LogRow[]) => rows.map(({ id }) => id);

describe('the live list', () => {
  test('is newest first and keeps no more than it may', () => {
    const tail = after(Array.from({ length: LIVE_ROWS_MAX + 7 }, (_none, id) => came(id)));
    expect(tail.shown).toHaveLength(LIVE_ROWS_MAX);
    expect(tail.shown[0]?.id).toBe(`gen-${LIVE_ROWS_MAX + 6}`);
  });

  test('stands still while it is paused, counts what comes, and shows it when it goes on', () => {
    const paused = after([came(1), { kind: 'paused' }, came(2), came(3)]);
    expect([ids(paused.shown), paused.heldCount]).toEqual([['gen-1'], 2]);
    const resumed = nextTail(paused, { kind: 'resumed' });
    expect([ids(resumed.shown), resumed.heldCount]).toEqual([['gen-3', 'gen-2', 'gen-1'], 0]);
    const flood = after([{ kind: 'paused' }, ...Array.from({ length: 600 }, (_none, id) => came(id))]);
    expect([flood.held.length, flood.heldCount]).toEqual([LIVE_ROWS_MAX, 600]);
  });

  test('says how many were left out, and forgets with other filters', () => {
    const tail = after([came(1), { kind: 'dropped', count: 2 }, { kind: 'dropped', count: 3 }]);
    expect(tail.dropped).toBe(5);
    expect(nextTail(tail, { kind: 'cleared' })).toEqual(NO_TAIL);
  });

  test('stands on top of the list, each request once, as it ended', () => {
    const rows = withLive([row(3), row(2)], [row(2, 'running'), row(1)]);
    expect(rows.map(({ id, status }) => [id, status])).toEqual([
      ['gen-3', 'succeeded'],
      ['gen-2', 'succeeded'],
      ['gen-1', 'succeeded'],
    ]);
  });
});
