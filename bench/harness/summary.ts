/** From samples to figures: medians and minima over the rounds. Pure. */
import type { Sample } from './rounds.ts';
import type { Workload } from './workloads.ts';

/** One figure over the rounds. */
export type Spread = { readonly median: number; readonly min: number; readonly values: readonly number[] };

/** What one gateway made of one workload. Times in microseconds. */
export type Figure = {
  readonly gateway: string;
  readonly workload: string;
  readonly rounds: number;
  /** CPU per request or chunk; null for latency workloads. */
  readonly cpuUs: Spread | null;
  readonly p50Us: Spread;
  /** p50 minus the p50 without a gateway in the same round; null where there was none. */
  readonly addedP50Us: Spread | null;
  /** Median time from the mock's write to the caller's read, for streams. */
  readonly chunkTransitUs: Spread | null;
  readonly perSecond: Spread;
  /** How full the gateway's core was; cost figures far below 1 are not at saturation. */
  readonly gatewayCore: Spread;
  readonly residentMb: number;
  readonly faults: number;
  /** Windows during which other processes used a tenth of a core or more. */
  readonly disturbed: number;
};

const DIRECT = 'direct';
const DISTURBED_CORES = 0.1;

export function summarize(samples: readonly Sample[], workloads: readonly Workload[]): readonly Figure[] {
  const gateways = [...new Set(samples.map((sample) => sample.gateway))];
  return workloads.flatMap((workload) =>
    gateways.flatMap((gateway) => {
      const own = samples.filter((sample) => sample.gateway === gateway && sample.workload === workload.id);
      return own.length === 0 ? [] : [figureOf(own, workload, samples)];
    }),
  );
}

/** Of an even number of values, the mean of the middle two. Throws for none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  const min = sorted[0];
  if (low === undefined || high === undefined || min === undefined) throw new Error('no values');
  return { median: (low + high) / 2, min, values };
}

function figureOf(own: readonly Sample[], workload: Workload, all: readonly Sample[]): Figure {
  const results = own.map((sample) => sample.result);
  const isChunks = workload.unit === 'chunk';
  const added =
    own[0]?.gateway === DIRECT ? [] : own.flatMap((sample) => addedLatency(sample, workload, all));
  const first = own[0] as Sample;
  return {
    gateway: first.gateway,
    workload: workload.id,
    rounds: own.length,
    cpuUs:
      workload.kind === 'cost'
        ? spreadOf(results.map((result) => (isChunks ? result.cpuUsPerChunk : result.cpuUsPerRequest)))
        : null,
    p50Us: spreadOf(results.map((result) => p50Of(workload, result))),
    addedP50Us: added.length === 0 ? null : spreadOf(added),
    chunkTransitUs: workload.stream ? spreadOf(results.map((result) => result.chunkTransitP50Us)) : null,
    perSecond: spreadOf(
      results.map((result) => (isChunks ? result.chunksPerSecond : result.requestsPerSecond)),
    ),
    gatewayCore: spreadOf(results.map((result) => result.gatewayCore)),
    residentMb: Math.max(...results.map((result) => result.residentMb)),
    disturbed: results.filter((result) => result.foreignCores >= DISTURBED_CORES).length,
    faults: results.reduce((sum, result) => sum + result.badAnswers + result.brokenConnections, 0),
  };
}

function addedLatency(sample: Sample, workload: Workload, all: readonly Sample[]): readonly number[] {
  if (workload.kind !== 'latency') return [];
  const direct = all.find(
    (other) => other.gateway === DIRECT && other.workload === sample.workload && other.round === sample.round,
  );
  return direct === undefined ? [] : [p50Of(workload, sample.result) - p50Of(workload, direct.result)];
}

/** For a stream, what a caller waits for is the first byte; the rest is the model's own pace. */
function p50Of(workload: Workload, result: Sample['result']): number {
  return workload.stream ? result.firstByteP50Us : result.p50Us;
}
