/** The journal in front of the tables: what a crash leaves of it, and that nothing is booked twice. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerationId, WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';
import { encodeGroup, operationsOf, SEGMENT_HEADER } from './sqlite/journal-format.ts';
import { JournalReader } from './sqlite/journal-reader.ts';
import { listSegments, segmentAt } from './sqlite/journal-segments.ts';
import { createOpeningText } from './sqlite/opening-text.ts';
import { standingClock } from './store-harness.ts';
import type { Store } from './store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const openingText = createOpeningText();
const ALL_TIME = { from: branded<never>(0), to: branded<never>(NOON * 2) };

let folder: string;
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arouter-journal-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function openStore(data: string, synchronous: 'normal' | 'full' = 'normal'): Promise<Store> {
  const log = {
    info: () => undefined,
    warn: (_fields: object, message: string) => void warnings.push(message),
    error: () => undefined,
  };
  return openSqliteStore({ file: fileIn(data), synchronous, clock: standingClock(NOON), log });
}

function fileIn(data: string): string {
  return join(folder, data, 'arouter.db');
}

/** What `kill -9` would leave at this moment. */
function copyOf(data: string, name: string): string {
  cpSync(join(folder, data), join(folder, name), { recursive: true });
  rmSync(`${fileIn(name)}.lock`, { force: true });
  return name;
}

function bytesOf(operations: readonly string[]): Buffer {
  const { buffer, length } = encodeGroup(operations.join());
  return Buffer.from(buffer.subarray(0, length));
}

/** One attempt, opened and settled, as the first version of this format wrote it. */
const WRITTEN_BEFORE = [
  'QVJvdXRlciBsZWRnZXIgam91cm5hbCAxCiMBAABeqeXyW1swLDEsIndzX29uZSIsMTc5NTQzNTIwMDAwMCwiZ2VuLTE3OTU0MzUy',
  'MDAtMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3IiwxLCJyZXFfMDEyMyIsIkFiQ2RFZkdoSWpLbCIsIm9wZW5haS1jaGF0IiwiZ3B0',
  'IFwiNVwiIOKAqMOp8J+miiIsMCwxNzk1NDM1MjAwMDAwLCJwa19vbmUiLCJvcGVuYWkiLCJieW9rIiwib3BlbmFpL2dwdC01Iiwi',
  'Z3B0LTUiLDIwMDAwMDAsNTAwLDEyNTAwMCwidW5tZXRlcmVkIiwiW3tcIm1vZGVsXCI6XCJvcGVuYWkvZ3B0LTVcIixcInZlcmRp',
  'Y3RzXCI6W10sXCJzZWVkXCI6N31dIl1dygAAAJEoXE5bWzEsMSwxNzk1NDM1MjAwODUwLCJzdWNjZWVkZWQiLG51bGwsMjAwLCJj',
  'aGF0Y21wbC0xIiwic3RvcCIsNTAwLDAsMCwwLDIwMCwwLDAsMCwicHJvdmlkZXIiLDUyNTAwMCwiW3tcIndoYXRcIjpcImlucHV0',
  'XCIsXCJxdWFudGl0eVwiOjUwMCxcIm5hbm9QZXJNaWxsaW9uXCI6MjUwMDAwMDAwfV0iLDAsODUwLDMyMCwxLDIwMCxudWxsLG51',
  'bGwsbnVsbF1d',
].join('');

async function book(store: Store, given: { readonly chargedNano?: number } = {}): Promise<void> {
  const row = sampleOpened();
  await store.ledger.open(row);
  await store.ledger.settle(sampleSettled(row, { chargedNano: branded(given.chargedNano ?? 0) }));
}

async function requestsIn(store: Store): Promise<number> {
  const [sums] = await store.usage.sums(WORKSPACE, ALL_TIME, []);
  return sums?.requests ?? 0;
}

function isInTables(data: string): boolean {
  const { size } = statSync(`${fileIn(data)}-wal`, { throwIfNoEntry: false }) ?? { size: 0 };
  return size > 0;
}

