import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { TransportFault } from '@arouter/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport, type ClosableTransport } from './create-transport.ts';
import { parseEgressAllow } from './parse-egress-allow.ts';
import {
  answer,
  chunk,
  CHUNKED_HEAD,
  LIMITS,
  post,
  REAL_CLOCK,
  startRawServer,
  type RawServer,
} from './testing/raw-server.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(onRequest: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(onRequest);
  open.push(server.close);
  return server;
}

function transportTo(server: Pick<RawServer, 'policy'>): ClosableTransport {
  const transport = createTransport({
    clock: REAL_CLOCK,
    policy: server.policy,
    bounds: { sweepEveryMs: 20 },
  });
  open.unshift(() => transport.close());
  return transport;
}

async function faultOf(promise: Promise<unknown>): Promise<{ code: string; unsent: boolean }> {
  const error = await promise.then(
    () => new Error('no fault'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportFault);
  const { code, unsent } = error as TransportFault;
  return { code, unsent };
}

async function whole(server: RawServer, bytesMax = 1_000_000): Promise<string> {
  const response = await transportTo(server).send(post(server.origin), LIMITS);
  return Buffer.from(await response.readAll(bytesMax)).toString();
}

const many = (count: number): string =>
  Array.from({ length: count }, (_, index) => `x-${index}: v\r\n`).join('');

/** What a provider sends → the fault. All of these were sent, so none may claim otherwise. */
const WRONG_ANSWERS: readonly (readonly [name: string, bytes: string | Buffer, code: string])[] = [
  ['a close instead of an answer', '', 'connection_reset'],
  ['a close inside the headers', 'HTTP/1.1 200 OK\r\ncontent-le', 'connection_reset'],
  [
    'a close inside a counted body',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort',
    'connection_reset',
  ],
  [
    'the same, with connection: close',
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\nshort',
    'connection_reset',
  ],
  ['a close inside a chunked body', CHUNKED_HEAD + chunk('data: 1') + 'ff\r\nhalf', 'connection_reset'],
  ['a close before the last chunk', CHUNKED_HEAD + chunk('data: 1'), 'connection_reset'],
  ['a chunk size that is no number', `${CHUNKED_HEAD}zz\r\nhello\r\n`, 'answer_malformed'],
  ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'answer_malformed'],
  ['headers beyond 16 KiB', `HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`, 'answer_malformed'],
  ['too many headers', `HTTP/1.1 200 OK\r\n${many(200)}content-length: 0\r\n\r\n`, 'answer_malformed'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc', 'answer_malformed'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'answer_malformed',
  ],
  [
    'seventeen informational answers',
    'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17) + answer('x'),
    'answer_malformed',
  ],
  ['100 without being asked', `HTTP/1.1 100 Continue\r\n\r\n${answer('x')}`, 'answer_malformed'],
  [
    'an upgrade',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    'answer_malformed',
  ],
  ['a header line without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', 'answer_malformed'],
  [
    'gzip though identity was asked',
    Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'), gzipSync('x')]),
    'answer_encoded',
  ],
  [
    'a chain of encodings',
    'HTTP/1.1 200 OK\r\ncontent-encoding: identity, br\r\ncontent-length: 0\r\n\r\n',
    'answer_encoded',
  ],
];

describe('a wrong answer', () => {
  it.each(WRONG_ANSWERS)('%s', async (_name, bytes, code) => {
    const server = await serve((socket) => socket.end(bytes));
    expect(await faultOf(whole(server))).toEqual({ code, unsent: false });
    expect(server.received().match(/POST/g)).toHaveLength(1);
  });

  it('of an identity encoding is a good one', async () => {
    const server = await serve((socket) => socket.write(answer('x', 'content-encoding: Identity\r\n')));
    expect(await whole(server)).toBe('x');
  });

  it('is refused by its stated length before it is read', async () => {
    const server = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 114000000\r\n\r\n'),
    );
    expect(await faultOf(whole(server, 65_536))).toEqual({ code: 'answer_too_large', unsent: false });
  });

  it('is cut off where it passes the bound, and the connection closed', async () => {
    let closed = false;
    const server = await serve((socket) => {
      socket.on('close', () => (closed = true));
      socket.write(CHUNKED_HEAD);
      const pump = (): void => {
        while (!socket.destroyed && socket.write(chunk('b'.repeat(65_536))));
        socket.once('drain', pump);
      };
      pump();
    });
    expect(await faultOf(whole(server, 1_000_000))).toEqual({ code: 'answer_too_large', unsent: false });
    await expect.poll(() => closed).toBe(true);
  });

  it.each(['before the headers', 'after the headers'])('a reset %s', async (when) => {
    const server = await serve((socket) => {
      if (when === 'before the headers') socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', () => socket.resetAndDestroy());
    });
    expect(await faultOf(whole(server))).toEqual({ code: 'connection_reset', unsent: false });
  });

  it('cut at any byte is either whole or a fault, never a silent half', async () => {
    const good = CHUNKED_HEAD + chunk('data: {"n":1}\n\n') + chunk('data: [DONE]\n\n') + '0\r\n\r\n';
    let cutAt = 0;
    const server = await serve((socket) => {
      if (cutAt === good.length) socket.write(good);
      else socket.end(good.slice(0, cutAt));
    });
    const transport = transportTo(server);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: good.length }), async (cut) => {
        cutAt = cut;
        const text = await transport
          .send(post(server.origin), LIMITS)
          .then((response) => response.readAll(10_000))
          .then(
            (bytes) => Buffer.from(bytes).toString(),
            (error: unknown) => (error as TransportFault).code,
          );
        const expected = cut === good.length ? 'data: {"n":1}\n\ndata: [DONE]\n\n' : 'connection_reset';
        expect(text).toBe(expected);
      }),
      { numRuns: 80, examples: [[0], [good.length], [good.length - 1]] },
    );
  });
});

