/** What a process holds, from the kernel's books and from its own metrics. Linux only. */
import { cpuSecondsOf, socketsOf } from '../../tests/support/process-books.ts';

export type Sample = {
  /** Seconds since the load began; negative before it. */
  readonly atS: number;
  readonly rssMb: number;
  readonly heapUsedMb: number;
  readonly externalMb: number;
  readonly eventLoopP99Ms: number;
  readonly sockets: number;
  readonly timers: number;
  /** CPU seconds of all threads since the start. */
  readonly cpuS: number;
};

const MB = 1024 * 1024;

export async function takeSample(pid: number, url: string, atS: number): Promise<Sample> {
  const answer = await fetch(`${url}/metrics`, {
    headers: { connection: 'close' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`/metrics was answered ${answer.status}: ${text}`);
  const read = (name: string): number => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    // A kind of resource of which there is none has no line.
    return found === undefined ? 0 : Number(found);
  };
  return {
    atS: round(atS),
    rssMb: round(read('arouter_process_resident_memory_bytes') / MB),
    heapUsedMb: round(read('arouter_nodejs_heap_size_used_bytes') / MB),
    externalMb: round(read('arouter_nodejs_external_memory_bytes') / MB),
    eventLoopP99Ms: round(read('arouter_nodejs_eventloop_lag_p99_seconds') * 1000),
    sockets: socketsOf(pid) ?? 0,
    timers: read('arouter_nodejs_active_resources\\{type="Timeout"\\}'),
    cpuS: cpuSecondsOf(pid) ?? 0,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
