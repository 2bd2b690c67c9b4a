import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallerExchange } from '../caller-exchange.ts';
import { limitConnections } from '../limit-connections.ts';
import { readPlainHead } from './plain-head.ts';
import { bodiesIn, call, echo, openEcho, plain, statusesIn, type Caller } from './testing/open-echo.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(serve?: (exchange: CallerExchange) => void) {
  const server = await openEcho(serve === undefined ? {} : { serve });
  opened.push(server);
  return server;
}
const answers = (caller: Caller, count: number): Promise<void> =>
  expect.poll(() => statusesIn(caller.heard()).length, { timeout: 5000, interval: 5 }).toBe(count);

describe('requests', () => {
  it('are read the same wherever they are cut', async () => {
    const server = await open();
    const bytes = plain('{"a":"\\u00e9"}');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const connected = once(server.server, 'connection');
      const caller = call(server.port);
      const [socket] = await connected;
      caller.socket.write(bytes.slice(0, cut), 'latin1');
      // Else both would be read as one.
      await expect.poll(() => socket.bytesRead, { interval: 1 }).toBe(cut);
      caller.socket.write(bytes.slice(cut), 'latin1');
      await answers(caller, 1);
      expect(bodiesIn(caller.heard()), String(cut)).toHaveLength(1);
      caller.socket.destroy();
    }
    // Those that were cut in the head were read by node:http, the rest here.
    expect(server.inLane()).toBeGreaterThan(10);
  });

  it('follow each other on one connection, in the lane and out of it', async () => {
    const server = await open();
    const caller = call(server.port);
    for (const [index, request] of [
      plain('one'),
      plain('two'),
      plain('three', 'x-a: 1\r\nx-a: 2\r\n'),
      plain('four'),
    ].entries()) {
      caller.socket.write(request);
      await answers(caller, index + 1);
    }
    expect(bodiesIn(caller.heard())).toEqual(['one', 'two', 'three', 'four']);
    // What once is node:http's stays there.
    expect(server.inLane()).toBe(2);
  });

  it('that are sent ahead are answered in their order, one of another kind included', async () => {
    const server = await open();
    const caller = call(server.port);
    caller.socket.write(plain('one') + plain('two') + plain('x'.repeat(70_000)) + plain('four'));
    await answers(caller, 4);
    expect(bodiesIn(caller.heard()).map((body) => body.slice(0, 4))).toEqual(['one', 'two', 'xxxx', 'four']);
  });

  it('sent ahead without end wait in the kernel, not here', async () => {
    const held: CallerExchange[] = [];
    const server = await open((exchange) => void held.push(exchange));
    const caller = call(server.port);
    const [socket] = (
      await Promise.all([once(server.server, 'connection'), caller.socket.write(plain('one'))])
    )[0];
    await expect.poll(() => held.length).toBe(1);
    for (let count = 0; count < 200; count += 1) caller.socket.write(plain('x'.repeat(60_000)));
    await expect.poll(() => socket.isPaused()).toBe(true);
    const readBytes = socket.bytesRead;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(socket.bytesRead).toBe(readBytes);
    expect(readBytes).toBeLessThan(1_000_000);
  });

  it('with a long body are left to node:http, whole', async () => {
    const server = await open();
    const caller = call(server.port);
    const body = 'y'.repeat(65_537);
    caller.socket.write(plain(body));
    await answers(caller, 1);
    await expect.poll(() => bodiesIn(caller.heard())[0]).toBe(body);
    expect(server.inLane()).toBe(0);
  });
});

describe('time', () => {
  it('who says nothing is told so and cut off', async () => {
    const caller = call((await open()).port);
    await caller.closed;
    expect(statusesIn(caller.heard())).toEqual(['408']);
  });

  it('a body that does not come is not waited for', async () => {
    const caller = call((await open()).port);
    caller.socket.write(plain('one').slice(0, -1));
    await caller.closed;
    expect(statusesIn(caller.heard())).toEqual(['408']);
  });

  it('an idle connection is closed a second after what callers are told, one whose answer takes long is not', async () => {
    const server = await open((exchange) => void setTimeout(() => echo(exchange), 4000));
    const caller = call(server.port);
    caller.socket.write(plain('one'));
    await answers(caller, 1);
    const answeredMs = performance.now();
    await caller.closed;
    expect(performance.now() - answeredMs).toBeGreaterThan(3900);
  });

  it.each(['a whole answer', 'a stream'])('who takes nothing of %s is cut off', async (kind) => {
    let gone = 0;
    const server = await open((exchange) => {
      exchange.onOver(() => (gone += 1));
      if (kind === 'a whole answer') return exchange.answer(200, [], Buffer.alloc(64 * 1024 * 1024));
      const { sink } = exchange.stream(200, []);
      while (sink.write(Buffer.alloc(1024 * 1024)));
      expect(exchange.signal.aborted).toBe(false);
    });
    const caller = call(server.port);
    caller.socket.pause();
    caller.socket.write(plain('one'));
    await expect.poll(() => gone, { timeout: 5000 }).toBe(1);
  });
});

