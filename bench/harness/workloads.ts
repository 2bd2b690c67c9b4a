/**
 * What is asked of every gateway. Two kinds:
 * - `cost`: CPU per request or per chunk. Closed loop, so that the gateway's core is full: at partial load each wake-up
 *   costs a visit to the hypervisor and the figure is 3-6 times higher for everyone. `sse-paced` is the exception: 6,000
 *   chunks a second for all. A full core reads several chunks at once and so flatters itself; here each one is written
 *   by itself, as a caller with few streams sees it.
 * - `latency`: open loop at 200 requests a second, timed from the intended send time, compared with no gateway at all.
 */
import type { PromptId } from './prompts.ts';

export type Workload = {
  readonly id: string;
  readonly kind: 'cost' | 'latency';
  /** The figure the report shows. */
  readonly unit: 'request' | 'chunk';
  readonly stream: boolean;
  readonly prompt: PromptId;
  readonly connections: number;
  /** 0 = closed loop. */
  readonly requestsPerSecond: number;
};

export type Window = { readonly warmS: number; readonly measureS: number };

const LATENCY_RATE = 200;

export const WORKLOADS: readonly Workload[] = [
  cost('json-1k', '1k'),
  cost('json-32k', '32k'),
  cost('json-32k-agent', '32k-agent'),
  cost('json-200k', '200k'),
  costOfStream('sse-1k', '1k-stream'),
  costOfStream('sse-32k', '32k-stream'),
  costOfStream('sse-200k', '200k-stream'),
  { ...costOfStream('sse-paced', '1k-stream'), connections: 512, requestsPerSecond: 60 },
  latency('latency-json-1k', '1k', false),
  latency('latency-json-32k', '32k', false),
  latency('latency-json-200k', '200k', false),
  latency('latency-sse-1k', '1k-short-stream', true),
  latency('latency-sse-32k', '32k-short-stream', true),
  latency('latency-sse-200k', '200k-short-stream', true),
];

/** Each window is short enough to interleave often and long enough for a CPU clock that ticks every 10 ms. */
export function windowOf(quick: boolean): Window {
  return quick ? { warmS: 0.5, measureS: 2 } : { warmS: 1, measureS: 5 };
}

function cost(id: string, prompt: PromptId): Workload {
  return { id, kind: 'cost', unit: 'request', stream: false, prompt, connections: 32, requestsPerSecond: 0 };
}

/** 512 streams of one chunk every 5 ms offer 102,000 chunks a second: more than one core of any gateway here carries. */
function costOfStream(id: string, prompt: PromptId): Workload {
  return { id, kind: 'cost', unit: 'chunk', stream: true, prompt, connections: 512, requestsPerSecond: 0 };
}

function latency(id: string, prompt: PromptId, stream: boolean): Workload {
  return {
    id,
    kind: 'latency',
    unit: 'request',
    stream,
    prompt,
    connections: 64,
    requestsPerSecond: LATENCY_RATE,
  };
}
