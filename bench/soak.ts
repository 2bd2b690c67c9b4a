/**
 * `npm run soak -- --minutes 30`: does the gateway hold for long? Mixed traffic with faults against the real process as
 * `arouter init` and `arouter serve` start it; afterwards waits until it is idle, and judges memory, event loop, sockets,
 * timers and books. Ends with status 1 where a limit is missed. Linux only, for it reads the kernel's books of the process.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from '@arouter/sandbox';
import { addSandboxKey } from '../tests/support/stage.ts';
import { startGateway, type Gateway } from '../tests/support/start-gateway.ts';
import { openTenant } from '../tests/support/tenant.ts';
import { describeMachine, sourceVersion } from './harness/machine.ts';
import { sleep } from './harness/process.ts';
import { administer, type SoakTenant } from './soak/admin.ts';
import { readBooks } from './soak/books.ts';
import { createDraw } from './soak/draw.ts';
import { judgeSoak } from './soak/judge.ts';
import { writeSoak } from './soak/report.ts';
import { takeSample, type Sample } from './soak/sample.ts';
import { startTraffic } from './soak/traffic.ts';

const SAMPLE_MS = 5000;
/** Admin actions come every second sample. */
const SAMPLES_PER_ACTION = 2;
const TENANTS = 2;
/** An event of a stream each; short enough that a stream lasts some hundred milliseconds. */
const FRAME_DELAY_MS = 5;
/** Pools close what is idle after a minute or two. */
const IDLE_MS_MAX = 150_000;
const TIMERS_MORE_MAX = 3;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '25' },
    faults: { type: 'string', default: '0.05' },
    seed: { type: 'string', default: '1' },
    'no-report': { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');
const minutes = Number(values.minutes);
const perSecond = Number(values['per-second']);
const faultShare = Number(values.faults);

const sandbox = await startSandbox({ frameDelayMs: FRAME_DELAY_MS, journalEntriesMax: 1000 });
const gateway = await startGateway({ egressAllow: [sandbox.url] });
process.once('uncaughtException', (error) => {
  // A gateway left behind would go on for ever.
  console.error(error);
  gateway.send('SIGKILL');
  process.exit(1);
});
try {
  process.exitCode = await soak();
} finally {
  await gateway.remove();
  await sandbox.close();
}

async function soak(): Promise<number> {
  const source = sourceVersion(root);
  const tenants = await openTenants();
  await sleep(SAMPLE_MS);
  let began = performance.now();
  const sample = async (): Promise<Sample> =>
    await takeSample(gateway.pid, gateway.url, (performance.now() - began) / 1000);
  const baseline = await sample();
  began = performance.now();
  const traffic = startTraffic({
    url: gateway.url,
    sandbox,
    tenants: tenants.map(({ tenant }) => tenant),
    perSecond,
    faultShare,
    draw: createDraw(Number(values.seed)),
  });
  const samples: Sample[] = [];
  const admin = { actions: 0, refusals: [] as string[] };
  while (performance.now() - began < minutes * 60_000) {
    await sleep(SAMPLE_MS);
    samples.push(await sample());
    if (samples.length % SAMPLES_PER_ACTION === 0) await act(tenants, admin);
    if (samples.length % 12 === 0) console.log(JSON.stringify(samples.at(-1)));
  }
  const seen = await traffic.stop();
  const ended = performance.now();
  let idle = await sample();
  while (!isBack(idle, baseline) && performance.now() - ended < IDLE_MS_MAX) {
    await sleep(SAMPLE_MS);
    idle = await sample();
  }
  const idleAfterS = (performance.now() - ended) / 1000;
  await gateway.stop();
  const books = readBooks(gateway.dataDir, seen.complete);
  const verdicts = judgeSoak({ baseline, samples, idle, books });
  for (const { what, limit, measured, passed } of verdicts)
    console.log(`${passed ? '    ' : 'FAIL'} ${what}: ${measured} (${limit})`);
  if (!values['no-report']) {
    const folder = join(root, 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    const { complete: _complete, ...counts } = seen;
    const name = writeSoak(folder, {
      date: new Date().toISOString().slice(0, 10),
      source,
      machine: describeMachine(),
      minutes,
      perSecond,
      faultShare,
      ...counts,
      adminActions: admin.actions,
      adminRefusals: admin.refusals,
      idleAfterS,
      verdicts,
      baseline,
      idle,
      books,
      samples,
    });
    console.log(`Written: ${name}`);
  }
  return verdicts.every(({ passed }) => passed) ? 0 : 1;
}

async function openTenants(): Promise<readonly SoakTenant[]> {
  const opened: SoakTenant[] = [];
  for (let nth = 0; nth < TENANTS; nth += 1) {
    const tenant = await openTenant(gateway as Gateway, `Soak ${nth}`);
    const add = (fields: Parameters<typeof addSandboxKey>[2]) =>
      addSandboxKey({ sandbox }, tenant.addKey, fields);
    opened.push({
      tenant,
      keys: [
        await add({ label: 'one', weight: 2, rpm_limit: 5000 }),
        await add({ label: 'two', daily_budget_usd: 1000, hard_budget: true }),
        await add({ label: 'three', provider: 'anthropic', max_concurrency: 50 }),
        await add({ label: 'four', provider: 'anthropic' }),
      ],
    });
  }
  return opened;
}

async function act(
  tenants: readonly SoakTenant[],
  admin: { actions: number; refusals: string[] },
): Promise<void> {
  const tenant = tenants[admin.actions % tenants.length];
  if (tenant === undefined) return;
  try {
    await administer(tenant, Math.floor(admin.actions / tenants.length));
  } catch (error) {
    // Part of the result: a soak goes on where an administrator would read the sentence and go on too.
    admin.refusals.push(error instanceof Error ? error.message : String(error));
  }
  admin.actions += 1;
}

function isBack(idle: Sample, baseline: Sample): boolean {
  return idle.sockets <= baseline.sockets && idle.timers <= baseline.timers + TIMERS_MORE_MAX;
}
