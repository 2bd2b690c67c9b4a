/**
 * The first promise, against the real process: kill -9 under load, many times, and afterwards what clients saw, what the
 * upstream saw and what the ledger says are the same story. And the gentle stop: nothing under way is lost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createManagementClient,
  type ProviderKeyFields,
  type ShownGeneration,
} from '../support/management-client.ts';
import { readLedger, type LedgerRow } from '../support/read-ledger.ts';
import { runCommand, startGateway, type Gateway } from '../support/start-gateway.ts';
import { ask, type Question } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startLoad, type Observation } from './crash-load.ts';

const KILLS = 50;
const LOOPS = 24;
/** A kill comes at a random moment of the load. */
const LOAD_MS_MIN = 150;
const LOAD_MS_MAX = 600;
const JOURNAL_ENTRIES_MAX = 500_000;

describe('kill -9 under load', () => {
  let sandbox: Sandbox;
  let gateway: Gateway;
  let seen: readonly Observation[];
  let listed: readonly ShownGeneration[];
  let attempts: readonly LedgerRow[];
  // Fifty starts in one test: the runtime need not compile the same files fifty times.
  const compileCache = mkdtempSync(join(tmpdir(), 'arouter-compiled-'));

  beforeAll(async () => {
    sandbox = await startSandbox({ frameDelayMs: 3, journalEntriesMax: JOURNAL_ENTRIES_MAX });
    gateway = await startGateway({
      egressAllow: [sandbox.url],
      environment: { NODE_COMPILE_CACHE: compileCache },
    });
    await addKeys(gateway, sandbox);
    await addShakyKey(gateway, sandbox);
    // The cache is written by a process that ends well; none of those that follow does.
    await gateway.stop();
    gateway = await gateway.restart();
    let up = Promise.resolve(gateway.url);
    const load = startLoad({ url: () => up, apiKey: gateway.keys.apiKey, loops: LOOPS });
    for (let kills = 0; kills < KILLS; kills += 1) {
      const before = load.seen.length;
      // Under load means that answers have come: a slow machine gets the time it needs.
      await waitUntil(
        () => load.seen.length,
        (count) => count > before + LOOPS,
      );
      await new Promise((resolve) =>
        setTimeout(resolve, LOAD_MS_MIN + Math.random() * (LOAD_MS_MAX - LOAD_MS_MIN)),
      );
      up = killAndRestart();
      await up;
    }
    seen = await load.stop();
    listed = await listGenerations(gateway);
    const { code } = await gateway.stop();
    expect(code).toBe(0);
    const ledger = readLedger(gateway.dataDir);
    attempts = ledger.attempts();
    ledger.close();
  }, 420_000);

  async function killAndRestart(): Promise<string> {
    await gateway.kill();
    gateway = await gateway.restart();
    return gateway.url;
  }

  afterAll(async () => {
    await gateway.remove();
    await sandbox.close();
    rmSync(compileCache, { recursive: true, force: true });
  });

  test('the load was a load: thousands of answers, all kinds, many cut off', () => {
    const complete = seen.filter((each) => each.complete && each.status === 200);
    const interrupted = attempts.filter(({ outcome }) => outcome === 'interrupted');
    process.stdout.write(
      `${KILLS} kills: ${seen.length} requests, ${complete.length} complete answers, ${sandbox.journal.seen()} upstream calls, ` +
        `${attempts.length} attempts, ${interrupted.length} interrupted, ${attempts.length - generationsOf(attempts).size} failovers\n`,
    );
    expect(sandbox.journal.seen()).toBeLessThan(JOURNAL_ENTRIES_MAX);
    expect(complete.length).toBeGreaterThan(KILLS * LOOPS);
    expect(interrupted.length).toBeGreaterThan(KILLS);
    expect(attempts.length).toBeGreaterThan(generationsOf(attempts).size);
    for (const kind of [/"id":"chatcmpl-/, /"id":"msg_/]) {
      expect(complete.some(({ answerId }) => answerId !== null && kind.test(`"id":"${answerId}`))).toBe(true);
    }
  });

  test('every answer that a client saw complete is in the ledger exactly once, settled, with its usage and cost', () => {
    const byGeneration = generationsOf(attempts);
    for (const { model, status, generationId, answerId } of seen.filter(isCompleteAnswer)) {
      const rows = byGeneration.get(generationId ?? '') ?? [];
      const finals = rows.filter(({ final }) => final === 1);
      expect(finals, `${model} ${generationId}`).toHaveLength(1);
      expect(finals[0]).toMatchObject({
        upstream_model: model,
        caller_status: status,
        outcome: 'succeeded',
        usage_origin: 'provider',
        ...(answerId === null ? {} : { upstream_id: answerId }),
      });
      expect(finals[0]?.input_tokens).toBeGreaterThan(0);
      expect(finals[0]?.output_tokens).toBeGreaterThan(0);
      expect(finals[0]?.cost_nano).toBeGreaterThan(0);
    }
  });

  test('every error that a client saw complete after an attempt is in the ledger with the status that it saw', () => {
    const byGeneration = generationsOf(attempts);
    for (const { status, generationId } of seen.filter((each) => each.complete && each.status !== 200)) {
      const rows = byGeneration.get(generationId ?? '') ?? [];
      if (rows.length === 0) continue;
      expect(rows.filter(({ final }) => final === 1)).toEqual([
        expect.objectContaining({ caller_status: status }),
      ]);
    }
  });

  test('every call that the upstream saw has an attempt of its own', () => {
    const rowsOf = Map.groupBy(attempts, ({ upstream_model: model }) => model);
    const callsOf = Map.groupBy(sandbox.journal.entries(), ({ model }) => model ?? '');
    for (const [model, calls] of callsOf) {
      const rows = rowsOf.get(model) ?? [];
      expect(rows.length, `${model} was called ${calls.length} times`).toBeGreaterThanOrEqual(calls.length);
      // One request never becomes two generations, whatever was killed.
      expect(new Set(rows.map((row) => row.generation_id)).size).toBe(1);
    }
    expect(callsOf.size).toBeGreaterThan(KILLS * LOOPS);
  });

  test('no attempt is left unsettled, none is settled twice, and what a kill cut off is marked interrupted', () => {
    expect(attempts.filter(({ outcome }) => outcome === null)).toEqual([]);
    expect(new Set(attempts.map(({ sequence }) => sequence)).size).toBe(attempts.length);
    const delivered = new Set(seen.filter(isCompleteAnswer).map(({ generationId }) => generationId));
    for (const { generation_id: id, outcome } of attempts.filter((row) => row.outcome === 'interrupted')) {
      expect(delivered.has(id), `${id} was delivered and is ${outcome}`).toBe(false);
    }
  });

  test('every generation ends once, with its last attempt', () => {
    for (const [id, rows] of generationsOf(attempts)) {
      const last = Math.max(...rows.map((row) => row.attempt_no));
      const finals = rows.filter(({ final }) => final === 1).map((row) => row.attempt_no);
      expect(finals, id).toEqual([last]);
    }
  });

  test('the list of generations shows every generation once', () => {
    const ids = listed.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const withAttempts = listed.filter(({ provider }) => provider !== null).map(({ id }) => id);
    expect(withAttempts.toSorted()).toEqual([...generationsOf(attempts).keys()].toSorted());
  });

  test('rollups are the sum of the settlements, and the doctor finds the data sound', async () => {
    const ledger = readLedger(gateway.dataDir);
    const columns = 'sum(cost_nano) AS cost, sum(input_tokens) AS input, sum(output_tokens) AS output';
    const [fromRollups] = ledger.ask(
      `SELECT sum(attempts) AS attempts, sum(requests) AS requests, ${columns} FROM rollups`,
    );
    const [fromSettlements] = ledger.ask(
      `SELECT count(*) AS attempts, sum(final) AS requests, ${columns} FROM settlements`,
    );
    ledger.close();
    expect(fromRollups).toEqual(fromSettlements);
    const doctor = await runCommand(['doctor', '--data-dir', gateway.dataDir]);
    expect(doctor.stderr + doctor.stdout).toContain('sound; ledger, rollups and credits agree');
    expect(doctor.code).toBe(0);
  });

  test('the next start spends from where the ledger ends, budgets included', async () => {
    gateway = await gateway.restart();
    const client = createManagementClient(gateway);
    const { data } = (await client.manage('GET', '/api/v1/byok')) as {
      data: readonly { id: string; spent_month_usd: number }[];
    };
    for (const { id, spent_month_usd: spentUsd } of data) {
      const nano = attempts
        .filter((row) => row.provider_key_id === id)
        .reduce((sum, row) => sum + (row.cost_nano ?? 0), 0);
      expect(Math.round(spentUsd * 1e9)).toBe(nano);
    }
    await gateway.stop();
  });
});