describe('a process that dies', () => {
  test('after it appended and before the tables had it loses nothing', async () => {
    const store = await openStore('data');
    await Promise.all(Array.from({ length: 20 }, () => book(store)));
    const killed = copyOf('data', 'killed');
    expect(isInTables(killed)).toBe(false);
    await store.close();
    const next = await openStore(killed);
    expect(await requestsIn(next)).toBe(20);
    expect(await next.verify()).toEqual([]);
    await next.close();
    expect(listSegments(fileIn(killed))).toEqual([]);
  });

  test('after the tables had it and before the journal was removed books nothing twice', async () => {
    const store = await openStore('data');
    await store.credits.grant({
      id: 'grant',
      workspaceId: WORKSPACE,
      kind: 'grant',
      description: '',
      amountNano: branded(1e6),
      createdAt: branded(NOON),
    });
    for (let count = 0; count < 5; count += 1) await book(store, { chargedNano: 1000 });
    expect(await requestsIn(store)).toBe(5);
    const killed = copyOf('data', 'killed');
    expect(listSegments(fileIn(killed))).toHaveLength(1);
    await store.close();
    const journal = listSegments(fileIn(killed)).map(({ path }) => ({ path, bytes: readFileSync(path) }));
    for (let start = 0; start < 3; start += 1) {
      const next = await openStore(killed);
      expect(await requestsIn(next)).toBe(5);
      expect(await next.credits.balance(WORKSPACE)).toEqual({ grantedNano: 1e6, usedNano: 5000 });
      expect(await next.verify()).toEqual([]);
      await next.close();
      // As if it had died once more before it removed the files.
      for (const { path, bytes } of journal) writeFileSync(path, bytes);
    }
  });

  test('while it writes leaves a torn end, which was never acknowledged; all before it is booked', async () => {
    const store = await openStore('data');
    await book(store);
    await book(store);
    copyOf('data', 'whole');
    const last = sampleOpened();
    await store.ledger.open(last);
    copyOf('data', 'longer');
    await store.close();
    const path = listSegments(fileIn('longer'))[0]?.path ?? '';
    const whole = statSync(path.replace('longer', 'whole')).size;
    const longer = statSync(path).size;
    for (const size of [whole + 1, whole + 7, whole + 8, Math.round((whole + longer) / 2), longer - 1]) {
      const torn = copyOf('longer', `torn-${size}`);
      truncateSync(path.replace('longer', torn), size);
      const next = await openStore(torn);
      expect(await requestsIn(next)).toBe(2);
      expect(await next.generations.get(WORKSPACE, last.generation.id)).toBeUndefined();
      await book(next);
      expect(await requestsIn(next)).toBe(3);
      await next.close();
    }
    expect(warnings).toEqual([]);
  });
});