describe('a request that cannot be sent', () => {
  it('is unsent when nobody listens', async () => {
    const server = await serve(() => undefined);
    await server.close();
    open.length = 0;
    expect(await faultOf(whole(server))).toEqual({ code: 'connect_refused', unsent: true });
  });

  it('is unsent when a header may not be written', async () => {
    const server = await serve((socket) => socket.write(answer('x')));
    const request = post(server.origin);
    const headers = [...request.headers, ['x-a', 'b\r\nx-injected: 1']] as const;
    const fault = await transportTo(server)
      .send({ ...request, headers: headers as typeof request.headers }, LIMITS)
      .catch((error: unknown) => error as TransportFault);
    expect(fault).toMatchObject({ code: 'egress_denied', unsent: true });
    expect(String((fault as TransportFault).cause)).not.toContain('injected');
    expect(server.received()).toBe('');
  });

  it('is unsent when the machine does not accept the connection in time', async () => {
    // A listener whose queue is full drops further connections, as a firewall would.
    const blackhole = await fullListener();
    open.push(blackhole.close);
    const transport = transportTo({ policy: parseEgressAllow(blackhole.origin) });
    const fault = faultOf(transport.send(post(blackhole.origin), { ...LIMITS, connectMs: 150 }));
    expect(await fault).toEqual({ code: 'connect_timeout', unsent: true });
  });
});

describe('a pooled connection that the provider has closed', () => {
  it('and we have seen it is replaced without a word', async () => {
    let last: net.Socket | undefined;
    const server = await serve((socket) => {
      last = socket;
      socket.write(answer('x'));
    });
    const transport = transportTo(server);
    const read = async () => (await transport.send(post(server.origin), LIMITS)).readAll(10);
    await read();
    last?.end();
    await wait(50);
    await read();
    expect(server.connections()).toBe(2);
  });

  it('by ending right after the answer costs no request, over many turns', async () => {
    const server = await serve((socket) => {
      socket.write(answer('x'));
      setImmediate(() => socket.end());
    });
    const transport = transportTo(server);
    for (let turn = 0; turn < 50; turn += 1) {
      const response = await transport.send(post(server.origin), LIMITS);
      expect(Buffer.from(await response.readAll(10)).toString()).toBe('x');
      await wait(turn % 3);
    }
    expect(server.received().match(/POST/g)).toHaveLength(50);
  });

  it('by a reset that the kernel knows of but we do not yet: the refused write goes out once more', async () => {
    let last: net.Socket | undefined;
    const server = await serve((socket) => {
      last = socket;
      socket.write(answer('x'));
    });
    const transport = transportTo(server);
    await (await transport.send(post(server.origin), LIMITS)).readAll(10);
    const text = await insideAnIoCallback(async () => {
      last?.resetAndDestroy();
      const response = await transport.send(post(server.origin), LIMITS);
      return Buffer.from(await response.readAll(10)).toString();
    });
    expect(text).toBe('x');
    expect(server.connections()).toBe(2);
    expect(server.received().match(/POST/g)).toHaveLength(2);
  });

  it('after it took the request is not tried again: the provider may have charged', async () => {
    const server = await serve((socket, no) => {
      if (no === 1) socket.write(answer('x'));
      else socket.resetAndDestroy();
    });
    const transport = transportTo(server);
    await (await transport.send(post(server.origin), LIMITS)).readAll(10);
    const second = transport.send(post(server.origin), LIMITS);
    expect(await faultOf(second)).toEqual({ code: 'connection_reset', unsent: false });
    expect(server.received().match(/POST/g)).toHaveLength(2);
  });
});

/** Runs the work where the platform handles socket events: the next look at other sockets comes after it. */
function insideAnIoCallback<Result>(work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.end());
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      net.connect(port, '127.0.0.1', function (this: net.Socket) {
        this.on('error', () => undefined);
        server.close();
        work().then(resolve, reject);
      });
    });
  });
}

/** A port whose queue of new connections is full: its owner listens and never accepts. */
async function fullListener(): Promise<{ origin: string; close: () => Promise<void> }> {
  const owner = new Worker(
    `const net = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = net.createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = (await once(owner, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () =>
    net.connect(port, '127.0.0.1').on('error', () => undefined),
  );
  await wait(50);
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await owner.terminate();
    },
  };
}
