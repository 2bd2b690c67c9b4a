/**
 * ARouter as a user starts it: one process, default settings, everything on. `arouter init` on an empty data folder,
 * `arouter serve`, one own provider key for OpenAI whose base URL is the mock, with a request limit and a hard daily
 * budget so that every request really reserves.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { START_MS_MAX } from '../harness/candidate.ts';
import type { Candidate, Gateway, StartResult, Workbench } from '../harness/candidate.ts';
import { freePort, GATEWAY_CORE, sleep, startProcess, waitForPort } from '../harness/process.ts';
import { callApi, isObject } from './api-call.ts';

type FirstRun = { readonly managementKey: string; readonly apiKey: string };

/** Packages give their built form under this condition. */
const BUILT = '--conditions=built';
/** Above any rate measured here. Where the gateway allows no such limit, the note in the result says so. */
const RPM_LIMIT = 1_000_000;
const DAILY_BUDGET_USD = 100_000;
/** A new key is in every snapshot within a second on one machine; this is generous. */
const READY_MS_MAX = 10_000;
/** Streams cut off by the end of a window are settled soon after. */
const BOOKED_MS_MAX = 5_000;

export const arouter: Candidate = { id: 'arouter', start: startArouter };

async function startArouter(bench: Workbench): Promise<StartResult> {
  // As `npm start` runs it: built (see prepare.ts).
  const program = join(bench.root, 'packages', 'server', 'dist', 'cli', 'main.js');
  if (!existsSync(program)) return { kind: 'skipped', reason: 'the gateway is not built' };
  // Beside the project, not in the system's temporary folder: that may be memory, where durability costs nothing.
  const dataFolder = mkdtempSync(join(bench.cacheFolder, 'arouter-data-'));
  try {
    return await startIn(bench, program, dataFolder);
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true });
    return { kind: 'skipped', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function startIn(bench: Workbench, program: string, dataFolder: string): Promise<StartResult> {
  const port = await freePort();
  const environment = {
    AROUTER_PORT: String(port),
    AROUTER_DATA_DIR: dataFolder,
    AROUTER_EGRESS_ALLOW: `http://127.0.0.1:${bench.mockPort}`,
  };
  const firstRun = initialise(program, environment);
  const started = startProcess({
    name: 'arouter',
    command: process.execPath,
    args: [...bench.nodeFlags, BUILT, program, 'serve'],
    environment,
    core: bench.pin ? GATEWAY_CORE : null,
    logFile: join(bench.cacheFolder, 'logs', 'arouter.log'),
    directory: bench.root,
  });
  const stop = async (): Promise<void> => {
    await started.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  try {
    if (!(await waitForPort(port, started, START_MS_MAX))) throw new Error('it does not listen');
    const note = await addProviderKey(port, firstRun.managementKey, bench.mockPort);
    await waitUntilServing(port, firstRun.apiKey);
    const gateway = { ...describe(bench, port, firstRun), pid: started.pid, notes: [note], stop };
    return { kind: 'running', gateway };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await stop();
    return { kind: 'skipped', reason: `ARouter did not start: ${reason}\n${started.logTail()}` };
  }
}

function describe(
  bench: Workbench,
  port: number,
  firstRun: FirstRun,
): Omit<Gateway, 'pid' | 'notes' | 'stop'> {
  return {
    id: 'arouter',
    port,
    path: '/v1/chat/completions',
    token: firstRun.apiKey,
    headers: [],
    version: `arouter ${String(JSON.parse(readFileSync(join(bench.root, 'package.json'), 'utf8')).version)}`,
    verify: (requests) => verifyLedger(port, firstRun.managementKey, requests),
  };
}

function initialise(program: string, environment: Readonly<Record<string, string>>): FirstRun {
  const args = [BUILT, program, 'init', '--json'];
  const output = execFileSync(process.execPath, args, { env: { ...environment }, encoding: 'utf8' });
  const keys: unknown = JSON.parse(output);
  if (!isObject(keys) || typeof keys.management_key !== 'string' || typeof keys.api_key !== 'string') {
    throw new Error('arouter init --json printed no management_key and api_key');
  }
  return { managementKey: keys.management_key, apiKey: keys.api_key };
}

/** Resolves with the note for the report. A request limit the gateway refuses as too high is left out, and said. */
async function addProviderKey(port: number, managementKey: string, mockPort: number): Promise<string> {
  const key = {
    provider: 'openai',
    credential_type: 'api_key',
    credential: { api_key: 'sk-bench-0123456789abcdefghijklmnop' },
    label: 'Benchmark',
    base_url: `http://127.0.0.1:${mockPort}/v1`,
    daily_budget_usd: DAILY_BUDGET_USD,
    hard_budget: true,
  };
  const call = { port, method: 'POST', path: '/api/v1/byok', token: managementKey };
  const limited = await callApi({ ...call, body: { ...key, rpm_limit: RPM_LIMIT } });
  if (limited.status === 201)
    return 'authentication, request limit, daily budget, durable ledger and usage on';
  const budgetOnly = await callApi({ ...call, body: key });
  if (budgetOnly.status !== 201)
    throw new Error(`POST /api/v1/byok → ${budgetOnly.status} ${budgetOnly.text}`);
  return 'authentication, daily budget, durable ledger and usage on; no request limit: none as high as the load is allowed';
}

async function waitUntilServing(port: number, apiKey: string): Promise<void> {
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 };
  const call = { port, method: 'POST', path: '/v1/chat/completions', token: apiKey, body };
  const deadline = performance.now() + READY_MS_MAX;
  let answer = await callApi(call);
  while (answer.status !== 200 && performance.now() < deadline) {
    await sleep(200);
    answer = await callApi(call);
  }
  if (answer.status !== 200) throw new Error(`a chat completion → ${answer.status} ${answer.text}`);
}

/**
 * Every answered request must be in the books, or the figures are of a gateway that skipped its work. Rejects when they
 * are not within BOOKED_MS_MAX.
 */
async function verifyLedger(port: number, managementKey: string, requests: number): Promise<string> {
  const deadline = performance.now() + BOOKED_MS_MAX;
  let booked = await bookedRequests(port, managementKey);
  while (booked < requests && performance.now() < deadline) {
    await sleep(200);
    booked = await bookedRequests(port, managementKey);
  }
  if (booked < requests) throw new Error(`${requests} requests were answered, the ledger has ${booked}`);
  return `${requests} requests answered, ${booked} in the ledger`;
}

/** Of the last 30 days, which is what an empty query means. */
async function bookedRequests(port: number, managementKey: string): Promise<number> {
  const call = { port, method: 'GET', path: '/api/usage/summary', token: managementKey };
  const answer = await callApi(call);
  const summary: unknown = answer.status === 200 ? JSON.parse(answer.text) : null;
  if (!isObject(summary) || typeof summary.total_requests !== 'number') {
    throw new Error(`GET /api/usage/summary → ${answer.status} without total_requests`);
  }
  return summary.total_requests;
}
