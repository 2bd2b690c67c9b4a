/**
 * One workspace whose providers send a long answer and then a byte now and then, which holds the memory of whole answers for as long
 * as an answer may last: others go on sending and getting long ones, at the real process.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Seen } from '../../support/send.ts';
import { startGateway, type Gateway } from '../../support/start-gateway.ts';
import { openTenant, type Tenant } from '../../support/tenant.ts';

const MB = 1024 * 1024;
const ROOM_MB = 32;
const ANSWER_MB = 5;
/** More than the room has place for. */
const TRICKLING = 10;
/** Beyond half of what would be left if one workspace might take all. */
const LONG_TEXT = 'x'.repeat(3 * MB);

let trickler: Server;
let sandbox: Sandbox;
let gateway: Gateway;
beforeAll(async () => {
  trickler = createServer((request, response) => {
    request.resume().on('end', () => trickle(response));
  });
  await new Promise<void>((resolve) => trickler.listen(0, '127.0.0.1', resolve));
  sandbox = await startSandbox();
  gateway = await startGateway({
    egressAllow: [urlOf(trickler), sandbox.url],
    environment: {
      AROUTER_BODY_BYTES_MAX: String(4 * MB),
      AROUTER_BODIES_HELD_BYTES_MAX: String(ROOM_MB * MB),
    },
  });
});
afterAll(async () => {
  await gateway.remove();
  trickler.closeAllConnections();
  trickler.close();
  await sandbox.close();
});

test('a workspace whose answers trickle holds half of the room; others send and get long ones, and it learns why it may not', async () => {
  const hog = await tenantAt(urlOf(trickler), 'hog');
  const others = [
    await tenantAt(`${sandbox.url}/openai`, 'one'),
    await tenantAt(`${sandbox.url}/openai`, 'two'),
  ];
  const leaving = new AbortController();
  const refused: Seen[] = [];
  const asked = Array.from({ length: TRICKLING }, async () => {
    const seen = await hog.ask({ signal: leaving.signal });
    if (!leaving.signal.aborted) refused.push(seen);
  });
  // Three of five megabytes fit into sixteen; the rest of them can only be refused.
  await expect
    .poll(() => refused.length, { timeout: 30_000 })
    .toBe(TRICKLING - Math.floor(ROOM_MB / 2 / ANSWER_MB));
  for (const { status, text, header } of refused) {
    expect([status, header('retry-after')]).toEqual([503, '1']);
    expect(text).toContain(
      'This workspace holds as much of long requests and answers as it leaves free for others',
    );
  }

  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(others.map(async (other) => await askLong(other)));
    expect(answers.map(({ status, text }) => [status, text.length > 2 * MB])).toEqual([
      [200, true],
      [200, true],
    ]);
  }
  expect((await askLong(hog)).status).toBe(503);

  leaving.abort();
  await Promise.all(asked);
});

/** A long body, and a long answer to it. */
async function askLong(tenant: Tenant): Promise<Seen> {
  const message = { role: 'assistant', content: 'y'.repeat(2 * MB) };
  const body = {
    id: 'c',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  };
  sandbox.behave({ times: 1, fault: { kind: 'answer', status: 200, body } });
  return await tenant.ask({ text: LONG_TEXT });
}

async function tenantAt(origin: string, name: string): Promise<Tenant> {
  const tenant = await openTenant(gateway, name);
  await tenant.addKey({
    provider: 'openai',
    label: name,
    credential: { api_key: `sk-of-${name}` },
    base_url: `${origin}/v1`,
    max_concurrency: TRICKLING * 2,
  });
  return tenant;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Never silent for long, never at its end. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(
    `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"${'x'.repeat(ANSWER_MB * MB)}`,
  );
  const timer = setInterval(() => response.write('x'), 100);
  response.on('close', () => clearInterval(timer));
}
