/**
 * Where a gateway's time goes, read and not guessed:
 *
 *   node scripts/with-node.mjs bench/profile.ts [--only arouter] [--workloads json-1k]
 *
 * Starts the gateway under `--cpu-prof`, loads it, and prints the self time of each of its threads by group, in
 * microseconds per request or chunk. The profiler itself costs some per cent: compare shares here, costs in `run.ts`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chooseCandidates } from './candidates/all.ts';
import type { Gateway, Workbench } from './harness/candidate.ts';
import { runLoad } from './harness/load.ts';
import type { LoadResult } from './harness/load.ts';
import { parseOptions } from './harness/options.ts';
import { prepareWorkbench } from './harness/prepare.ts';
import { stopAllProcesses } from './harness/process.ts';
import { groupSelfTime } from './harness/profile-groups.ts';
import type { CpuProfile, GroupTime } from './harness/profile-groups.ts';
import { WORKLOADS } from './harness/workloads.ts';
import type { Workload } from './harness/workloads.ts';

const root = join(import.meta.dirname, '..');
const SAMPLE_US = 250;
const WARM_UP = { warmS: 0, measureS: 8 };
const WINDOW = { warmS: 0, measureS: 8 };
/** Groups below this share of a thread's busy time are summed up as one line. */
const SHARE_MIN = 0.005;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAllProcesses().finally(() => process.exit(130)));
}
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopAllProcesses();
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const ids = options.workloads ?? ['json-1k'];
  const workloads = WORKLOADS.filter((workload) => ids.includes(workload.id));
  const chosen = options.only ?? (options.gateways.length === 0 ? ['arouter'] : []);
  for (const candidate of chooseCandidates({ ...options, only: chosen })) {
    if (candidate.id === 'direct') continue;
    for (const workload of workloads) {
      const folder = join(root, '.bench-cache', 'profiles', `${candidate.id}-${workload.id}`);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_US}`];
      const bench = await prepareWorkbench(root, flags);
      const started = await candidate.start(bench);
      if (started.kind === 'skipped') throw new Error(`${candidate.id}: ${started.reason}`);
      await profileOne(bench, started.gateway, workload, folder);
      await stopAllProcesses();
    }
  }
}

async function profileOne(
  bench: Workbench,
  gateway: Gateway,
  workload: Workload,
  folder: string,
): Promise<void> {
  await runLoad(bench, gateway, workload, WARM_UP);
  const fromUs = steadyUs();
  const result = await runLoad(bench, gateway, workload, WINDOW);
  const window = { fromUs, toUs: steadyUs() };
  // The profile is written as the process ends.
  await gateway.stop();
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (files.length === 0) throw new Error(`${gateway.id} left no profile: it must end by itself on SIGTERM.`);
  console.log(`\n${gateway.id}, ${workload.id}: ${headline(result, workload)}`);
  const threads = files.toSorted().map((file) => {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    return groupSelfTime(profile, window, root);
  });
  const sampledUs = threads.flat().reduce((sum, group) => sum + group.selfUs, 0);
  // Samples are of elapsed time, also while another process or thread had the core; the true sum is the CPU time.
  const scale = costOf(result, workload) / sampledUs;
  for (const groups of threads) printThread(groups, { scale, unit: workload.unit, sampledUs });
}

/** V8 stamps profiles with the machine's steady clock, which is also this one. */
function steadyUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function costOf(result: LoadResult, workload: Workload): number {
  return workload.unit === 'chunk' ? result.cpuUsPerChunk : result.cpuUsPerRequest;
}

function headline(result: LoadResult, workload: Workload): string {
  const cost = costOf(result, workload).toFixed(1);
  const foreign = `others used ${result.foreignCores.toFixed(2)} cores`;
  return `${cost} µs of CPU per ${workload.unit} while profiled, core ${result.gatewayCore.toFixed(2)}, ${foreign}`;
}

function printThread(
  groups: readonly GroupTime[],
  total: { readonly scale: number; readonly unit: string; readonly sampledUs: number },
): void {
  const busyUs = groups.reduce((sum, group) => sum + group.selfUs, 0);
  if (busyUs < total.sampledUs * SHARE_MIN) return;
  console.log(`\n  thread with ${((100 * busyUs) / total.sampledUs).toFixed(0)} % of the busy time`);
  const shown = groups.filter((group) => group.selfUs >= busyUs * SHARE_MIN);
  const rest = busyUs - shown.reduce((sum, group) => sum + group.selfUs, 0);
  for (const { group, selfUs, top } of [...shown, { group: 'all others', selfUs: rest, top: [] }]) {
    const each = (us: number): string => (us * total.scale).toFixed(2);
    const functions = top.map((one) => `${one.name} ${each(one.selfUs)}`).join(', ');
    const share = `${((100 * selfUs) / busyUs).toFixed(1)} %`.padStart(7);
    console.log(`  ${share} ${each(selfUs).padStart(7)} µs/${total.unit}  ${group.padEnd(32)} ${functions}`);
  }
}