describe('a gentle stop', () => {
  let sandbox: Sandbox;
  let gateway: Gateway;
  const STREAMS = 100;

  beforeAll(async () => {
    sandbox = await startSandbox({ frameDelayMs: 25 });
    gateway = await startGateway({ egressAllow: [sandbox.url] });
    await addKeys(gateway, sandbox);
  });
  afterAll(async () => {
    await gateway.remove();
    await sandbox.close();
  });

  test(`SIGTERM under ${STREAMS} open streams: all end well, nothing is left unsettled, exit code 0`, async () => {
    let begun = 0;
    const questions = Array.from({ length: STREAMS }, (_, index): Question => {
      const dialect = index % 2 === 0 ? 'openai' : 'anthropic';
      let first = true;
      const onPiece = (): void => {
        if (first) begun += 1;
        first = false;
      };
      return { dialect, stream: true, text: 'Write 80 words', maxTokens: 200, onPiece };
    });
    const answers = questions.map((question) => ask(gateway.url, gateway.keys.apiKey, question));
    await waitUntil(
      () => begun,
      (count) => count === STREAMS,
    );
    const exit = gateway.stop();
    const late = await waitUntil(
      () => ask(gateway.url, gateway.keys.apiKey),
      ({ status }) => status === 0,
    );
    expect(late.status).toBe(0);
    const texts = (await Promise.all(answers)).map(({ text }) => text);
    for (const text of texts)
      expect(text.slice(-120)).toMatch(/data: \[DONE\]\n\n$|event: message_stop\ndata: .*\n\n$/);
    expect(await exit).toEqual({ code: 0, signal: null });

    const ledger = readLedger(gateway.dataDir);
    const rows = ledger.attempts().filter(({ streamed }) => streamed === 1);
    ledger.close();
    expect(rows).toHaveLength(STREAMS);
    expect(
      rows.filter(
        ({ outcome, final, usage_origin: origin }) =>
          outcome !== 'succeeded' || final !== 1 || origin !== 'provider',
      ),
    ).toEqual([]);
  });
});

