/** One window of load: runs the load generator and reads its one line of JSON. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Gateway, Workbench } from './candidate.ts';
import { keepAwake, TICKS_PER_S } from './keep-awake.ts';
import { LOAD_CORE } from './process.ts';
import { promptFile } from './prompts.ts';
import type { Window, Workload } from './workloads.ts';

/** All times in microseconds; `…Core` are shares of one core, 1 = full. */
export type LoadResult = {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Answers that were not 200, or empty, or a stream without its end. */
  readonly badAnswers: number;
  readonly brokenConnections: number;
  /** Every request answered since the start of the warm-up. */
  readonly requestsWithWarmUp: number;
  readonly chunks: number;
  readonly chunksPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly cpuUsPerChunk: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly firstByteP50Us: number;
  readonly chunkTransitP50Us: number;
  readonly gatewayCore: number;
  readonly mockCore: number;
  readonly loadCore: number;
  readonly residentMb: number;
  /** Cores that everything else on the machine used meanwhile; a quiet machine has about 0. */
  readonly foreignCores: number;
};

const run = promisify(execFile);
/** The generator ends by itself; this is for a gateway that answers nothing at all. */
const SPARE_MS = 30_000;

/** Rejects when the generator cannot connect or says nothing. */
export async function runLoad(
  bench: Workbench,
  gateway: Gateway,
  workload: Workload,
  window: Window,
): Promise<LoadResult> {
  const args = loadArguments(bench, gateway, workload, window);
  const [command, all] = bench.pin
    ? ['taskset', ['-c', String(LOAD_CORE), bench.loadGenerator, ...args]]
    : [bench.loadGenerator, args];
  const timeout = (window.warmS + window.measureS) * 1000 + SPARE_MS;
  const awake = workload.kind === 'latency' ? keepAwake(bench) : null;
  try {
    const before = machineTimes();
    const { stdout } = await run(command as string, all as string[], { timeout });
    const after = machineTimes();
    const busyS = after.busyS - before.busyS - (awake?.cpuS() ?? 0);
    return parseLoadResult(stdout, busyS / (after.atS - before.atS));
  } finally {
    await awake?.stop();
  }
}

/** Seconds the machine's cores have been busy since it started, stolen time included; and now. */
function machineTimes(): { readonly busyS: number; readonly atS: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .split(/ +/)
    .map(Number);
  return {
    busyS: (user + nice + system + irq + softIrq + steal) / TICKS_PER_S,
    atS: performance.now() / 1000,
  };
}

function loadArguments(bench: Workbench, gateway: Gateway, workload: Workload, window: Window): string[] {
  const args = ['-p', String(gateway.port), '-u', gateway.path, '-n', gateway.id];
  args.push('-c', String(workload.connections), '-r', String(workload.requestsPerSecond));
  args.push('-w', String(window.warmS), '-d', String(window.measureS));
  args.push('-b', promptFile(bench.cacheFolder, workload.prompt), '-M', String(bench.mockPid));
  if (gateway.pid !== null) args.push('-P', String(gateway.pid));
  if (workload.stream) args.push('-s');
  if (gateway.token !== null) args.push('-A', gateway.token);
  for (const header of gateway.headers) args.push('-H', header);
  return args;
}

/** The generator's field names are short; this is where they get their meaning. Throws on anything else than its line. */
export function parseLoadResult(line: string, busyCores: number): LoadResult {
  const fields: unknown = JSON.parse(line);
  if (typeof fields !== 'object' || fields === null) throw new Error(`not a load result: ${line}`);
  const read = (name: string): number => {
    const value: unknown = Reflect.get(fields, name);
    if (typeof value !== 'number') throw new Error(`the load result has no number "${name}": ${line}`);
    return value;
  };
  return {
    requests: read('ok'),
    requestsPerSecond: read('rps'),
    badAnswers: read('bad'),
    brokenConnections: read('err'),
    requestsWithWarmUp: read('served'),
    chunks: read('chunks'),
    chunksPerSecond: read('cps'),
    cpuUsPerRequest: read('cpu_us_req'),
    cpuUsPerChunk: read('cpu_us_chunk'),
    p50Us: read('p50'),
    p99Us: read('p99'),
    firstByteP50Us: read('ttfb50'),
    chunkTransitP50Us: read('ck50'),
    gatewayCore: read('core'),
    mockCore: read('mockcore'),
    loadCore: read('lgcore'),
    residentMb: read('rss_mb'),
    foreignCores: Math.max(0, busyCores - read('core') - read('mockcore') - read('lgcore')),
  };
}
