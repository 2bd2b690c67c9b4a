/** What a transaction brings into the tables: each row to its own sums, and one broken row alone left out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AttemptOpened, AttemptSettled, WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branded } from '../columns.ts';
import { openSqliteStore } from '../open-sqlite-store.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from '../sample-rows.ts';
import { standingClock } from '../store-harness.ts';
import type { Store } from '../store.ts';
import { encodeGroup, SEGMENT_HEADER } from './journal-format.ts';
import { segmentAt } from './journal-segments.ts';
import { settlementText } from './ledger-operations.ts';
import { LedgerWriter } from './ledger-writer.ts';
import type { OpenOperation, SettleOperation } from './messages.ts';
import { migrate } from './migrate.ts';
import { createOpeningText } from './opening-text.ts';

const HOUR_MS = 3_600_000;
const WORKSPACE = branded<WorkspaceId>('ws_one');
const ALL_TIME = { from: branded<never>(0), to: branded<never>(NOON * 2) };
const openingText = createOpeningText();

let folder: string;
let warnings: object[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arouter-projector-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The store as it starts after a process that left these operations, in one transaction. */
function storeAfter(operations: readonly string[]): Promise<Store> {
  const file = join(folder, 'data', 'arouter.db');
  mkdirSync(join(folder, 'data'));
  const { buffer, length } = encodeGroup(operations.join());
  writeFileSync(segmentAt(file, 0).path, Buffer.concat([SEGMENT_HEADER, buffer.subarray(0, length)]));
  const log = {
    info: () => undefined,
    warn: (fields: object, message: string) => void warnings.push({ ...fields, message }),
    error: () => undefined,
  };
  return openSqliteStore({ file, synchronous: 'normal', clock: standingClock(NOON), log });
}

function booked(
  sequence: number,
  row: AttemptOpened,
  given: Partial<AttemptSettled> = {},
): readonly string[] {
  return [openingText(sequence, row), settlementText(sequence, sampleSettled(row, given))];
}

test('neighbours that differ in one thing are counted apart', async () => {
  const earlier = branded<never>(NOON - HOUR_MS);
  const rows: readonly (() => AttemptOpened)[] = [
    () => sampleOpened({ openedAt: earlier, generation: sampleHeader({ createdAt: earlier }) }),
    () => sampleOpened({ generation: sampleHeader({ workspaceId: branded('ws_two') }) }),
    () => sampleOpened({ generation: sampleHeader({ apiKeyId: branded('BBBBBBBBBBBB') }) }),
    () => sampleOpened({ providerKeyId: branded('pk_two') }),
    () => sampleOpened({ provider: branded('groq') }),
    () => sampleOpened({ source: 'platform' }),
    () => sampleOpened({ model: branded('openai/other') }),
  ];
  const inTurn = rows.flatMap((other) => [sampleOpened(), other(), sampleOpened(), other()]);
  const store = await storeAfter(inTurn.flatMap((row, index) => booked(index + 1, row)));
  expect(await store.verify()).toEqual([]);
  const [sums] = await store.usage.sums(WORKSPACE, ALL_TIME, []);
  expect(sums?.requests).toBe(inTurn.length - 2);
  await store.close();
});

test('a row that breaks a rule is told and left out alone, and can still be settled', async () => {
  const rows = [sampleOpened(), sampleOpened(), sampleOpened()];
  const [first, broken, last] = rows as [AttemptOpened, AttemptOpened, AttemptOpened];
  const store = await storeAfter([
    ...booked(1, first),
    ...booked(2, broken, { latencyMs: Number.NaN }),
    ...booked(3, last),
    // Of another kind: its sequence is taken.
    ...booked(3, sampleOpened()),
    settlementText(2, sampleSettled(broken, { costNano: branded(7) })),
    settlementText(1, sampleSettled(first, { costNano: branded(9) })),
  ]);
  expect(warnings).toMatchObject([
    { message: 'a row of the ledger was left out', operation: [1, 2, NOON + 850, 'succeeded', null, 200] },
    { message: 'a row of the ledger was left out', operation: [0, 3, 'ws_one', NOON, expect.anything(), 1] },
  ]);
  const [sums] = await store.usage.sums(WORKSPACE, ALL_TIME, []);
  expect(sums).toMatchObject({ requests: 3, attempts: 3, costNano: 2 * 525_000 + 7 });
  expect(await store.verify()).toEqual([]);
  await store.close();
});

test('an attempt whose opening was rolled back is no longer known', () => {
  const database = new DatabaseSync(':memory:');
  migrate(database, NOON);
  const ledger = new LedgerWriter(database);
  const [opening = '', settlement = ''] = booked(1, sampleOpened());
  database.exec('BEGIN');
  ledger.open(JSON.parse(opening) as OpenOperation);
  database.exec('ROLLBACK');
  ledger.rolledBack();
  expect(() => ledger.settle(JSON.parse(settlement) as SettleOperation)).toThrow('never opened');
  database.close();
});
