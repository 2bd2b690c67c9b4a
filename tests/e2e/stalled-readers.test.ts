/** Many callers who ask for endless streams and take nothing: they cost little memory, are cut off, and their slots are free again. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { startGateway, type Gateway } from '../support/start-gateway.ts';
import { ask, CHEAP_MODEL } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';

const READERS = 200;
const STALL_MS = 12_000;
const STREAM_BYTES_MAX = 32 * 1024 * 1024;
/** A megabyte for each; all that was offered is thirty times as much. */
const RSS_MORE_BYTES_MAX = READERS * 1024 * 1024;
const MODEL = 'gpt-4.1-nano';

let provider: Server;
let gateway: Gateway;
/** Set: streams end after a word. */
let isBrief = false;
beforeAll(async () => {
  provider = createServer((request, response) => {
    request.resume().on('end', () => stream(response));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  gateway = await startGateway({
    egressAllow: [origin],
    environment: { AROUTER_CALLER_STALL_MS_MAX: String(STALL_MS) },
  });
  await createManagementClient(gateway).addKey({
    provider: 'openai',
    credential: { api_key: 'sk-of-a-provider-that-does-not-end' },
    base_url: `${origin}/v1`,
    max_concurrency: READERS,
  });
});
afterAll(async () => {
  await gateway.remove();
  provider.closeAllConnections();
  provider.close();
});

function event(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: MODEL, choices })}\n\n`;
}

/** As fast as it is taken. */
function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const much = event('x'.repeat(1000)).repeat(50);
  let bytes = 0;
  const more = (): void => {
    while (!isBrief && bytes < STREAM_BYTES_MAX && !response.destroyed) {
      bytes += much.length;
      if (!response.write(much)) return;
    }
    response.end(`${event('end')}data: [DONE]\n\n`);
  };
  response.on('drain', more);
  more();
}

async function openReader(): Promise<Socket> {
  const body = JSON.stringify({
    model: CHEAP_MODEL,
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: x',
    `authorization: Bearer ${gateway.keys.apiKey}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await new Promise((resolve) => socket.once('readable', resolve));
  expect(String(socket.read(12))).toBe('HTTP/1.1 200');
  socket.pause();
  return socket;
}

type Shown = {
  readonly status: string;
  readonly attempts: number;
  readonly usage: { readonly cost: number | null } | null;
};

function residentBytes(): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) * 1024;
}

const question = () => ask(gateway.url, gateway.keys.apiKey, { model: CHEAP_MODEL, stream: true });

test.skipIf(!existsSync('/proc/self/status'))(
  `${READERS} readers who take nothing cost less than a megabyte each, and are cut off`,
  { timeout: 120_000 },
  async () => {
    isBrief = true;
    expect((await question()).status).toBe(200);
    isBrief = false;
    const before = residentBytes();
    const readers: Socket[] = [];
    while (readers.length < READERS) readers.push(await openReader());
    const most = residentBytes();
    expect(most - before, `bytes for ${READERS}`).toBeLessThan(RSS_MORE_BYTES_MAX);
    expect((await question()).status, 'every slot is taken').toBeGreaterThanOrEqual(429);
    isBrief = true;
    await waitUntil(question, ({ status }) => status === 200, 5 * STALL_MS);
    const { data } = (await createManagementClient(gateway).manage(
      'GET',
      '/api/v1/generations?limit=100&source=byok',
    )) as {
      readonly data: readonly Shown[];
    };
    const sent = data.filter(({ attempts }) => attempts > 0);
    expect(sent.length).toBeGreaterThan(50);
    expect(sent.filter(({ status, usage }) => status !== 'running' && !((usage?.cost ?? 0) > 0))).toEqual([]);
    for (const reader of readers) reader.destroy();
  },
);
