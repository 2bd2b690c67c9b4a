/**
 * The measurement itself: every candidate is warmed, then all of them take turns through all workloads, round by
 * round, so that a slow minute of the machine falls on everyone.
 */
import type { Gateway, Workbench } from './candidate.ts';
import { runLoad } from './load.ts';
import type { LoadResult } from './load.ts';
import { windowOf, WORKLOADS } from './workloads.ts';
import type { Workload } from './workloads.ts';

export type Sample = {
  readonly gateway: string;
  readonly workload: string;
  readonly round: number;
  readonly result: LoadResult;
};
export type RoundsPlan = {
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly quick: boolean;
};

/**
 * In seconds. A just-in-time compiler needs the first: Portkey measured after 1.5 s looks four times dearer than it is. Streams and
 * long prompts run other code, and change what code they share with short requests was compiled for; so those come once more.
 */
const WARM_UP: readonly (readonly [workload: string, seconds: number])[] = [
  ['json-1k', 12],
  ['sse-1k', 2],
  ['json-32k-agent', 2],
  ['json-200k', 2],
  ['json-1k', 6],
];
const WARM_S_QUICK_MAX = 3;

/** The samples count as round 0: for the ledger's check, not for the figures. */
export async function warmUp(
  bench: Workbench,
  gateways: readonly Gateway[],
  quick: boolean,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const gateway of gateways.filter(({ pid }) => pid !== null)) {
    for (const [id, seconds] of WARM_UP) {
      const workload = WORKLOADS.find((one) => one.id === id);
      if (workload === undefined) throw new Error(`there is no workload ${id}`);
      const window = { warmS: 0, measureS: quick ? Math.min(seconds, WARM_S_QUICK_MAX) : seconds };
      const result = await runLoad(bench, gateway, workload, window);
      samples.push({ gateway: gateway.id, workload: workload.id, round: 0, result });
      console.log(`warm  ${gateway.id.padEnd(20)} ${workload.id.padEnd(18)} ${figures(workload, result)}`);
    }
  }
  return samples;
}

export async function runRounds(
  bench: Workbench,
  gateways: readonly Gateway[],
  plan: RoundsPlan,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= plan.rounds; round++) {
    for (const workload of plan.workloads) {
      for (const gateway of turnOrder(gateways, round)) {
        if (gateway.pid === null && workload.kind === 'cost') continue;
        const result = await runLoad(bench, gateway, workload, windowOf(plan.quick));
        samples.push({ gateway: gateway.id, workload: workload.id, round, result });
        const name = `${round}/${plan.rounds}`.padEnd(5);
        console.log(
          `${name} ${gateway.id.padEnd(20)} ${workload.id.padEnd(18)} ${figures(workload, result)}`,
        );
      }
    }
  }
  return samples;
}

/** Every other round runs backwards, so that nobody always follows the heaviest neighbour. */
function turnOrder(gateways: readonly Gateway[], round: number): readonly Gateway[] {
  return round % 2 === 1 ? gateways : gateways.toReversed();
}

function figures(workload: Workload, result: LoadResult): string {
  const faults = result.badAnswers + result.brokenConnections;
  const trouble = faults > 0 ? `  ${result.badAnswers} BAD, ${result.brokenConnections} BROKEN` : '';
  const p50 = `p50 ${(workload.stream ? result.firstByteP50Us : result.p50Us).toFixed(0)} µs`;
  if (workload.kind === 'latency') return `${p50}${trouble}`;
  const cost =
    workload.unit === 'chunk'
      ? `${result.cpuUsPerChunk.toFixed(1)} µs/chunk, ${result.chunksPerSecond.toFixed(0)} chunks/s`
      : `${result.cpuUsPerRequest.toFixed(1)} µs/request, ${result.requestsPerSecond.toFixed(0)} requests/s`;
  return `${cost}, core ${result.gatewayCore.toFixed(2)}, ${p50}${trouble}`;
}
