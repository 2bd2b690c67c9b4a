/**
 * `npm run bench`: what the gateway costs, beside nginx and Portkey on the same machine in the same minutes.
 * What is measured and how far to trust it: README.md in this folder.
 */
import { join } from 'node:path';
import { chooseCandidates } from './candidates/all.ts';
import type { Candidate, Gateway, Workbench } from './harness/candidate.ts';
import { describeMachine, sourceVersion } from './harness/machine.ts';
import { parseOptions, USAGE } from './harness/options.ts';
import type { BenchOptions } from './harness/options.ts';
import { prepareWorkbench } from './harness/prepare.ts';
import { stopAllProcesses } from './harness/process.ts';
import { renderReport, writeReport } from './harness/report.ts';
import type { Report, ReportedGateway } from './harness/report.ts';
import { runRounds, warmUp } from './harness/rounds.ts';
import type { Sample } from './harness/rounds.ts';
import { summarize } from './harness/summary.ts';
import { judge } from './harness/targets.ts';
import { windowOf, WORKLOADS } from './harness/workloads.ts';
import type { Workload } from './harness/workloads.ts';

type Started = { readonly gateways: readonly Gateway[]; readonly skipped: readonly ReportedGateway[] };

const root = join(import.meta.dirname, '..');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAllProcesses().finally(() => process.exit(130)));
}
try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopAllProcesses();
}

/** Resolves with the exit status. */
async function main(options: BenchOptions): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const workloads = chooseWorkloads(options.workloads);
  const candidates = chooseCandidates(options);
  const bench = await prepareWorkbench(root, []);
  const { gateways, skipped } = await startAll(bench, candidates);
  const warmed = await warmUp(bench, gateways, options.quick);
  const plan = { workloads, rounds: options.rounds, quick: options.quick };
  const samples = await runRounds(bench, gateways, plan);
  const proven = await proveAll(gateways, [...warmed, ...samples]);
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  return publish(makeReport({ options, workloads, samples, proven, skipped }), options);
}

function chooseWorkloads(ids: readonly string[] | null): readonly Workload[] {
  if (ids === null) return WORKLOADS;
  const unknown = ids.filter((id) => !WORKLOADS.some((workload) => workload.id === id));
  if (unknown.length > 0) {
    const known = WORKLOADS.map((workload) => workload.id).join(', ');
    throw new Error(`There is no workload "${unknown.join(', ')}". There are: ${known}.`);
  }
  return WORKLOADS.filter((workload) => ids.includes(workload.id));
}

async function startAll(bench: Workbench, candidates: readonly Candidate[]): Promise<Started> {
  const gateways: Gateway[] = [];
  const skipped: ReportedGateway[] = [];
  for (const candidate of candidates) {
    const result = await candidate.start(bench);
    if (result.kind === 'running') {
      gateways.push(result.gateway);
    } else {
      console.log(`skip  ${candidate.id}: ${result.reason}`);
      skipped.push({ id: candidate.id, version: null, notes: [result.reason] });
    }
  }
  return { gateways, skipped };
}

type Proven = { readonly gateways: readonly ReportedGateway[]; readonly isProven: boolean };

/** Asks each gateway that keeps books whether they account for the requests it answered. */
async function proveAll(gateways: readonly Gateway[], samples: readonly Sample[]): Promise<Proven> {
  let isProven = true;
  const reported: ReportedGateway[] = [];
  for (const gateway of gateways) {
    const own = samples.filter((sample) => sample.gateway === gateway.id);
    const answered = own.reduce((sum, { result }) => sum + result.requestsWithWarmUp, 0);
    const notes = [...gateway.notes];
    try {
      const proof = await gateway.verify?.(answered);
      if (proof !== undefined) notes.push(proof);
    } catch (error) {
      isProven = false;
      notes.push(`**not proven: ${error instanceof Error ? error.message : String(error)}**`);
    }
    reported.push({ id: gateway.id, version: gateway.version, notes });
  }
  return { gateways: reported, isProven };
}

function makeReport(run: {
  readonly options: BenchOptions;
  readonly workloads: readonly Workload[];
  readonly samples: readonly Sample[];
  readonly proven: Proven;
  readonly skipped: readonly ReportedGateway[];
}): Report {
  const figures = summarize(run.samples, run.workloads);
  return {
    date: new Date().toISOString().slice(0, 10),
    label: run.options.label,
    source: sourceVersion(root),
    machine: describeMachine(),
    rounds: run.options.rounds,
    window: windowOf(run.options.quick),
    gateways: [...run.proven.gateways, ...run.skipped],
    figures,
    verdicts: judge(figures, run.proven.isProven),
  };
}

function publish(report: Report, options: BenchOptions): number {
  if (options.quick) {
    console.log(`\n${renderReport(report)}\nA quick run: not stored.`);
  } else {
    console.log(`\nWritten: ${writeReport(join(root, 'bench', 'results'), report)}`);
    for (const verdict of report.verdicts) {
      const measured = verdict.measured?.toFixed(2) ?? 'not measured';
      console.log(
        `${verdict.passed === false ? 'FAIL' : '    '} ${verdict.target}: ${measured} (≤ ${verdict.limit})`,
      );
    }
  }
  const hasMissed = report.verdicts.some((verdict) => verdict.passed === false);
  return options.check && hasMissed ? 1 : 0;
}