describe('answers', () => {
  it('a stream comes in chunks, and its connection serves the next request', async () => {
    const server = await open((exchange) => {
      const { sink, end } = exchange.stream(200, ['content-type', 'text/event-stream']);
      sink.write(Buffer.from('data: 1\n\n'));
      sink.write(Buffer.alloc(0));
      sink.write(Buffer.from('data: 2\n\n'));
      end();
    });
    for (let count = 0; count < 2; count += 1) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
        method: 'POST',
        body: 'x',
      });
      expect(await answer.text()).toBe('data: 1\n\ndata: 2\n\n');
    }
    expect(server.inLane()).toBe(2);
  });

  it('a stream that is cut does not end like a whole one', async () => {
    const server = await open((exchange) => {
      const { sink, cut } = exchange.stream(200, []);
      sink.write(Buffer.from('half'));
      setTimeout(cut, 20);
    });
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
      method: 'POST',
      body: 'x',
    });
    await expect(answer.text()).rejects.toThrow();
  });

  it('who leaves is noticed, and writing on is harmless', async () => {
    const held: CallerExchange[] = [];
    const server = await open((exchange) => void held.push(exchange));
    const caller = call(server.port);
    caller.socket.write(plain('one'));
    await expect.poll(() => held.length).toBe(1);
    const exchange = held[0] as CallerExchange;
    let told = 0;
    exchange.signal.addEventListener('abort', () => (told += 1));
    exchange.onOver(() => (told += 1));
    caller.socket.destroy();
    await expect.poll(() => told).toBe(2);
    expect([exchange.isOver, exchange.signal.aborted]).toEqual([true, true]);
    exchange.answer(200, [], Buffer.from('late'));
    await exchange.refuse({ status: 500, headers: [], body: Buffer.from('late') });
    expect(told).toBe(2);
  });
});

describe('stopping', () => {
  it('closes idle connections at once and busy ones after their answer, which says so', async () => {
    const server = await open((exchange) => void setTimeout(() => echo(exchange), 300));
    const [idle, busy] = [call(server.port), call(server.port)];
    idle.socket.write(plain('one'));
    await answers(idle, 1);
    busy.socket.write(plain('two'));
    await expect.poll(() => server.inLane()).toBe(2);
    server.stopAccepting();
    const stopped = new Promise<void>((resolve) => server.server.close(() => resolve()));
    await idle.closed;
    expect(statusesIn(busy.heard())).toEqual([]);
    await busy.closed;
    expect(busy.heard()).toMatch(/connection: close/i);
    expect(bodiesIn(busy.heard())).toEqual(['two']);
    await stopped;
  });

  it('can cut all of them', async () => {
    const server = await open(() => undefined);
    const caller = call(server.port);
    caller.socket.write(plain('one'));
    await expect.poll(() => server.inLane()).toBe(1);
    server.server.closeAllConnections();
    await caller.closed;
  });
});

it('idle connections in the lane make room for who comes when all places are taken', async () => {
  const server = await open();
  limitConnections(server.server, 3, { warn: () => undefined } as never);
  const first = call(server.port);
  first.socket.write(plain('one'));
  await answers(first, 1);
  const others = [call(server.port), call(server.port)];
  await first.closed;
  const late = call(server.port);
  late.socket.write(plain('late'));
  await answers(late, 1);
  for (const { socket } of [...others, late]) socket.destroy();
});

describe('what is plain', () => {
  const head = (lines: readonly string[], first = 'POST /v1/messages HTTP/1.1'): string =>
    [first, 'Host: x', 'Content-Length: 3', ...lines].join('\r\n');

  it('is told with its headers', () => {
    const plainHead = readPlainHead(
      head(['X-Api-Key:\t lr_live_a \t', 'Connection: Keep-Alive', 'x-empty:']),
    );
    expect(plainHead).toMatchObject({ method: 'POST', url: '/v1/messages', bodyBytes: 3 });
    expect(['x-api-key', 'x-empty', 'x-none'].map((name) => plainHead?.header(name))).toEqual([
      'lr_live_a',
      '',
      undefined,
    ]);
    expect(['host', 'x-none'].map((name) => plainHead?.timesSent(name))).toEqual([1, 0]);
  });

  it.each([
    ['another method', head([], 'PUT /v1/messages HTTP/1.1')],
    ['another version', head([], 'POST /v1/messages HTTP/1.0')],
    ['a target with a space', head([], 'POST /v1/ messages HTTP/1.1')],
    ['an absolute target', head([], 'POST http://x/v1/messages HTTP/1.1')],
    ['two of one name', head(['content-length: 3'])],
    ['two of any name', head(['x-a: 1', 'X-A: 1'])],
    ['chunks', head(['Transfer-Encoding: chunked'])],
    ['an expectation', head(['Expect: 100-continue'])],
    ['an upgrade', head(['Upgrade: h2c'])],
    ['a last request', head(['Connection: close'])],
    ['a name with a space', head(['X-A : 1'])],
    ['no name', head([': 1'])],
    ['a folded line', head(['x-a: 1', ' 2'])],
    ['a bare line feed', head(['x-a: 1\nx-b: 2'])],
    ['a bare carriage return', head(['x-a: 1\rx-b: 2'])],
    ['a null byte', head(['x-a: \0'])],
    ['a byte beyond ASCII', head(['x-a: \u00e9'])],
    ['no host', 'POST /v1/messages HTTP/1.1\r\nContent-Length: 3'],
    ['no length', 'POST /v1/messages HTTP/1.1\r\nHost: x'],
    ['no header at all', 'POST /v1/messages HTTP/1.1'],
    ['a signed length', 'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: +3'],
    ['a length with a zero before it', 'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 03'],
    ['two lengths in one', 'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3'],
    ['very many headers', head(Array.from({ length: 60 }, (_, index) => `x-${index}: 1`))],
  ])('is not %s', (_what, text) => {
    expect(readPlainHead(text)).toBeNull();
  });
});
