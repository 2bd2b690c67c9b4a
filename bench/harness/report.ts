/** The result file and the page that shows it. Rendering is pure; `writeReport` touches the disk. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine, SourceVersion } from './machine.ts';
import type { Figure, Spread } from './summary.ts';
import type { Verdict } from './targets.ts';
import type { Window } from './workloads.ts';

export type Report = {
  readonly date: string;
  readonly label: string | null;
  readonly source: SourceVersion;
  readonly machine: Machine;
  readonly rounds: number;
  readonly window: Window;
  readonly gateways: readonly ReportedGateway[];
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
};
export type ReportedGateway = {
  readonly id: string;
  /** Null: it did not run. */
  readonly version: string | null;
  /** What to know about it, or why it did not run. */
  readonly notes: readonly string[];
};

/** The folder holds the results of other measurements too, whose names begin with what they measured. */
const OWN_RESULT = /^\d{4}-\d{2}-\d{2}-.*\.json$/;

/** Resolves with the path of the result file. The page is made anew from it and from the names of the others. */
export function writeReport(folder: string, report: Report): string {
  mkdirSync(folder, { recursive: true });
  const suffix = report.label === null ? '' : `-${report.label}`;
  const file = join(folder, `${report.date}-${report.source.commit}${suffix}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  const names = readdirSync(folder).filter((name) => OWN_RESULT.test(name));
  const others = names.toSorted().toReversed();
  const older = others.map((name) => headline(name, readFileSync(join(folder, name), 'utf8')));
  writeFileSync(join(folder, 'README.md'), `${renderReport(report)}\n${renderHistory(older)}`);
  return file;
}

export function renderReport(report: Report): string {
  const { machine, source } = report;
  const changes = source.hasLocalChanges ? ' with local changes' : '';
  return [
    '# Benchmark results',
    '',
    'Written by `npm run bench`; do not edit. How it is measured: [../README.md](../README.md).',
    '',
    `Run of ${report.date}, commit \`${source.commit}\`${changes}${report.label === null ? '' : ` (${report.label})`}:`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}, Node ${machine.node}.`,
    disturbance(report.figures),
    `Medians of ${report.rounds} interleaved rounds of ${report.window.measureS} s (the minimum in brackets); gateway on one core, load and mock on the other.`,
    '',
    ...report.gateways.map(gatewayLine),
    '',
    '## Targets',
    '',
    table(
      ['Target', 'Limit', 'Measured', ''],
      report.verdicts.map((verdict) => [
        verdict.target,
        `≤ ${verdict.limit}`,
        verdict.measured === null ? 'not measured' : verdict.measured.toFixed(2),
        verdict.passed === null ? '–' : verdict.passed ? 'pass' : '**FAIL**',
      ]),
    ),
    '',
    '## CPU of the gateway, µs',
    '',
    costTable(report.figures),
    '',
    '## Latency at 200 requests a second, µs',
    '',
    latencyTable(report.figures),
    '',
  ].join('\n');
}

/** Someone else's work on the same two cores makes every figure worse, and not equally. */
function disturbance(figures: readonly Figure[]): string {
  const windows = figures.reduce((sum, figure) => sum + figure.rounds, 0);
  const disturbed = figures.reduce((sum, figure) => sum + figure.disturbed, 0);
  const advice = disturbed * 5 > windows ? ' **Not a quiet machine: trust the minima.**' : '';
  return `Other processes used 0.1 cores or more in ${disturbed} of ${windows} windows.${advice}`;
}

function gatewayLine(gateway: ReportedGateway): string {
  const notes = gateway.notes.length === 0 ? '' : ` — ${gateway.notes.join('; ')}`;
  return `* **${gateway.id}** ${gateway.version ?? '(did not run)'}${notes}`;
}

function costTable(figures: readonly Figure[]): string {
  const rows = figures.flatMap((figure) => {
    if (figure.cpuUs === null) return [];
    return [
      [
        figure.workload,
        figure.gateway,
        spread(figure.cpuUs, 1),
        timesOf(figures, figure, 'nginx'),
        timesOf(figures, figure, 'portkey'),
        figure.perSecond.median.toFixed(0),
        figure.gatewayCore.median.toFixed(2),
        figure.residentMb.toFixed(0),
        String(figure.faults),
      ],
    ];
  });
  const per = 'CPU per request (`sse-*`: per chunk)';
  return table(
    ['Workload', 'Gateway', per, '× nginx', '× Portkey', 'per second', 'core', 'MB', 'faults'],
    rows,
  );
}

function latencyTable(figures: readonly Figure[]): string {
  const rows = figures
    .filter((figure) => figure.cpuUs === null)
    .map((figure) => [
      figure.workload,
      figure.gateway,
      spread(figure.p50Us, 0),
      figure.addedP50Us === null ? '–' : spread(figure.addedP50Us, 0),
      figure.chunkTransitUs === null ? '–' : spread(figure.chunkTransitUs, 0),
      String(figure.faults),
    ]);
  const head = ['Workload', 'Gateway', 'p50 (streams: first byte)', 'added', 'chunk transit p50', 'faults'];
  return table(head, rows);
}

function timesOf(figures: readonly Figure[], figure: Figure, base: string): string {
  const other = figures.find((one) => one.gateway === base && one.workload === figure.workload)?.cpuUs;
  if (figure.cpuUs === null || other === undefined || other === null || other.median === 0) return '–';
  const times = figure.cpuUs.median / other.median;
  return times.toFixed(times < 0.1 ? 3 : 2);
}

function spread(value: Spread, digits: number): string {
  return `${value.median.toFixed(digits)} (${value.min.toFixed(digits)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function renderHistory(lines: readonly string[]): string {
  return ['## All runs', '', ...lines, ''].join('\n');
}

/** Result files are our own; one that does not parse is a defect and stops the report. */
function headline(name: string, text: string): string {
  const report = JSON.parse(text) as Report;
  const figure = report.figures.find((one) => one.gateway === 'arouter' && one.workload === 'json-1k');
  const cost =
    figure?.cpuUs === null || figure === undefined ? '' : `: ${spread(figure.cpuUs, 1)} µs per request`;
  const kept = report.verdicts.filter((verdict) => verdict.passed === true).length;
  const judged = report.verdicts.filter((verdict) => verdict.passed !== null).length;
  return `* [${name}](${name})${cost}${judged === 0 ? '' : `, ${kept} of ${judged} targets kept`}`;
}
