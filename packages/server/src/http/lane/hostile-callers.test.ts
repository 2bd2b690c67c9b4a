/** Callers who send in the worst pieces, ahead without end, and who leave in the middle. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallerExchange } from '../caller-exchange.ts';
import {
  bodiesIn,
  call,
  openEcho,
  PATH,
  plain,
  statusesIn,
  type Caller,
  type Echo,
} from './testing/open-echo.ts';
import { HeadReader } from './head-reader.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** A lane, a caller of it, and the socket at the lane's end. */
async function open(serve?: (exchange: CallerExchange) => void): Promise<{
  readonly server: Echo;
  readonly caller: Caller;
  readonly socket: Socket;
}> {
  const server = await openEcho(serve === undefined ? {} : { serve });
  opened.push(server);
  const connected = once(server.server, 'connection') as Promise<[Socket]>;
  const caller = call(server.port);
  const [socket] = await connected;
  return { server, caller, socket };
}

const OK = Buffer.from('ok');
const TOO_MUCH = Buffer.alloc(64 * 1024 * 1024);

describe('a body', () => {
  it.each([2, 3, 9])('that comes in %d reads is whole, and so is what was sent behind it', async (count) => {
    const { server, caller, socket } = await open();
    const body = Array.from({ length: 9000 }, (_, nth) => nth % 10).join('');
    const bytes = plain(body) + plain('next');
    const headBytes = bytes.indexOf('\r\n\r\n') + 4;
    for (let nth = 1; nth <= count; nth += 1) {
      const end = nth === count ? bytes.length : headBytes + Math.ceil((body.length * nth) / count) - 1;
      caller.socket.write(bytes.slice(socket.bytesRead, end));
      // Each is a read of its own: the next is sent when it has been read.
      await expect.poll(() => socket.bytesRead, { interval: 1 }).toBe(end);
    }
    await expect.poll(() => bodiesIn(caller.heard())).toEqual([body, 'next']);
    expect(server.inLane()).toBe(2);
  });

  it('that breaks off is refused as node:http refuses it', async () => {
    const { server, caller } = await open();
    caller.socket.end(plain('one').slice(0, -1));
    await caller.closed;
    expect(statusesIn(caller.heard())).toEqual(['400']);
    expect(server.inLane()).toBe(0);
  });
});

it.each(['/&key=lr_live_b', `${PATH}&key=lr_live_b`])(
  'a key in a path, beside another in a header, is none: %s is answered, and the gateway goes on',
  async (path) => {
    const { server, caller } = await open();
    const headers = 'authorization: Bearer lr_live_a\r\n';
    const sent = [PATH, path, path, path].map((each) => plain('x', headers, each));
    for (const [index, each] of sent.entries()) {
      caller.socket.write(each);
      await expect.poll(() => statusesIn(caller.heard())).toHaveLength(index + 1);
    }
    const next = call(server.port);
    next.socket.write(plain('next'));
    await expect.poll(() => bodiesIn(next.heard())).toEqual(['next']);
    next.socket.destroy();
  },
);

it('a fault of ours while a head is read is told, and the request answered the slow way', async () => {
  const { server, caller } = await open();
  const reading = vi.spyOn(HeadReader.prototype, 'read').mockImplementationOnce(() => {
    throw new Error('a fault');
  });
  try {
    caller.socket.write(plain('one'));
    await expect.poll(() => bodiesIn(caller.heard())).toEqual(['one']);
  } finally {
    reading.mockRestore();
  }
  expect([server.stumbles(), server.inLane()]).toEqual([1, 0]);
  const next = call(server.port);
  next.socket.write(plain('next'));
  await expect.poll(() => bodiesIn(next.heard())).toEqual(['next']);
  expect(server.inLane()).toBe(1);
  next.socket.destroy();
});

it('requests sent ahead without end are never held beyond the bound, however many have been answered', async () => {
  const one = plain('x');
  let served = 0;
  let heldMax = 0;
  const { caller, socket } = await open((exchange) => {
    served += 1;
    heldMax = Math.max(heldMax, socket.bytesRead - served * one.length);
    setImmediate(() => exchange.answer(200, [], OK));
  });
  const count = 20_000;
  caller.socket.write(one.repeat(count));
  await expect.poll(() => statusesIn(caller.heard()).length, { timeout: 20_000 }).toBe(count);
  // What is kept, the read that went beyond it, and what Node reads before it pauses.
  expect(heldMax).toBeLessThan(4 * 64 * 1024);
});

describe('after a caller was cut off or has left', () => {
  it('what they had sent ahead is not served, and the exchange is over once', async () => {
    const told: string[] = [];
    let served = 0;
    const { caller } = await open((exchange) => {
      served += 1;
      exchange.signal.addEventListener('abort', () => told.push('gone'));
      exchange.onOver(() => told.push('over'));
      exchange.answer(200, [], TOO_MUCH);
    });
    caller.socket.pause();
    caller.socket.write(plain('one') + plain('two'));
    await expect.poll(() => told, { timeout: 5000 }).toEqual(['gone', 'over']);
    caller.socket.resume();
    await caller.closed;
    expect([served, told.length]).toEqual([1, 2]);
  });

  it('unseen, for more was sent ahead than is read, the answer to nobody is not followed by the next', async () => {
    const held: CallerExchange[] = [];
    const told: string[] = [];
    const { caller, socket } = await open((exchange) => {
      held.push(exchange);
      exchange.signal.addEventListener('abort', () => told.push('gone'));
      exchange.onOver(() => told.push('over'));
    });
    caller.socket.write(plain('one') + plain('x'.repeat(60_000)).repeat(40));
    await expect.poll(() => socket.isPaused()).toBe(true);
    caller.socket.resetAndDestroy();
    await caller.closed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    held[0]?.answer(200, [], OK);
    await expect.poll(() => told).toEqual(['gone', 'over']);
    expect(held).toHaveLength(1);
  });

  it('a request behind the last answer is not served: nobody would hear of it', async () => {
    const held: CallerExchange[] = [];
    let byNode = 0;
    const { server, caller } = await open((exchange) => void held.push(exchange));
    server.server.on('request', () => (byNode += 1));
    // Keeps its side open, whatever it hears.
    caller.socket.allowHalfOpen = true;
    caller.socket.write(plain('one'));
    await expect.poll(() => held.length).toBe(1);
    server.stopAccepting();
    held[0]?.answer(200, [], OK);
    await once(caller.socket, 'end');
    caller.socket.write(plain('two'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([server.inLane(), byNode, held.length]).toEqual([1, 0, 1]);
  });
});

it('a fault after an answer does not cut off the request behind it', async () => {
  const held: CallerExchange[] = [];
  const { caller } = await open((exchange) => void held.push(exchange));
  caller.socket.write(plain('one') + plain('two'));
  await expect.poll(() => held.length).toBe(1);
  held[0]?.answer(200, [], OK);
  await held[0]?.refuse({ status: 500, headers: [], body: OK });
  held[1]?.answer(201, [], OK);
  await expect.poll(() => statusesIn(caller.heard())).toEqual(['200', '201']);
});
