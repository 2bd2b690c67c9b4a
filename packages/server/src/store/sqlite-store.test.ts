import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Clock, WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branded } from './columns.ts';
import { describeStore } from './describe-store.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore } from './store-harness.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';
import { StoreLocked } from './sqlite/database-lock.ts';
import { UNPROJECTED_BYTES_MAX } from './sqlite/journal.ts';
import { listSegments, segmentAt } from './sqlite/journal-segments.ts';
import { StoreUnavailable } from './store.ts';
import type { Store } from './store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const ALL_TIME = { from: branded<never>(0), to: branded<never>(NOON * 2) };
const silent = { info: () => {}, warn: () => {}, error: () => {} };

function openFile(file: string, clock: Clock = standingClock(NOON)): Promise<Store> {
  return openSqliteStore({ file, synchronous: 'normal', clock, log: silent });
}

async function openIn(folder: string, clock: Clock): Promise<OpenedStore> {
  const store = await openFile(join(folder, 'arouter.db'), clock);
  return {
    store,
    async reopen() {
      await store.close();
      return openIn(folder, clock);
    },
    async remove() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describeStore('SQLite', (clock) => openIn(mkdtempSync(join(tmpdir(), 'arouter-store-')), clock));

describe('the SQLite file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'arouter-store-'));
    file = join(folder, 'data', 'arouter.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function fill(store: Store, generations: number): Promise<void> {
    const one = async () => {
      const row = sampleOpened();
      await store.ledger.open(row);
      await store.ledger.settle(sampleSettled(row));
    };
    await Promise.all(Array.from({ length: generations }, one));
  }

  test('is readable by its owner only, and leaves no log behind when closed', async () => {
    const store = await openFile(file);
    await fill(store, 10);
    // Reading brings the journal into the tables, and with it there is a write-ahead log.
    await store.verify();
    const files = [file, `${file}-wal`, `${file}-shm`, ...listSegments(file).map(({ path }) => path)];
    expect(files.map((each) => statSync(each).mode & 0o777)).toEqual([0o600, 0o600, 0o600, 0o600]);
    await store.close();
    expect(() => statSync(`${file}-wal`)).toThrow('ENOENT');
    expect(listSegments(file)).toEqual([]);
  });

  test('is refused to a second opener with the pid of the first, and free once it closes', async () => {
    const store = await openFile(file);
    const second = await openFile(file).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(StoreLocked);
    expect(String(second)).toContain(`pid ${process.pid}`);
    await store.close();
    await (await openFile(file)).close();
  });

  test('is refused to this process while another has it, and free when that one is killed', async () => {
    const child = startChild(file);
    await child.firstLine;
    const refused = await openFile(file).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreLocked);
    expect(String(refused)).toContain(`pid ${child.pid}`);
    await child.kill();
    await (await openFile(file)).close();
  });

  test('with a damaged page is refused and left as it is', async () => {
    const store = await openFile(file);
    await fill(store, 200);
    await store.close();
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, statSync(file).size - 3 * 4096);
    closeSync(handle);
    const damaged = readFileSync(file);
    await expect(openFile(file)).rejects.toThrow(/damaged .* Restore the last backup/);
    expect(readFileSync(file)).toEqual(damaged);
  });

  test('of a newer version is refused', async () => {
    await (await openFile(file)).close();
    alter(file, `INSERT INTO schema_migrations VALUES (9999, 'future', 0)`);
    await expect(openFile(file)).rejects.toThrow('Start the newer version');
  });

  test('keeps the ledger append-only against any statement', async () => {
    const store = await openFile(file);
    await store.credits.grant({
      id: 'g',
      workspaceId: WORKSPACE,
      kind: 'grant',
      description: '',
      amountNano: branded(1e3),
      createdAt: branded(NOON),
    });
    await fill(store, 1);
    store.ledger.refuse({
      generation: sampleHeader(),
      plans: [],
      refusals: [],
      callerStatus: 404,
      errorCode: 'model_not_found',
    });
    await store.close();
    for (const table of ['attempts', 'settlements', 'refusals', 'credit_entries']) {
      for (const statement of [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET rowid = rowid`.replace('rowid = rowid', `${keyOf(table)} = ${keyOf(table)}`),
      ]) {
        expect(() => alter(file, statement), statement).toThrow('the ledger is append-only');
      }
      expect(() => alter(file, `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow(
        'append-only',
      );
    }
  });

  test('of an older version has its days added up from its hours when it is opened', async () => {
    const store = await openFile(file);
    await fill(store, 40);
    const rows = async ({ usage }: Store) => [
      ...(await usage.sums(WORKSPACE, ALL_TIME, ['day', 'api_key', 'model'])),
      ...(await usage.sums(WORKSPACE, ALL_TIME, ['day', 'api_key', 'source'])),
    ];
    const before = await rows(store);
    await store.close();
    alter(
      file,
      `DELETE FROM schema_migrations WHERE number >= 7; DROP TABLE daily_rollups; DROP TABLE api_key_daily_rollups;
       DROP TABLE api_key_day_sums; DROP TABLE audit_notes;
       ALTER TABLE api_keys DROP COLUMN created_by; ALTER TABLE api_keys DROP COLUMN deleted_at;
       ALTER TABLE workspaces DROP COLUMN bodies_kept_since`,
    );
    const reopened = await openFile(file);
    expect(await reopened.verify()).toEqual([]);
    expect(await rows(reopened)).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
    await reopened.close();
  });

  test('is found out by verify when a sum or an entry was changed', async () => {
    const changes = [
      [`UPDATE rollups SET cost_nano = cost_nano + 1`, 'INV-12'],
      [`DELETE FROM rollups`, 'INV-12'],
      [`UPDATE daily_rollups SET requests = requests + 1`, 'INV-12: daily rollups differ'],
      [`DELETE FROM api_key_daily_rollups`, 'INV-12: daily rollups of API keys differ'],
      [`UPDATE api_key_day_sums SET cost_nano = cost_nano - 1`, 'INV-12: daily sums of API keys differ'],
      [`UPDATE credit_balances SET used_nano = used_nano + 1`, 'INV-4'],
      [
        `INSERT INTO credit_entries VALUES ('txn_ghost_1', 'ws_one', 'usage', -1, '', 0)`,
        'INV-2: a usage entry has no settlement',
      ],
      [
        `DROP TRIGGER settlements_no_update; UPDATE settlements SET charged_nano = 5`,
        'INV-2: a charge differs from its credit entry',
      ],
      [`DROP TRIGGER attempts_no_delete; DELETE FROM attempts`, 'INV-2: a settlement has no attempt'],
    ] as const;
    for (const [index, [change, finding]] of changes.entries()) {
      const copy = join(folder, `${index}.db`);
      const store = await openFile(copy);
      await store.credits.grant({
        id: 'g',
        workspaceId: WORKSPACE,
        kind: 'grant',
        description: '',
        amountNano: branded(1e3),
        createdAt: branded(NOON),
      });
      await fill(store, 3);
      expect(await store.verify()).toEqual([]);
      await store.close();
      alter(copy, change);
      const reopened = await openFile(copy);
      expect((await reopened.verify()).join('\n'), change).toContain(finding);
      await reopened.close();
    }
  });

  test('that another connection holds: the journal takes rows until too many wait, and none of them is lost', async () => {
    const store = await openFile(file);
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const accepted = new Set<string>();
    const errors: unknown[] = [];
    const open = async () => {
      const row = sampleOpened();
      await store.ledger.open(row);
      accepted.add(row.generation.id);
    };
    while (errors.length === 0) {
      const results = await Promise.allSettled(Array.from({ length: 2000 }, open));
      for (const result of results) if (result.status === 'rejected') errors.push(result.reason);
    }
    expect(errors.every((error) => error instanceof StoreUnavailable)).toBe(true);
    expect(journalBytes(file)).toBeLessThan(UNPROJECTED_BYTES_MAX + 4 * 1024 * 1024);
    // What is asked of the tables fails, rather than answering without the rows that wait.
    await expect(store.usage.sums(WORKSPACE, ALL_TIME, [])).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await store.ping()).toBe(true);
    holder.exec('ROLLBACK');
    holder.close();
    expect(await store.verify()).toEqual([]);
    await store.close();
    const database = new DatabaseSync(file, { readOnly: true });
    const stored = database.prepare('SELECT generation_id AS id FROM attempts').all();
    database.close();
    expect(new Set(stored.map(({ id }) => String(id)))).toEqual(accepted);
  }, 60_000);

  test('whose journal cannot be written: opening fails closed, a settlement is held until it is durable', async () => {
    const store = await openFile(file);
    const row = sampleOpened();
    await store.ledger.open(row);
    await store.close();
    const again = await openFile(file);
    // What a full disk says to every write.
    const { path } = segmentAt(file, positionOf(file));
    symlinkSync('/dev/full', path);
    await expect(again.ledger.open(sampleOpened())).rejects.toBeInstanceOf(StoreUnavailable);
    const settled = again.ledger.settle(sampleSettled(row));
    expect(await Promise.race([settled, sleep(200).then(() => 'waits')])).toBe('waits');
    rmSync(path);
    await settled;
    expect((await again.generations.get(WORKSPACE, row.generation.id))?.status).toBe('succeeded');
    expect(await again.verify()).toEqual([]);
    await again.close();
  });

  test('keeps its log below 64 MiB while it is written without a pause', async () => {
    const store = await openFile(file);
    let largest = 0;
    const write = async () => {
      for (let count = 0; count < 1000; count += 1) {
        const row = sampleOpened();
        await store.ledger.open(row);
        await store.ledger.settle(sampleSettled(row));
        if (count % 50 === 0) {
          largest = Math.max(largest, statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
          expect(journalBytes(file)).toBeLessThan(UNPROJECTED_BYTES_MAX + 32 * 1024 * 1024);
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, write));
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(64 * 1024 * 1024);
    expect(await store.verify()).toEqual([]);
    await store.close();
  }, 60_000);

  test('loses nothing acknowledged and settles nothing twice in 20 kill -9', async () => {
    for (let round = 0; round < 20; round += 1) {
      const child = startChild(file);
      await child.firstLine;
      await new Promise((resolve) => {
        setTimeout(resolve, 10 + ((round * 37) % 120));
      });
      await child.kill();
    }
    // A note that was cut says no whole id.
    const acknowledged = readFileSync(`${file}.acknowledged`, 'utf8')
      .split('\n')
      .filter((line) => /^(open|settle) gen-\d{10}-[0-9a-f]{24}$/.test(line));
    expect(acknowledged.length).toBeGreaterThan(1000);
    const store = await openFile(file);
    await store.recovery.settleOrphans(branded(Date.now()));
    await store.close();
    const database = new DatabaseSync(file, { readOnly: true });
    const rows = (sql: string) =>
      new Set(
        database
          .prepare(sql)
          .all()
          .map((row) => String(row['line'])),
      );
    const opened = rows(`SELECT 'open ' || generation_id AS line FROM attempts`);
    const settled = rows(
      `SELECT 'settle ' || a.generation_id AS line FROM attempts a JOIN settlements s USING (sequence)
      WHERE s.outcome = 'succeeded'`,
    );
    database.close();
    expect(acknowledged.filter((line) => !opened.has(line) && !settled.has(line))).toEqual([]);
    const after = await openFile(file);
    expect(await after.verify()).toEqual([]);
    await after.close();
  }, 120_000);
});

function journalBytes(file: string): number {
  return listSegments(file).reduce((sum, { path }) => sum + statSync(path).size, 0);
}

/** Where the tables follow the journal; nothing is in it once the store is closed. */
function positionOf(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare(`SELECT value FROM instance WHERE name = 'journal_position'`).get();
  database.close();
  return Number(row?.['value'] ?? 0);
}

/** The first column of the table's primary key. */
function keyOf(table: string): string {
  return { attempts: 'sequence', settlements: 'sequence', refusals: 'generation_id' }[table] ?? 'id';
}

function alter(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA recursive_triggers = ON');
    database.exec(sql);
  } finally {
    database.close();
  }
}

function startChild(file: string) {
  const script = fileURLToPath(new URL('./sqlite-store-crash-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file, `${file}.acknowledged`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const firstLine = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => resolve());
    child.on('exit', () => reject(new Error('the child ended before it wrote anything')));
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  return {
    pid: child.pid,
    firstLine,
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
