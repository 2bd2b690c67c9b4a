/** A ledger longer than what one question looks at: lists and tables are given in pieces, and nobody waits for them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillLedger, type Filled } from '../../bench/harness/fill-ledger.ts';
import {
  initGateway,
  serveGateway,
  type GatewayKeys,
  type ServingGateway,
} from '../support/start-gateway.ts';

const GENERATIONS = 250_000;
const DAYS = 30;
const DAY_MS = 86_400_000;
const OLDEST = 'req_0000000000000001';
/** Of the time that a table takes. Read and built at once, it blocked the process for half of that. */
const BLOCKED_SHARE_MAX = 0.2;

let folder: string;
let keys: GatewayKeys;
let filled: Filled;
let gateway: ServingGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arouter-e2e-'));
  keys = await initGateway(folder);
  const database = new DatabaseSync(join(folder, 'arouter.db'));
  filled = fillLedger(database, {
    workspaceId: keys.workspaceId,
    generations: GENERATIONS,
    days: DAYS,
    now: Date.now(),
    progress: () => {},
  });
  database.close();
  gateway = await serveGateway({ dataDir: folder });
}, 180_000);
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

function get(path: string): Promise<Response> {
  return fetch(gateway.url + path, { headers: { authorization: `Bearer ${keys.managementKey}` } });
}

type Page = {
  readonly data: readonly { readonly request_id: string }[];
  readonly next_cursor: string | null;
  readonly searched_back_to: string | null;
};

test('each answer to a search looks at a part of the log and leads to the next', async () => {
  const found: string[] = [];
  const backTo: (string | null)[] = [];
  let cursor: string | null = null;
  do {
    const answer = await get(
      `/api/v1/generations?request_id=${OLDEST}${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as Page;
    found.push(...page.data.map((row) => row.request_id));
    backTo.push(page.searched_back_to);
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(found).toEqual([OLDEST]);
  expect(backTo).toHaveLength(Math.ceil(GENERATIONS / 100_000));
  expect(backTo.at(-1)).toBeNull();
  expect(backTo.slice(0, -1).toSorted().toReversed()).toEqual(backTo.slice(0, -1));
});

test('a table of many rows holds each of them once, and the process answers meanwhile', async () => {
  const window = `start_time=${new Date(Date.now() - DAYS * DAY_MS).toISOString()}&end_time=${new Date().toISOString()}`;
  let isDone = false;
  const exported = get(`/api/usage/export?granularity=daily&${window}`).finally(() => {
    isDone = true;
  });
  const waits: number[] = [];
  while (!isDone) {
    const askedAt = performance.now();
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    waits.push(performance.now() - askedAt);
  }
  const answer = await exported;
  expect(answer.status).toBe(200);
  const [, ...lines] = (await answer.text()).trim().split('\r\n');
  expect(lines).toHaveLength(filled.rows['api_key_daily_rollups'] ?? 0);
  expect(lines.reduce((sum, line) => sum + Number(line.split(',')[6]), 0)).toBe(GENERATIONS);
  expect(new Set(lines.map((line) => line.split(',').slice(0, 6).join(','))).size).toBe(lines.length);
  const taken = waits.reduce((sum, wait) => sum + wait, 0);
  expect(Math.max(...waits) / taken).toBeLessThan(BLOCKED_SHARE_MAX);
});

test('a table that would be too long is refused with what to do instead', async () => {
  const window = `start_time=${new Date(Date.now() - DAYS * DAY_MS).toISOString()}&end_time=${new Date().toISOString()}`;
  const answer = await get(`/api/usage/export?granularity=hourly&${window}`);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('more than 100000 rows. Ask for a shorter window');
});