/** Two providers, with budgets of every kind, so that a restart has sums to restore. */
async function addKeys(gateway: Gateway, sandbox: Sandbox): Promise<void> {
  await addKey(gateway, {
    provider: 'openai',
    label: 'steady',
    base_url: `${sandbox.url}/openai/v1`,
    daily_budget_usd: 1000,
  });
  const hard = { hard_budget: true, daily_budget_usd: 100_000 };
  await addKey(gateway, {
    provider: 'anthropic',
    label: 'claude',
    base_url: `${sandbox.url}/anthropic`,
    ...hard,
  });
}

/** It fails whenever it is tried, so that many requests have two attempts. */
async function addShakyKey(gateway: Gateway, sandbox: Sandbox): Promise<void> {
  await addKey(gateway, {
    provider: 'openai',
    label: 'shaky',
    base_url: `${sandbox.url}/openai/v1`,
    monthly_budget_usd: 1000,
  });
  sandbox.behave({ match: { key: 'sk-sandbox-shaky' }, fault: { kind: 'error', preset: 'overloaded' } });
}

async function addKey(
  gateway: Gateway,
  fields: { readonly label: string } & ProviderKeyFields,
): Promise<void> {
  await createManagementClient(gateway).addKey({
    credential: { api_key: `sk-sandbox-${fields.label}` },
    ...fields,
  });
}

function isCompleteAnswer({ complete, status }: Observation): boolean {
  return complete && status === 200;
}

function generationsOf(attempts: readonly LedgerRow[]): ReadonlyMap<string, readonly LedgerRow[]> {
  return Map.groupBy(attempts, (row) => row.generation_id);
}

/** Through the API, page by page. */
async function listGenerations(gateway: Gateway): Promise<readonly ShownGeneration[]> {
  const { manage } = createManagementClient(gateway);
  const all: ShownGeneration[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await manage('GET', `/api/v1/generations?limit=100${query}`)) as {
      readonly data: readonly ShownGeneration[];
      readonly next_cursor: string | null;
    };
    all.push(...page.data);
    cursor = page.next_cursor;
  }
  return all;
}
