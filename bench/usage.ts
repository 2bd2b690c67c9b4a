/**
 * `npm run bench:usage`: how fast usage is read. Fills the database of a fresh gateway with a year of generations, rollups
 * included, in the layout that a year of service would leave; starts the gateway on it; asks what the usage page asks.
 * Prints a table. Needs about 7 GB of disk for ten million generations and takes some ten minutes.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { initGateway, serveGateway } from '../tests/support/start-gateway.ts';
import { fillLedger } from './harness/fill-ledger.ts';

const DAY_MS = 86_400_000;
const ROUNDS = 5;

const { values } = parseArgs({
  options: {
    generations: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '365' },
  },
});

/** What the Logs page asks for. The rare and the unknown make the server look furthest. */
const LISTS: readonly (readonly [name: string, path: string])[] = [
  ['the newest', ''],
  ['one model', 'model=maker-3/model-5'],
  ['failed', 'status=failed'],
  ['an unknown request id', 'request_id=nobody'],
  ['an unknown upstream id', 'upstream_id=nobody'],
  ['dearer than any', 'min_cost_usd=1000'],
  ['more attempts than any', 'min_attempts=9'],
  ['more tokens than any', 'min_tokens=900000000'],
  ['a model nobody asked for', 'model_requested=nobody/nothing'],
];

/** What the usage page asks for, and what its pickers change. */
const QUESTIONS: readonly (readonly [name: string, path: string])[] = [
  ['summary with the period before', 'summary?compare=previous'],
  ['series by source', 'timeseries?granularity=daily&group_by=source'],
  ['series by model', 'timeseries?granularity=daily&group_by=model'],
  ['series by provider key', 'timeseries?granularity=daily&group_by=provider_key'],
  ['series by API key', 'timeseries?granularity=daily&group_by=api_key'],
  ['errors by key', 'errors?'],
];
const WINDOWS = [
  ['24 h', 1],
  ['7 d', 7],
  ['30 d', 30],
  ['90 d', 90],
  ['year', 365],
] as const;

const dataDir = await mkdtemp(join(tmpdir(), 'arouter-usage-'));
try {
  await measure();
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const keys = await initGateway(dataDir);
  const file = join(dataDir, 'arouter.db');
  const database = new DatabaseSync(file);
  const began = performance.now();
  const now = Date.now();
  const { rows, dailyFilledMs } = fillLedger(database, {
    workspaceId: keys.workspaceId,
    generations: Number(values.generations),
    days: Number(values.days),
    now,
    progress: (share) => process.stderr.write(`\rfilling: ${Math.round(share * 100)} %`),
  });
  database.close();
  const { size } = await stat(file);
  process.stderr.write(`\rfilled in ${seconds(performance.now() - began)} s\n`);
  console.log(`${values.generations} generations over ${values.days} days, ${(size / 1e9).toFixed(1)} GB`);
  for (const [table, count] of Object.entries(rows)) console.log(`  ${table}: ${count} rows`);

  console.log(`  days added up from hours in ${seconds(dailyFilledMs)} s`);

  const start = performance.now();
  const gateway = await serveGateway({ dataDir });
  console.log(`start: ${seconds(performance.now() - start)} s\n`);
  try {
    await ask(gateway.url, keys.managementKey, now);
    await list(gateway.url, keys.managementKey);
  } finally {
    await gateway.stop();
  }
}

async function ask(url: string, managementKey: string, now: number): Promise<void> {
  console.log(
    `| Milliseconds: first, then median of ${ROUNDS} | ${WINDOWS.map(([name]) => name).join(' | ')} |`,
  );
  console.log(`| --- |${' ---: |'.repeat(WINDOWS.length)}`);
  for (const [name, path] of QUESTIONS) {
    const cells: string[] = [];
    for (const [, days] of WINDOWS) {
      const window = `start_time=${new Date(now - days * DAY_MS).toISOString()}&end_time=${new Date(now).toISOString()}`;
      const [first = 0, ...rest] = await times(`${url}/api/usage/${path}&${window}`, managementKey);
      cells.push(`${Math.round(first)}, ${Math.round(rest.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0)}`);
    }
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

async function list(url: string, managementKey: string): Promise<void> {
  console.log(`\n| Logs, 50 of all: first, then median of ${ROUNDS} | ms |\n| --- | ---: |`);
  for (const [name, filter] of LISTS) {
    const [first = 0, ...rest] = await times(`${url}/api/v1/generations?limit=50&${filter}`, managementKey);
    console.log(
      `| ${name} | ${Math.round(first)}, ${Math.round(rest.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0)} |`,
    );
  }
}

async function times(url: string, managementKey: string): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = performance.now();
    const answer = await fetch(url, { headers: { authorization: `Bearer ${managementKey}` } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${text}`);
    taken.push(performance.now() - start);
  }
  return taken;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
