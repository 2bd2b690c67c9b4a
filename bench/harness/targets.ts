/** What the gateway promises about its own cost, and whether a run kept it. Judged on medians. Pure. */
import type { Figure } from './summary.ts';

export type Verdict = {
  readonly target: string;
  readonly limit: number;
  /** Null: something needed for the comparison did not run. */
  readonly measured: number | null;
  readonly passed: boolean | null;
};

type Target = {
  readonly text: string;
  readonly limit: number;
  readonly measure: (figures: readonly Figure[]) => number | null;
};

const US = 'arouter';

const TARGETS: readonly Target[] = [
  {
    text: 'CPU per 1 KB JSON request, times nginx',
    limit: 4.5,
    measure: (figures) => ratio(cpu(figures, US, 'json-1k'), cpu(figures, 'nginx', 'json-1k')),
  },
  {
    text: 'CPU per 1 KB JSON request, times Portkey',
    limit: 0.1,
    measure: (figures) => ratio(cpu(figures, US, 'json-1k'), cpu(figures, 'portkey', 'json-1k')),
  },
  {
    text: 'CPU per SSE chunk at full load, times nginx',
    limit: 2.6,
    measure: (figures) => ratio(cpu(figures, US, 'sse-1k'), cpu(figures, 'nginx', 'sse-1k')),
  },
  {
    text: 'CPU per SSE chunk at 6,000 chunks a second, times nginx',
    limit: 2.6,
    measure: (figures) => ratio(cpu(figures, US, 'sse-paced'), cpu(figures, 'nginx', 'sse-paced')),
  },
  {
    text: 'CPU per 200 KB request, times our 1 KB request',
    limit: 12,
    measure: (figures) => ratio(cpu(figures, US, 'json-200k'), cpu(figures, US, 'json-1k')),
  },
  addedLatency('JSON, 1 KB', 'latency-json-1k'),
  addedLatency('JSON, 32 KB', 'latency-json-32k'),
  addedLatency('JSON, 200 KB', 'latency-json-200k'),
  addedLatency('first byte of a stream, 1 KB', 'latency-sse-1k'),
  addedLatency('first byte of a stream, 32 KB', 'latency-sse-32k'),
  addedLatency('first byte of a stream, 200 KB', 'latency-sse-200k'),
];

/**
 * Cheap is worth nothing when an answer was bad or the work was not done: then every target is missed. `isProven` says
 * whether the gateway's books account for the requests it answered.
 */
export function judge(figures: readonly Figure[], isProven: boolean): readonly Verdict[] {
  const isValid = isProven && !figures.some((figure) => figure.gateway === US && figure.faults > 0);
  return TARGETS.map(({ text, limit, measure }) => {
    const measured = measure(figures);
    const passed = measured === null ? null : measured <= limit && isValid;
    return { target: text, limit, measured, passed };
  });
}

function addedLatency(what: string, workload: string): Target {
  return {
    text: `Added p50 at 200 requests/s, ${what}, ms`,
    limit: 0.5,
    measure: (figures) => {
      const added = find(figures, US, workload)?.addedP50Us;
      return added === undefined || added === null ? null : added.median / 1000;
    },
  };
}

function cpu(figures: readonly Figure[], gateway: string, workload: string): number | null {
  return find(figures, gateway, workload)?.cpuUs?.median ?? null;
}

function find(figures: readonly Figure[], gateway: string, workload: string): Figure | undefined {
  return figures.find((figure) => figure.gateway === gateway && figure.workload === workload);
}

/** A clock that never ticked is not a gateway that costs nothing. */
function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || value === 0 || base === 0 ? null : value / base;
}
