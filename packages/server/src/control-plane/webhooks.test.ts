/** Webhook destinations: sealed, signed, retried, given up; through the guarded transport to a real socket. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RETRY_MS } from '../webhooks/next-delivery.ts';
import { createWebhookEvents } from '../webhooks/webhook-events.ts';
import {
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type TestInstance,
} from './testing/open-test-instance.ts';

type Received = {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};
let instance: TestInstance;
let server: Server;
let url: string;
let received: Received[];
let status: number;
beforeEach(async () => {
  received = [];
  status = 204;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', method = '', headers } = request;
      received.push({ url: path, method, headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end('a secret of the host');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `${origin}/hook?tenant=1`;
  instance = await openTestInstance(origin);
});
afterEach(async () => {
  await instance.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const manage = (...[method, url, body]: [Parameters<TestInstance['call']>[1], string, unknown?]) =>
  instance.call('management', method, url, body);
async function add(given: object = {}): Promise<{ readonly id: string; readonly secret: string }> {
  const answer = await manage('POST', '/api/webhooks/endpoints', { name: 'Mine', url, ...given });
  expect(answer.status, answer.text).toBe(201);
  return { id: answer.body.endpoint.id, secret: answer.body.secret };
}
const sendTest = async (id: string) =>
  (await manage('POST', '/api/webhooks/test-event', { endpoint_id: id })).body.data;

describe('a destination', () => {
  test('gets signed events with its headers; neither secret nor header is ever shown again', async () => {
    const { id, secret } = await add({ headers: { Authorization: 'Bearer mine' }, method: 'PUT' });
    expect(await sendTest(id)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      status_code: 204,
      error: null,
    });
    const [event] = received;
    expect(event).toMatchObject({ url: '/hook?tenant=1', method: 'PUT' });
    expect(event?.headers.authorization).toBe('Bearer mine');
    const {
      'webhook-id': eventId,
      'webhook-timestamp': at,
      'webhook-signature': signature,
    } = event?.headers ?? {};
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const expected = createHmac('sha256', key).update(`${eventId}.${at}.${event?.body}`).digest('base64');
    expect(signature).toBe(`v1,${expected}`);
    expect(JSON.parse(event?.body ?? '')).toMatchObject({ type: 'test', workspace_id: WORKSPACE });
    const { text } = await manage('GET', '/api/webhooks/endpoints');
    expect(text).not.toContain('Bearer mine');
    expect(text).not.toContain(secret);
  });

  test('signs with a new secret after rotation', async () => {
    const { id, secret } = await add();
    const rotated = await manage('POST', `/api/webhooks/endpoints/${id}/rotate-secret`);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(secret);
    expect((await sendTest(id)).state).toBe('delivered');
  });

  test('on another origin loses the headers that were entered for the first', async () => {
    const { id } = await add({ headers: { 'X-Token': 'mine' } });
    const moved = await manage('PATCH', `/api/webhooks/endpoints/${id}`, { url: 'https://example.com/hook' });
    expect(moved.body).toMatchObject({ url: 'https://example.com/hook', headers: null });
  });

  test.each([
    'http://10.0.0.1/x',
    'https://169.254.169.254/',
    'http://127.0.0.1:1/',
    'https://user:pw@example.com/',
  ])('at %s is refused', async (bad) => {
    const { status: answered } = await manage('POST', '/api/webhooks/endpoints', { name: 'Bad', url: bad });
    expect([400, 422]).toContain(answered);
    const tested = await manage('POST', '/api/webhooks/test-connection', { url: bad });
    expect([400, 422]).toContain(tested.status);
    expect(received).toEqual([]);
  });

  test('is its workspace’s alone', async () => {
    const { id } = await add();
    for (const [method, path] of [
      ['GET', `/api/webhooks/endpoints/${id}`],
      ['DELETE', `/api/webhooks/endpoints/${id}`],
      ['POST', `/api/webhooks/endpoints/${id}/rotate-secret`],
    ] as const) {
      expect((await instance.call('foreign', method, path)).status).toBe(404);
    }
  });

  test('that was never saved can be tried, and nothing of its answer comes back', async () => {
    const reachable = await manage('POST', '/api/webhooks/test-connection', { url });
    expect(reachable.body).toEqual({ reachable: true, status_code: 204 });
    expect(received[0]?.headers['x-test-connection']).toBe('true');
    status = 500;
    const broken = await manage('POST', '/api/webhooks/test-connection', { url });
    expect(broken.body).toMatchObject({ reachable: false, status_code: 500 });
    expect(broken.text).not.toContain('a secret of the host');
  });
});

describe('what comes at the same moment', () => {
  test('is all kept: a destination that is disabled stays so, and the new secret signs', async () => {
    const { id } = await add({ headers: { Authorization: 'Bearer mine' } });
    const path = `/api/webhooks/endpoints/${id}`;
    for (let turn = 0; turn < 5; turn += 1) {
      await manage('PATCH', path, { disabled: false });
      const [, , rotated] = await Promise.all([
        manage('PATCH', path, { disabled: true }),
        manage('PATCH', path, { name: `Turn ${turn}` }),
        manage('POST', `${path}/rotate-secret`),
        manage('PATCH', path, { sampling_rate: 0.5 }),
      ]);
      const { body } = await manage('GET', path);
      expect(body).toMatchObject({ disabled: true, name: `Turn ${turn}`, sampling_rate: 0.5 });
      const stored = await instance.store.webhooks.get(WORKSPACE, id);
      if (stored === undefined) throw new Error('the destination is gone');
      expect(instance.deps.vault.openFields('webhooks', stored)['secret']).toBe(rotated.body.secret);
    }
  });

  test('makes no more destinations than there may be', async () => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_each, index) =>
        manage('POST', '/api/webhooks/endpoints', { name: `Number ${index}`, url }),
      ),
    );
    expect(made.filter(({ status: answered }) => answered === 201)).toHaveLength(20);
    expect((await manage('GET', '/api/webhooks/endpoints')).body.data).toHaveLength(20);
  });
});

describe('a delivery', () => {
  test('waits for no other workspace whose hosts never answer, however much waits for them', async () => {
    const held: ServerResponse[] = [];
    let isOver = false;
    server.prependListener('request', ({ url: path = '' }, response: ServerResponse) => {
      if (!path.startsWith('/never')) return;
      if (isOver) response.socket?.destroy();
      held.push(response);
      // The listener that would answer finds nothing to write to.
      response.writeHead = () => response;
      response.end = () => response;
    });
    const slow = await Promise.all(
      Array.from({ length: 12 }, (_each, index) =>
        instance.call('foreign', 'POST', '/api/webhooks/endpoints', {
          name: `Slow ${index}`,
          url: url.replace('/hook', `/never${index}`),
        }),
      ),
    );
    const delivery = (webhookId: string, workspaceId: typeof WORKSPACE, index: number) => ({
      id: `whd_${webhookId}_${index}`,
      webhookId,
      workspaceId,
      eventId: `test:${index}`,
      eventType: 'test' as const,
      payload: '{}',
      createdAt: instance.deps.clock.now(),
    });
    for (const { body } of slow) {
      const deliveries = Array.from({ length: 30 }, (_each, index) =>
        delivery(body.endpoint.id, OTHER_WORKSPACE, index),
      );
      await instance.store.webhooks.enqueue(deliveries);
    }
    instance.webhookDispatcher.wake();
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(2);
    const { id } = await add();
    // Later than all that waits elsewhere.
    instance.world.now += 1;
    await instance.store.webhooks.enqueue([delivery(id, WORKSPACE, 1)]);
    instance.webhookDispatcher.wake();
    await expect
      .poll(() => received.filter(({ url: path }) => path.startsWith('/hook')), { timeout: 10_000 })
      .toHaveLength(1);
    expect(held).toHaveLength(2);
    isOver = true;
    server.closeAllConnections();
  });

  test('that fails is tried again later and later, and is given up at last', async () => {
    const { id } = await add();
    status = 503;
    const first = await sendTest(id);
    expect(first).toMatchObject({ state: 'pending', attempts: 1, status_code: 503 });
    for (const [index, delay] of RETRY_MS.entries()) {
      instance.world.now += delay;
      const [due] = await instance.store.webhooks.due(instance.deps.clock.now(), {
        perDestination: 10,
        all: 10,
      });
      if (due === undefined) throw new Error(`nothing is due after ${index} retries`);
      await instance.webhookDispatcher.deliver(due);
    }
    const { body } = await manage('GET', '/api/webhooks/deliveries?state=dead');
    expect(body.data).toMatchObject([{ id: first.id, state: 'dead', attempts: RETRY_MS.length + 1 }]);
    expect(received).toHaveLength(RETRY_MS.length + 1);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    status = 200;
    const retried = await manage('POST', `/api/webhooks/deliveries/${first.id}/retry`);
    expect(retried.body.data.state).toBe('delivered');
  });

  test('of one event is stored once per destination, and only where it is wanted', async () => {
    const wanting = await add({ event_types: ['generation.completed'] });
    await add({ name: 'Other', event_types: ['credits.low'] });
    let stored = 0;
    const events = createWebhookEvents({
      ...instance.deps,
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (fields) => expect(fields).toBeUndefined(),
      },
      stored: () => {
        stored += 1;
      },
    });
    const id = await import('./testing/book-attempt.ts').then(({ book }) =>
      book(instance, { source: 'byok' }),
    );
    const { shownGenerationSummary } = await import('./generation-view.ts');
    const read = async () => {
      const generation = await instance.store.generations.get(WORKSPACE, id);
      return generation && shownGenerationSummary(generation);
    };
    for (let times = 0; times < 2; times += 1) events.generationEnded(WORKSPACE, read);
    await expect.poll(() => stored).toBe(2);
    const { body } = await manage('GET', '/api/webhooks/deliveries');
    expect(body.data).toMatchObject([
      { endpoint_id: wanting.id, event_type: 'generation.completed', event_id: `generation.completed:${id}` },
    ]);
  });
});
