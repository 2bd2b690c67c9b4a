/**
 * How late the event loop is, under the names of the usual metrics. Theirs count the time between two looks as delay: with
 * looks as rare as an idle process deserves, that would be 200 ms of delay where there is none.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** How often it is looked. The usual 10 ms wakes an idle process 100 times a second: 1.4 % of a core. */
const LOOK_MS = 200;
/** The usual metrics' own watch cannot be left out, but it can be made to never look. */
export const NEVER_MS = 2 ** 31 - 1;

const PREFIX = 'arouter_nodejs_eventloop_lag';
/** A moment's delay, and the deviation, which has no interval in it. */
const REPLACED = ['', '_stddev'];

type Delays = ReturnType<typeof monitorEventLoopDelay>;
const READINGS: Readonly<Record<string, { readonly help: string; read(delays: Delays): number }>> = {
  min: { help: 'The least', read: ({ min }) => min },
  max: { help: 'The greatest', read: ({ max }) => max },
  mean: { help: 'The mean', read: ({ mean }) => mean },
  p50: { help: 'The median', read: (delays) => delays.percentile(50) },
  p90: { help: 'The 90th percentile', read: (delays) => delays.percentile(90) },
  p99: { help: 'The 99th percentile', read: (delays) => delays.percentile(99) },
};

/** Takes the place of the usual ones in the registry; each scrape tells of the time since the last. */
export function measureEventLoopDelay(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  delays.enable();
  for (const suffix of REPLACED) registry.removeSingleMetric(`${PREFIX}${suffix}_seconds`);
  for (const [suffix, { help, read }] of Object.entries(READINGS)) {
    const name = `${PREFIX}_${suffix}_seconds`;
    registry.removeSingleMetric(name);
    new Gauge({
      name,
      help: `${help} of the event loop’s delays since the last scrape.`,
      registers: [registry],
      collect() {
        this.set(delays.count === 0 ? 0 : delayIn(read(delays)));
      },
    });
  }
  // Gauges are read in the order in which they were registered.
  new Gauge({
    name: `${PREFIX}_looks`,
    help: 'How often the event loop’s delay was looked at since the last scrape.',
    registers: [registry],
    collect() {
      this.set(delays.count);
      delays.reset();
    },
  });
}

/** Seconds of delay in the nanoseconds between two looks. */
function delayIn(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1000);
}