describe('a journal', () => {
  test('cut at any byte gives the whole groups before the cut, and no error', () => {
    const file = join(folder, 'arouter.db');
    const { path } = segmentAt(file, 0);
    const groups = [1, 2, 3].map((count) =>
      bytesOf(Array.from({ length: count }, (_, at) => openingText(at, sampleOpened()))),
    );
    const ends = groups.map((_, index) =>
      groups.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0),
    );
    const bytes = Buffer.concat([SEGMENT_HEADER, ...groups]);
    for (let size = 0; size <= bytes.length; size += size < 64 ? 1 : 41) {
      writeFileSync(path, bytes.subarray(0, size));
      const reader = new JournalReader(file);
      const read = [];
      for (let batch = reader.next(0); batch !== null; batch = reader.next(batch.position)) {
        read.push({ ...batch, operations: batch.groups.flatMap(operationsOf) });
      }
      reader.close();
      const whole = ends.filter((end) => SEGMENT_HEADER.length + end <= size).length;
      expect(read.flatMap(({ operations }) => operations)).toHaveLength((whole * (whole + 1)) / 2);
      expect(read.at(-1)?.position ?? 0).toBe(whole === 0 ? 0 : ends[whole - 1]);
      expect(read.every(({ loss }) => loss === null)).toBe(true);
    }
  });

  test('whose bytes were changed ends there, says so and is kept', async () => {
    const store = await openStore('data');
    await book(store);
    await book(store);
    const damaged = copyOf('data', 'damaged');
    await store.close();
    const path = listSegments(fileIn(damaged))[0]?.path ?? '';
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
    writeFileSync(path, bytes);
    const next = await openStore(damaged);
    expect(await requestsIn(next)).toBe(1);
    await next.close();
    expect(warnings.join()).toMatch(/journal is damaged at position \d+/);
    expect(readFileSync(`${path}.damaged`)).toEqual(bytes);
  });

  test('that an earlier version left is read', async () => {
    await (await openStore('data')).close();
    // The tables of a new database stand at 0.
    writeFileSync(segmentAt(fileIn('data'), 0).path, Buffer.from(WRITTEN_BEFORE, 'base64'));
    const store = await openStore('data');
    expect(await requestsIn(store)).toBe(1);
    const id = branded<GenerationId>('gen-1795435200-0123456789abcdef01234567');
    const view = await store.generations.get(WORKSPACE, id);
    expect(view?.header.modelRequested).toBe('gpt "5" \u2028é🦊');
    expect(view?.attempts[0]).toMatchObject({ upstreamId: 'chatcmpl-1', costNano: 525_000 });
    expect(await store.verify()).toEqual([]);
    await store.close();
  });

  test('of another format is refused in words and left as it is', async () => {
    await (await openStore('data')).close();
    const { path } = segmentAt(fileIn('data'), 0);
    writeFileSync(path, 'ARouter ledger journal 0\nwhatever it was');
    await expect(openStore('data')).rejects.toThrow(/has format 0, .* reads format 1\. Start the version/);
    expect(readFileSync(path, 'latin1')).toContain('whatever it was');
    rmSync(path);
    await (await openStore('data')).close();
  });

  test('that lost its beginning to a power cut books the rest, and says what is missing', async () => {
    const store = await openStore('data');
    await book(store);
    const row = sampleOpened();
    await store.ledger.open(row);
    const cut = copyOf('data', 'cut');
    await store.close();
    const [segment] = listSegments(fileIn(cut));
    const path = segment?.path ?? '';
    const tail = bytesOf([openingText(77, sampleOpened({ generation: sampleHeader() }))]);
    rmSync(path);
    writeFileSync(segmentAt(fileIn(cut), 9000).path, Buffer.concat([SEGMENT_HEADER, tail]));
    const next = await openStore(cut);
    expect(warnings.join()).toContain('9000 bytes of the ledger');
    expect(await next.recovery.settleOrphans(branded(NOON))).toBe(1);
    expect(await next.verify()).toEqual([]);
    await next.close();
  });

  test('is split into segments, which go once the tables have them', async () => {
    const store = await openStore('data');
    const file = fileIn('data');
    // Long model names make long rows.
    const long = 'm'.repeat(100_000);
    const open = () => store.ledger.open(sampleOpened({ upstreamModel: long }));
    let segmentsMax = 0;
    for (let count = 0; count < 20; count += 1) {
      await Promise.all(Array.from({ length: 20 }, open));
      segmentsMax = Math.max(segmentsMax, listSegments(file).length);
    }
    expect(segmentsMax).toBeGreaterThan(1);
    await store.verify();
    expect(listSegments(file)).toHaveLength(1);
    await store.close();
    expect(listSegments(file)).toEqual([]);
  });

  test('that is flushed before it is acknowledged books the same', async () => {
    const store = await openStore('data', 'full');
    await Promise.all(Array.from({ length: 30 }, () => book(store)));
    const killed = copyOf('data', 'killed');
    await store.close();
    const next = await openStore(killed, 'full');
    expect(await requestsIn(next)).toBe(30);
    expect(await next.verify()).toEqual([]);
    await next.close();
  });

  test('takes words of a provider as they come', async () => {
    const store = await openStore('data');
    const row = sampleOpened();
    await store.ledger.open(row);
    const upstreamId = 'a\u0000"\n\u2028\ud800 é 🦊';
    await store.ledger.settle(sampleSettled(row, { upstreamId, finishReason: '' }));
    const view = await store.generations.get(WORKSPACE, row.generation.id);
    expect(view?.attempts[0]).toMatchObject({ finishReason: '' });
    expect(view?.attempts[0]?.upstreamId?.slice(0, 5)).toBe(upstreamId.slice(0, 5));
    await store.close();
  });
});
