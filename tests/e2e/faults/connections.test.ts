/**
 * As many connections as may be, held by callers who say nothing, ask once and stay, or are being served: what others notice of them at
 * the real process, what they cost, and who is turned away.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createManagementClient } from '../../support/management-client.ts';
import { peakMbOf, socketsOf } from '../../support/process-books.ts';
import { startGateway, type Environment, type Gateway } from '../../support/start-gateway.ts';
import { ask } from '../../support/tenant.ts';
import { waitUntil } from '../../support/wait-until.ts';

vi.setConfig({ testTimeout: 180_000 });

const CROWD = 9900;
/** The crowd's, the gateway's own and the tester's. */
const FILES_NEEDED = CROWD + 600;
const canHoldCrowd = process.platform === 'linux' && filesMax() >= FILES_NEEDED;
if (!canHoldCrowd)
  console.log(`skipped: ten thousand connections need ${FILES_NEEDED} open files (ulimit -n)`);

/** Of a process that has answered a few questions, and 20 KB for each of the crowd. */
const PEAK_MB_MAX = 320 + (CROWD * 20) / 1024;
const OTHERS = 40;

let sandbox: Sandbox;
let gateway: Gateway;
const sockets: Socket[] = [];
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway.remove();
  await sandbox.close();
});

test.skipIf(!canHoldCrowd)(
  'C19: ten thousand connections that say nothing: others are served within 100 ms, each costs some kilobytes, and they are ended in words',
  async () => {
    await open();
    const crowd = await Promise.all(Array.from({ length: CROWD }, join));
    const times: number[] = [];
    for (let asked = 0; asked < OTHERS; asked += 1) {
      const askedAt = performance.now();
      expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
      times.push(performance.now() - askedAt);
    }
    expect(crowd.filter(({ socket }) => socket.closed)).toHaveLength(0);
    expect(median(times)).toBeLessThan(100);
    expect(peakMbOf(gateway.pid)).toBeLessThan(PEAK_MB_MAX);

    // The time for headers, which is ten seconds, and what it takes to look.
    await waitUntil(
      () => socketsOf(gateway.pid) ?? 0,
      (left) => left < 20,
      40_000,
    );
    await waitUntil(
      () => crowd.filter(({ seen }) => !seen().startsWith('HTTP/1.1 408 ')).length,
      (silent) => silent === 0,
    );
  },
);

const BOUND = 60;

test('at the bound those that wait give way to who comes; those that are served stay', async () => {
  await open({ AROUTER_CONNECTIONS_MAX: String(BOUND), AROUTER_LOG_LEVEL: 'warn' });
  const served = await startStream();
  const waiting = await Promise.all(
    Array.from({ length: BOUND - 1 }, async () => {
      const caller = await join();
      caller.socket.write('GET /livez HTTP/1.1\r\nhost: gateway\r\n\r\n');
      await waitUntil(caller.seen, (seen) => seen.endsWith('\r\n0\r\n\r\n'));
      return caller;
    }),
  );
  for (let asked = 0; asked < 3; asked += 1)
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
  await waitUntil(
    () => waiting.filter(({ socket }) => socket.closed).length,
    // The last of them may have been answered after it was looked at.
    (closed) => closed > BOUND / 2,
  );
  await waitUntil(served.seen, (seen) => seen.includes('data: [DONE]'), 30_000);
});

test('where all are at work, who comes is closed at once, the log says so, and there is room once one is done', async () => {
  await open({ AROUTER_CONNECTIONS_MAX: String(BOUND), AROUTER_LOG_LEVEL: 'warn' });
  const atWork = await Promise.all(Array.from({ length: BOUND }, startStream));
  const cameAt = performance.now();
  const late = await join();
  await waitUntil(() => late.socket.closed, Boolean);
  expect([late.seen(), performance.now() - cameAt < 1000]).toEqual(['', true]);
  const said = await waitUntil(gateway.stderr, (log) => log.includes('AROUTER_CONNECTIONS_MAX'));
  expect(said).toContain(`"connectionsMax":${BOUND}`);
  for (const { seen } of atWork) await waitUntil(seen, (text) => text.includes('data: [DONE]'), 30_000);
  expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
});

test('a connection that is kept after an answer is closed after 75 seconds', async () => {
  await open();
  const caller = await join();
  caller.socket.write('GET /livez HTTP/1.1\r\nhost: gateway\r\n\r\n');
  await waitUntil(caller.seen, (seen) => seen.endsWith('\r\n0\r\n\r\n'));
  const answeredAt = performance.now();
  await waitUntil(() => caller.socket.closed, Boolean, 100_000);
  expect(performance.now() - answeredAt).toBeGreaterThan(70_000);
});

async function open(environment: Environment = {}): Promise<void> {
  gateway = await startGateway({ egressAllow: [sandbox.url], environment });
  await createManagementClient(gateway).addKey({
    provider: 'openai',
    label: 'connections',
    credential: { api_key: 'sk-sandbox-connections' },
    base_url: `${sandbox.url}/openai/v1`,
    max_concurrency: BOUND,
  });
}

type Caller = { readonly socket: Socket; seen(): string };

async function join(): Promise<Caller> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let seen = '';
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    seen += piece.toString();
  });
  await once(socket, 'connect');
  return { socket, seen: () => seen };
}

/** A stream that has begun and takes some seconds. */
async function startStream(): Promise<Caller> {
  sandbox.behave({ times: 1, match: { streamed: true }, fault: { kind: 'stall_mid_stream', ms: 4000 } });
  const caller = await join();
  const body = JSON.stringify({
    model: 'openai/gpt-4.1-nano',
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  caller.socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${gateway.keys.apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await waitUntil(caller.seen, (seen) => seen.includes('data: '), 20_000);
  return caller;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Infinity;
}

/** Node takes as many as it may when it starts. */
function filesMax(): number {
  return Number(execFileSync('sh', ['-c', 'ulimit -Hn']).toString().replace('unlimited', 'Infinity'));
}
