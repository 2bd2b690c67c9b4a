/**
 * What a thousand callers who never read, and a hundred who send 20 MB each at once, do to the real process: its memory stays below a
 * sum that is known beforehand (`docs/faults.md`), others are answered meanwhile, and nothing is left of it afterwards.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createManagementClient } from '../../support/management-client.ts';
import { peakMbOf, socketsOf } from '../../support/process-books.ts';
import { readLedger } from '../../support/read-ledger.ts';
import { send } from '../../support/send.ts';
import { startGateway, type Gateway } from '../../support/start-gateway.ts';
import { ask, bodyOf } from '../../support/tenant.ts';
import { waitUntil } from '../../support/wait-until.ts';

vi.setConfig({ testTimeout: 400_000 });

/** The kernel's books are there to be read. */
const isLinux = socketsOf(process.pid) !== null;

const KEY = 'sk-sandbox-memory';

let sandbox: Sandbox;
let gateway: Gateway;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await gateway.remove();
  await sandbox.close();
});

async function open(environment: Record<string, string>): Promise<void> {
  gateway = await startGateway({ egressAllow: [sandbox.url], environment });
  await createManagementClient(gateway).addKey({
    provider: 'openai',
    label: 'memory',
    credential: { api_key: KEY },
    base_url: `${sandbox.url}/openai/v1`,
  });
  expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
}

const READERS = 1000;
const STALL_MS = 20_000;
/** 64 KiB for the caller, 256 KiB unread of the provider, and a piece of each under way. */
const PER_STREAM_MB = 0.5;
const BASE_MB = 320;
const EVENT = `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(16_000)}"}}]}\n\n`;

test.skipIf(!isLinux)(
  'a thousand callers who never read take half a megabyte each at most, others are answered, and each is settled once',
  async () => {
    await open({
      AROUTER_CALLER_STALL_MS_MAX: String(STALL_MS),
      // The callers live in the process that feeds them all: seen once, one of them came to say what it wants after ten seconds.
      AROUTER_CALLER_HEADERS_MS_MAX: '120000',
    });
    const before = socketsOf(gateway.pid) ?? 0;
    sandbox.behave({
      match: { streamed: true },
      fault: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: EVENT,
        // More than the buffers of a connection take, whatever the kernel grants.
        times: 4000,
      },
    });
    const readers = await Promise.all(Array.from({ length: READERS }, openStalled));
    // Filling the kernel's buffers is work; once it is done, nobody but the others needs anything.
    await waitUntil(
      () => streams().length,
      (opened) => opened === READERS,
      120_000,
    );
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
    await waitUntil(
      () => streams().filter(({ outcome }) => outcome !== null).length,
      (settled) => settled === READERS,
      240_000,
    );
    expect(peakMbOf(gateway.pid)).toBeLessThan(BASE_MB + READERS * PER_STREAM_MB);
    for (const { outcome, final, cost_nano: cost } of streams()) {
      expect([outcome, final]).toEqual(['cancelled', 1]);
      expect(cost).toBeGreaterThan(0);
    }
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
    await waitUntil(
      () => socketsOf(gateway.pid) ?? 0,
      (left) => left <= before + 1,
      60_000,
    );
    for (const reader of readers) reader.destroy();
  },
);

const SENDERS = 100;
const BODY = Buffer.from(JSON.stringify(bodyOf({ text: 'x'.repeat(20_000_000) })));
const ROOM_MB = 256;
/** What came, and what is sent of it; pieces under way. */
const COPIES = 2;
const UNDER_WAY_MB = 160;

test.skipIf(!isLinux)(
  'a hundred bodies of 20 MB at once: as many as there is room for are sent, the others are told so; a second time takes no more',
  async () => {
    await open({ AROUTER_BODIES_HELD_BYTES_MAX: String(ROOM_MB * 1024 * 1024) });
    const mostMb = BASE_MB + COPIES * ROOM_MB + UNDER_WAY_MB;
    for (let wave = 0; wave < 2; wave += 1) {
      sandbox.behave({ fault: { kind: 'stall_before_headers', ms: 5000 } });
      const answers = await Promise.all(Array.from({ length: SENDERS }, sendLong));
      sandbox.clearBehaviours();
      const sent = answers.filter(({ status }) => status === 200).length;
      expect(sent).toBeGreaterThan(0);
      for (const { status, text } of answers)
        if (status !== 200)
          expect([status, text]).toEqual([503, expect.stringContaining('Try again in a moment')]);
      expect(sent).toBeLessThan(SENDERS);
      expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
      expect(peakMbOf(gateway.pid), `wave ${wave}`).toBeLessThan(mostMb);
    }
    expect((await sendLong()).status).toBe(200);
  },
);

function sendLong() {
  return send(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.keys.apiKey}`, 'content-type': 'application/json' },
    body: BODY,
  });
}

async function openStalled(): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  await once(socket, 'connect');
  const body = JSON.stringify(bodyOf({ stream: true }));
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${gateway.keys.apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

function streams() {
  const ledger = readLedger(gateway.dataDir);
  try {
    return ledger.attempts().filter(({ streamed }) => streamed === 1);
  } finally {
    ledger.close();
  }
}
