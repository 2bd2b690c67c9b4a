/**
 * What the machine does to the real process: it stands still, has no file descriptors left, and its disk is full, each brought
 * about for real. Linux only; the full disk needs the right to mount.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createManagementClient } from '../../support/management-client.ts';
import { readLedger } from '../../support/read-ledger.ts';
import {
  initGateway,
  serveGateway,
  startGateway,
  type Environment,
  type Gateway,
  type GatewayKeys,
  type ServingGateway,
} from '../../support/start-gateway.ts';
import { ask } from '../../support/tenant.ts';
import { waitUntil } from '../../support/wait-until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const isLinux = process.platform === 'linux';
const can = (command: string, args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const canLimit = isLinux && can('prlimit', ['--version']);

let sandbox: Sandbox;
const closing: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  sandbox = await startSandbox();
  closing.push(sandbox.close);
});
/** All of it, also where one thing cannot be closed: a file system that stays mounted outlives the run. */
afterEach(async () => {
  const faults: unknown[] = [];
  for (const close of closing.splice(0).toReversed()) {
    try {
      await close();
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, 'not everything could be closed');
});

type Served = ServingGateway & { readonly keys: GatewayKeys };

async function open(environment: Environment = {}): Promise<Gateway> {
  const gateway = await startGateway({ egressAllow: [sandbox.url], environment });
  closing.push(gateway.remove);
  await addKey(gateway);
  return gateway;
}

async function addKey(gateway: Served): Promise<void> {
  await createManagementClient(gateway).addKey({
    provider: 'openai',
    label: 'process',
    credential: { api_key: 'sk-sandbox-process' },
    base_url: `${sandbox.url}/openai/v1`,
  });
}

test.skipIf(!isLinux)(
  'P13: a process that stood still says so, and blames no provider for what came meanwhile',
  async () => {
    const gateway = await open({
      AROUTER_IDLE_MS_MAX: '1500',
      AROUTER_STREAM_FIRST_BYTE_MS_MAX: '1500',
      AROUTER_LOG_LEVEL: 'warn',
    });
    sandbox.behave({ times: 1, fault: { kind: 'pace', frameDelayMs: 200 } });
    let pieces = 0;
    const answer = ask(gateway.url, gateway.keys.apiKey, { stream: true, onPiece: () => (pieces += 1) });
    await waitUntil(
      () => pieces,
      (came) => came > 0,
    );
    gateway.send('SIGSTOP');
    await wait(4000);
    gateway.send('SIGCONT');
    const { status, text } = await answer;
    expect(status).toBe(200);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    const said = await waitUntil(gateway.stderr, (log) => log.includes('stood still'));
    expect(Number(/"stoodStillMs":(\d+)/.exec(said)?.[1])).toBeGreaterThan(2500);
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
  },
);

test.skipIf(!canLimit)(
  'P15: no file descriptors left: new callers wait or are turned away, those who are there are served, and it recovers',
  async () => {
    const gateway = await open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    const askKept = () => ask(gateway.url, gateway.keys.apiKey, { agent });
    expect((await askKept()).status).toBe(200);
    const held = readdirSync(`/proc/${gateway.pid}/fd`).length;
    execFileSync('prlimit', [`--pid=${gateway.pid}`, `--nofile=${held + 5}`]);
    const { hostname, port } = new URL(gateway.url);
    const crowd = Array.from({ length: 60 }, () =>
      connect(Number(port), hostname).on('error', () => undefined),
    );
    await waitUntil(
      () => readdirSync(`/proc/${gateway.pid}/fd`).length,
      (now) => now >= held + 5,
    );
    expect((await askKept()).status).toBe(200);
    for (const each of crowd) each.destroy();
    await waitUntil(
      () => readdirSync(`/proc/${gateway.pid}/fd`).length,
      (now) => now <= held + 1,
    );
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
    const { code } = await gateway.stop();
    expect(code).toBe(0);
    expect(openAttempts(gateway.dataDir)).toBe(0);
  },
);

test('P04: nobody reads the log any more: the process goes on and stops in order', async () => {
  const gateway = await open({ AROUTER_LOG_LEVEL: 'info' });
  const client = createManagementClient(gateway);
  const said = gateway.stderr().length;
  await client.manage('POST', '/api/v1/keys', { name: 'one more line in the log' });
  // What is lost below is what is written here.
  await waitUntil(
    () => gateway.stderr().length,
    (length) => length > said,
  );
  gateway.stopReading();
  for (let turn = 0; turn < 20; turn += 1) {
    await client.manage('POST', '/api/v1/keys', { name: 'one more line in the log' });
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
  }
  const { code } = await gateway.stop();
  expect(code).toBe(0);
  expect(openAttempts(gateway.dataDir)).toBe(0);
});

/** A fault of ours, brought about by a signal. */
const FAULTS = {
  'thrown in a listener': `throw new TypeError('a bug with sk-' + 'secret0123456789')`,
  'a rejection that nobody handles': `Promise.reject(new TypeError('a bug with sk-' + 'secret0123456789'))`,
} as const;
const CUT = 5;

test.each(Object.entries(FAULTS))(
  'P16: a fault of ours that nobody caught ends the process within two seconds; what was under way is told so and settled (%s)',
  async (_name, fault) => {
    const onSignal = encodeURIComponent(`process.on('SIGUSR2', () => { ${fault}; });`);
    const gateway = await open({ NODE_OPTIONS: `--import=data:text/javascript,${onSignal}` });
    sandbox.behave({ times: CUT, fault: { kind: 'stall_mid_stream' } });
    let begun = 0;
    const answers = Array.from({ length: CUT }, () => {
      let isFirst = true;
      return ask(gateway.url, gateway.keys.apiKey, {
        stream: true,
        onPiece() {
          if (isFirst) begun += 1;
          isFirst = false;
        },
      });
    });
    await waitUntil(
      () => begun,
      (count) => count === CUT,
    );
    const faultAt = performance.now();
    gateway.send('SIGUSR2');
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    expect(performance.now() - faultAt).toBeLessThan(4000);
    const said = gateway.stderr();
    expect(said).toMatch(/"level":"fatal".*TypeError: a bug with \[secret\].*that nobody caught/);
    expect(said).not.toContain('sk-secret');
    for (const { text } of await Promise.all(answers)) {
      expect(text).toContain('"error"');
      expect(text).not.toContain('[DONE]');
    }
    expect(openAttempts(gateway.dataDir)).toBe(0);
    const again = await gateway.restart();
    closing.push(async () => void (await again.stop()));
    expect((await ask(again.url, gateway.keys.apiKey)).status).toBe(200);
  },
);

/** Room for the database and its logs, and little more. */
const DISK = 'size=24m';

const mountPoint = mkdtempSync(join(tmpdir(), 'arouter-full-'));
const mount = ['-t', 'tmpfs', '-o', DISK, 'tmpfs'] as const;
/** Lazy: it is gone from the tree at once, whoever still has a file of it open, as after a test that ran out of time. */
const unmount = '-l';
const canMount = isLinux && can('mount', [...mount, mountPoint]) && can('umount', [unmount, mountPoint]);
rmSync(mountPoint, { recursive: true });

test.skipIf(!canMount)(
  'P05: a file system that is really full: nothing is sent that cannot be recorded, and it goes on once there is room',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'arouter-full-'));
    closing.push(() => rmSync(dataDir, { recursive: true }));
    execFileSync('mount', [...mount, dataDir]);
    closing.push(() => void execFileSync('umount', [unmount, dataDir]));
    const keys = await initGateway(dataDir);
    const gateway = { ...(await serveGateway({ dataDir, egressAllow: [sandbox.url] })), keys };
    closing.push(async () => void (await gateway.kill()));
    await addKey(gateway);
    const statusNow = async () => (await ask(gateway.url, keys.apiKey)).status;
    expect(await statusNow()).toBe(200);
    const ballast = join(dataDir, 'ballast');
    fillWith(ballast);

    // The answer whose settlement finds no room is held with it.
    const held: Promise<number>[] = [];
    await waitUntil(
      async () => {
        const status = statusNow();
        held.push(status);
        return await Promise.race([status, wait(1000)]);
      },
      (status) => status === 503,
      60_000,
    );
    const callsBefore = sandbox.journal.entries().length;
    expect(await statusNow()).toBe(503);
    expect(sandbox.journal.entries().length).toBe(callsBefore);
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);

    rmSync(ballast);
    await waitUntil(statusNow, (status) => status === 200, 30_000);
    expect(new Set(await Promise.all(held))).toEqual(new Set([200, 503]));
    expect((await gateway.stop()).code).toBe(0);
    expect(openAttempts(dataDir)).toBe(0);
    const calls = sandbox.journal.entries().filter(({ method }) => method === 'POST').length;
    expect(attempts(dataDir)).toBe(calls);
  },
);

function fillWith(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const bytes of [1024 * 1024, 4096]) {
      const piece = Buffer.alloc(bytes, 1);
      // Ends with ENOSPC.
      for (;;) if (writeSync(file, piece) < bytes) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

function attempts(dataDir: string): number {
  const ledger = readLedger(dataDir);
  try {
    return ledger.attempts().length;
  } finally {
    ledger.close();
  }
}

function openAttempts(dataDir: string): number {
  const ledger = readLedger(dataDir);
  try {
    return ledger.attempts().filter(({ outcome }) => outcome === null).length;
  } finally {
    ledger.close();
  }
}
