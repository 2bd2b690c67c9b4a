/** The result of a soak as a file of figures and as a page. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine, SourceVersion } from '../harness/machine.ts';
import { slopePerMinute, type SoakFigures, type Verdict } from './judge.ts';

export type SoakReport = Omit<SoakFigures, 'samples'> & {
  readonly date: string;
  readonly source: SourceVersion;
  readonly machine: Machine;
  readonly minutes: number;
  readonly perSecond: number;
  readonly faultShare: number;
  readonly asked: number;
  readonly faults: number;
  readonly left: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly adminActions: number;
  readonly adminRefusals: readonly string[];
  /** Seconds from the last answer until sockets and timers were back. */
  readonly idleAfterS: number;
  readonly verdicts: readonly Verdict[];
  readonly samples: SoakFigures['samples'];
};

/** Returns the name of the file of figures; the page is `soak.md` beside it. */
export function writeSoak(folder: string, report: SoakReport): string {
  const name = `soak-${report.date}-${report.source.commit}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'soak.md'), renderSoak(report, name));
  return name;
}

export function renderSoak(report: SoakReport, file: string): string {
  const { machine, source, samples, baseline, idle } = report;
  const last = samples.at(-1);
  const cpu = last === undefined ? 0 : (last.cpuS - baseline.cpuS) / Math.max(1, last.atS);
  const statuses = Object.entries(report.statuses).map(([status, count]) => `${count} × ${status}`);
  return `# Soak

Written by \`npm run soak\`; do not edit. ${report.date}, commit \`${source.commit}\`${source.hasLocalChanges ? ' with local changes' : ''}, ${report.minutes} minutes,
${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}, Node ${machine.node}. The machine was shared with other work: delays of the
event loop include waits for a processor.

${report.asked} requests at ${report.perSecond} a second: JSON, streams, tools, prompts of 200 KB, callers who leave (${report.left}), two dialects, two
providers, two workspaces; 28 kinds of faults drawn by chance, on ${Math.round(report.faultShare * 100)} % of requests (${report.faults}); ${report.adminActions} changes and looks by
administrators (${report.adminRefusals.length} refused). Callers saw ${statuses.join(', ')} (0: no answer, because the caller left first). The gateway
used ${cpu.toFixed(2)} of a core. Sockets and timers were back ${Math.round(report.idleAfterS)} s after the last answer.

| What | Limit | Measured |  |
| --- | --- | --- | --- |
${report.verdicts.map(({ what, limit, measured, passed }) => `| ${what} | ${limit} | ${measured} | ${passed ? 'pass' : '**FAIL**'} |`).join('\n')}

| | before | first third | last third | idle |
| --- | ---: | ---: | ---: | ---: |
${rowOf('RSS, MB', report, ({ rssMb }) => rssMb)}
${rowOf('heap used, MB', report, ({ heapUsedMb }) => heapUsedMb)}
${rowOf('external memory, MB', report, ({ externalMb }) => externalMb)}
${rowOf('event-loop delay p99, ms', report, ({ eventLoopP99Ms }) => eventLoopP99Ms)}
${rowOf('sockets', report, ({ sockets }) => sockets)}
${rowOf('timers', report, ({ timers }) => timers)}

Growth is judged over the last half of the run, for memory still finds its working size before. Thirds are means. RSS rose by ${thirdsOf(
    samples,
  )
    .map((part) => slopePerMinute(part, ({ rssMb }) => rssMb).toFixed(1))
    .join(
      ', ',
    )} MB/min in the three thirds; every sample of the heap taken together, it rose by ${slopePerMinute(
    samples.slice(samples.length >> 1),
    ({ heapUsedMb }) => heapUsedMb,
  ).toFixed(
    1,
  )} MB/min in the last half. All samples: [${file}](${file}). Before: ${baseline.rssMb} MB; after: ${idle.rssMb} MB.
`;
}

function rowOf(
  name: string,
  { baseline, samples, idle }: SoakFigures | SoakReport,
  of: (sample: SoakFigures['idle']) => number,
): string {
  const [first = [], , last = []] = thirdsOf(samples);
  const mean = (part: readonly SoakFigures['idle'][]): string =>
    (part.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, part.length)).toFixed(1);
  return `| ${name} | ${of(baseline)} | ${mean(first)} | ${mean(last)} | ${of(idle)} |`;
}

function thirdsOf<T>(samples: readonly T[]): readonly (readonly T[])[] {
  const third = Math.ceil(samples.length / 3);
  return [samples.slice(0, third), samples.slice(third, -third), samples.slice(-third)];
}
