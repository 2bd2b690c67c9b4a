import type net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TransportFault, type WireLimits } from '@arouter/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport, type ClosableTransport, type TransportOptions } from './create-transport.ts';
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

function transportTo(server: RawServer, options: Partial<TransportOptions> = {}): ClosableTransport {
  const transport = createTransport({
    clock: REAL_CLOCK,
    policy: server.policy,
    ...options,
    bounds: { sweepEveryMs: 20, ...options.bounds },
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

/** Sends, reads the whole answer, and gives its text. */
async function roundTrip(server: RawServer, transport = transportTo(server), limits: WireLimits = LIMITS) {
  const response = await transport.send(post(server.origin), limits);
  return Buffer.from(await response.readAll(1_000_000)).toString();
}

describe('an exchange that goes well', () => {
  it('sends exactly the given request, with its own framing headers, and reads the answer', async () => {
    const server = await serve((socket) =>
      socket.write(answer('{"ok":true}', 'x-request-id: r1\r\nx-request-id: r2\r\n')),
    );
    const transport = transportTo(server);
    const request = post(server.origin);
    const response = await transport.send(
      {
        ...request,
        headers: [
          ...request.headers,
          ['host', 'evil.example'],
          ['accept-encoding', 'gzip'],
          ['connection', 'close'],
        ],
      },
      LIMITS,
    );
    expect(response.status).toBe(200);
    expect(response.header('content-type')).toBe('application/json');
    expect(response.header('x-request-id')).toBe('r1');
    expect(response.header('constructor')).toBeUndefined();
    expect(Buffer.from(await response.readAll(100)).toString()).toBe('{"ok":true}');
    const host = server.origin.slice('http://'.length);
    expect(server.received()).toBe(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n` +
        'content-type: application/json\r\nauthorization: Bearer sk-test\r\ncontent-length: 7\r\n\r\n{"a":1}',
    );
  });

  it('sends a GET without a body and without the headers of one', async () => {
    const server = await serve((socket) => socket.write(answer('[]')));
    const request = {
      ...post(server.origin),
      method: 'GET',
      path: '/v1/models?limit=1',
      headers: [],
      body: null,
    } as const;
    const response = await transportTo(server).send(request, LIMITS);
    expect(Buffer.from(await response.readAll(10)).toString()).toBe('[]');
    expect(server.received()).toMatch(/^GET \/v1\/models\?limit=1 HTTP\/1\.1\r\n/);
    expect(server.received()).not.toContain('content-length');
  });

  it('uses a connection again, and opens another one only while that is busy', async () => {
    const server = await serve((socket) => socket.write(answer('x')));
    const transport = transportTo(server);
    for (let turn = 0; turn < 5; turn += 1) expect(await roundTrip(server, transport)).toBe('x');
    expect(server.connections()).toBe(1);
    await Promise.all([roundTrip(server, transport), roundTrip(server, transport)]);
    expect(server.connections()).toBe(2);
  });

  it('does not follow a redirect', async () => {
    const server = await serve((socket) =>
      socket.write(
        'HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n',
      ),
    );
    const response = await transportTo(server).send(post(server.origin), LIMITS);
    expect(response.status).toBe(307);
    await response.readAll(0);
    expect(server.connections()).toBe(1);
  });

  it('passes over a few informational answers', async () => {
    const server = await serve((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(3) + answer('y')),
    );
    expect(await roundTrip(server)).toBe('y');
  });

  it('reads a body that is ended by closing', async () => {
    const server = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    expect(await roundTrip(server)).toBe('until the end');
  });

  it('pipes chunks, pauses while the reader is full, and resumes without losing or repeating a byte', async () => {
    const parts = Array.from({ length: 200 }, (_, index) => `${index}:${'z'.repeat(5_000)};`);
    const server = await serve((socket) => {
      socket.write(CHUNKED_HEAD);
      for (const part of parts) socket.write(chunk(part));
      socket.write('0\r\n\r\n');
    });
    const response = await transportTo(server).send(post(server.origin), { ...LIMITS, idleMs: 60 });
    let text = '';
    let writes = 0;
    await response.pipe({
      write(bytes) {
        text += Buffer.from(bytes).toString();
        writes += 1;
        // Longer than the idle limit: a slow reader must not be blamed on the provider.
        if (writes === 3) setTimeout(() => response.resume(), 150);
        else if (writes % 5 === 0) setImmediate(() => response.resume());
        else return true;
        return false;
      },
    });
    expect(text).toBe(parts.join(''));
  });

  it('holds back a provider whose answer nobody reads', async () => {
    let written = 0;
    const server = await serve((socket) => {
      socket.write(CHUNKED_HEAD);
      const piece = chunk('b'.repeat(65_536));
      const pump = (): void => {
        while (written < 400) {
          written += 1;
          if (!socket.write(piece)) break;
        }
        if (written < 400) socket.once('drain', pump);
        else socket.write('0\r\n\r\n');
      };
      pump();
    });
    const response = await transportTo(server).send(post(server.origin), LIMITS);
    await wait(200);
    const heldAt = written;
    expect(heldAt).toBeLessThan(400);
    expect((await response.readAll(100_000_000)).length).toBe(400 * 65_536);
  });

  it('gives the reader its own error back and ends the exchange', async () => {
    const server = await serve((socket) => socket.write(CHUNKED_HEAD + chunk('a')));
    const response = await transportTo(server).send(post(server.origin), LIMITS);
    const done = response.pipe({
      write() {
        throw new RangeError('reader is broken');
      },
    });
    await expect(done).rejects.toThrow('reader is broken');
  });

  it('takes no second answer from a socket as the answer to the next request', async () => {
    const server = await serve((socket, no) =>
      socket.write(answer(`first ${no}`) + (no === 1 ? answer('smuggled') : '')),
    );
    const transport = transportTo(server);
    expect(await roundTrip(server, transport)).toBe('first 1');
    expect(await roundTrip(server, transport)).toBe('first 2');
  });
});

describe('a connection', () => {
  it('carries a body of any size as it is', async () => {
    let received = 0;
    const body = Buffer.alloc(3_000_000, 'x');
    const server = await serve((socket) => {
      const onData = (bytes: Buffer): void => {
        received += bytes.length;
        if (received === body.length) socket.write(answer('all'));
      };
      // The head of this request is in the first read, perhaps with some of its body.
      received = Buffer.from(server.received(), 'latin1').length - server.received().indexOf('\r\n\r\n') - 4;
      socket.on('data', onData);
    });
    const response = await transportTo(server).send(post(server.origin, body), LIMITS);
    expect(Buffer.from(await response.readAll(10)).toString()).toBe('all');
    expect(server.received().endsWith('x'.repeat(1000))).toBe(true);
    expect(server.received()).toContain('content-length: 3000000\r\n\r\nx');
  });

  it('on which the provider answered before it had taken the request is not used again', async () => {
    const server = await serve((socket, no) => {
      // Reads no further: the rest of the body stays where it is.
      if (no === 1) socket.pause();
      socket.write(answer(String(no)));
    });
    const transport = transportTo(server);
    const large = await transport.send(post(server.origin, Buffer.alloc(20_000_000)), LIMITS);
    expect(Buffer.from(await large.readAll(10)).toString()).toBe('1');
    expect(await roundTrip(server, transport)).toBe('2');
    expect(server.connections()).toBe(2);
  });

  it('that the provider keeps for a moment only is not used again', async () => {
    const server = await serve((socket) => socket.write(answer('x', 'keep-alive: timeout=1, max=5\r\n')));
    const transport = transportTo(server);
    await roundTrip(server, transport);
    await roundTrip(server, transport);
    expect(server.connections()).toBe(2);
  });

  it('that nobody uses is closed after its time', async () => {
    let closed = 0;
    const server = await serve((socket) => {
      socket.on('close', () => (closed += 1));
      socket.write(answer('x'));
    });
    const transport = transportTo(server, { bounds: { keepAliveMs: 60 } });
    await roundTrip(server, transport);
    await expect.poll(() => closed).toBe(1);
    await roundTrip(server, transport);
    expect(server.connections()).toBe(2);
  });

  it('is not idle while it carries a slow answer, and has its whole time again after it', async () => {
    const keepAliveMs = 600;
    const server = await serve((socket, no) => {
      setTimeout(() => socket.write(answer(String(no))), no === 2 ? keepAliveMs + 50 : 0);
    });
    const transport = transportTo(server, { bounds: { keepAliveMs } });
    for (const no of ['1', '2', '3']) {
      expect(await roundTrip(server, transport)).toBe(no);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(server.connections()).toBe(1);
  });

  it('over which bytes come that nobody asked for is closed', async () => {
    let last: net.Socket | undefined;
    let closed = 0;
    const server = await serve((socket) => {
      last = socket;
      socket.on('close', () => (closed += 1));
      socket.write(answer('x'));
    });
    const transport = transportTo(server);
    await roundTrip(server, transport);
    last?.write(answer('smuggled'));
    await expect.poll(() => closed).toBe(1);
    expect(await roundTrip(server, transport)).toBe('x');
  });
});

describe('timeouts', () => {
  it('names a missing first byte', async () => {
    const server = await serve(() => undefined);
    const fault = faultOf(transportTo(server).send(post(server.origin), { ...LIMITS, firstByteMs: 80 }));
    expect(await fault).toEqual({ code: 'first_byte_timeout', unsent: false });
  });

  it('names a stalled stream', async () => {
    const server = await serve((socket) => socket.write(CHUNKED_HEAD + chunk('a')));
    const response = await transportTo(server).send(post(server.origin), { ...LIMITS, idleMs: 80 });
    expect(await faultOf(response.pipe({ write: () => true }))).toEqual({
      code: 'idle_timeout',
      unsent: false,
    });
  });

  it('ends a stream that drips for ever', async () => {
    const server = await serve((socket) => {
      socket.write(CHUNKED_HEAD);
      const drip = setInterval(() => socket.write(chunk('.')), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const response = await transportTo(server).send(post(server.origin), {
      ...LIMITS,
      idleMs: 200,
      totalMs: 300,
    });
    expect(await faultOf(response.pipe({ write: () => true }))).toEqual({
      code: 'total_timeout',
      unsent: false,
    });
  });

  it('ends headers that drip for ever', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const fault = faultOf(transportTo(server).send(post(server.origin), { ...LIMITS, firstByteMs: 150 }));
    expect(await fault).toEqual({ code: 'first_byte_timeout', unsent: false });
  });

  it('lets a waiting exchange go, unsent, when no connection becomes free', async () => {
    const server = await serve((socket) => socket.write(CHUNKED_HEAD));
    const transport = transportTo(server, { bounds: { connectionsPerOriginMax: 1, waitingPerOriginMax: 1 } });
    const holder = await transport.send(post(server.origin), LIMITS);
    const waiting = faultOf(transport.send(post(server.origin), { ...LIMITS, connectMs: 80 }));
    const refused = faultOf(transport.send(post(server.origin), LIMITS));
    expect(await refused).toEqual({ code: 'connect_timeout', unsent: true });
    expect(await waiting).toEqual({ code: 'connect_timeout', unsent: true });
    holder.cancel();
    expect(server.received().match(/POST/g)).toHaveLength(1);
  });

  it('hands a freed place to the exchange that has waited longest', async () => {
    const held: (() => void)[] = [];
    const server = await serve((socket, no) => {
      if (no === 1) held.push(() => socket.write(answer('1')));
      else socket.write(answer(String(no)));
    });
    const transport = transportTo(server, { bounds: { connectionsPerOriginMax: 1 } });
    const texts = [1, 2, 3].map(() => roundTrip(server, transport));
    await wait(50);
    held[0]?.();
    expect(await Promise.all(texts)).toEqual(['1', '2', '3']);
    expect(server.connections()).toBe(1);
  });
});

describe('cancelling', () => {
  it('by the signal before anything was sent is unsent', async () => {
    const server = await serve((socket) => socket.write(answer('x')));
    const transport = transportTo(server);
    expect(await faultOf(transport.send(post(server.origin), LIMITS, AbortSignal.abort()))).toEqual({
      code: 'cancelled',
      unsent: true,
    });
    const aborter = new AbortController();
    const connecting = faultOf(transport.send(post(server.origin), LIMITS, aborter.signal));
    aborter.abort();
    expect(await connecting).toEqual({ code: 'cancelled', unsent: true });
    await wait(50);
    expect(server.received()).toBe('');
  });

  it('by the signal while the answer is awaited closes the connection', async () => {
    const aborter = new AbortController();
    let closed = false;
    const server = await serve((socket) => {
      socket.on('close', () => (closed = true));
      aborter.abort();
    });
    const fault = faultOf(transportTo(server).send(post(server.origin), LIMITS, aborter.signal));
    expect(await fault).toEqual({ code: 'cancelled', unsent: false });
    await expect.poll(() => closed).toBe(true);
  });

  it('by the reader in mid-stream closes the connection, once', async () => {
    let closed = 0;
    const server = await serve((socket) => {
      socket.on('close', () => (closed += 1));
      socket.write(CHUNKED_HEAD + chunk('a'));
    });
    const response = await transportTo(server).send(post(server.origin), LIMITS);
    const done = faultOf(response.pipe({ write: () => true }));
    response.cancel();
    response.cancel();
    expect(await done).toEqual({ code: 'cancelled', unsent: false });
    await expect.poll(() => closed).toBe(1);
    expect(
      await faultOf(transportTo(server).send({ ...post(server.origin), path: 'http://other/' }, LIMITS)),
    ).toEqual({
      code: 'egress_denied',
      unsent: true,
    });
  });

  it('before a pooled connection is used again sends nothing over it', async () => {
    const server = await serve((socket) => socket.write(answer('x')));
    const transport = transportTo(server);
    await roundTrip(server, transport);
    const aborter = new AbortController();
    const second = faultOf(transport.send(post(server.origin), LIMITS, aborter.signal));
    aborter.abort();
    expect(await second).toEqual({ code: 'cancelled', unsent: true });
    await wait(50);
    expect(server.received().match(/POST/g)).toHaveLength(1);
  });

  it('while it waits gives its place in the queue to another', async () => {
    const held: (() => void)[] = [];
    const server = await serve((socket, no) => {
      if (no === 1) held.push(() => socket.write(answer('1')));
      else socket.write(answer(String(no)));
    });
    const transport = transportTo(server, { bounds: { connectionsPerOriginMax: 1, waitingPerOriginMax: 1 } });
    const first = roundTrip(server, transport);
    await expect.poll(() => held.length).toBe(1);
    const aborter = new AbortController();
    const given = faultOf(transport.send(post(server.origin), LIMITS, aborter.signal));
    aborter.abort();
    expect(await given).toEqual({ code: 'cancelled', unsent: true });
    const second = roundTrip(server, transport);
    held[0]?.();
    expect(await Promise.all([first, second])).toEqual(['1', '2']);
  });

  it('by closing the transport ends what is under way and refuses the rest', async () => {
    const server = await serve(() => undefined);
    const transport = transportTo(server);
    const fault = faultOf(transport.send(post(server.origin), LIMITS));
    await expect.poll(() => server.received()).not.toBe('');
    await transport.close();
    expect(await fault).toEqual({ code: 'cancelled', unsent: false });
    expect(await faultOf(transport.send(post(server.origin), LIMITS))).toEqual({
      code: 'cancelled',
      unsent: true,
    });
  });
});

describe('room', () => {
  it('for a connection is free again after a failure of any kind', async () => {
    const server = await serve((socket, no) => {
      if (no === 1) return;
      if (no === 2) socket.resetAndDestroy();
      else if (no === 3) socket.write('nonsense\r\n\r\n');
      else socket.write(answer('free'));
    });
    const transport = transportTo(server, { bounds: { connectionsPerOriginMax: 1 } });
    for (const code of ['first_byte_timeout', 'connection_reset', 'answer_malformed']) {
      // Only the first is awaited in vain.
      const limits = code === 'first_byte_timeout' ? { ...LIMITS, firstByteMs: 60 } : LIMITS;
      expect(await faultOf(transport.send(post(server.origin), limits))).toEqual({ code, unsent: false });
    }
    expect(await roundTrip(server, transport)).toBe('free');
  });

  it('for another origin is made by closing an idle one, never a busy one', async () => {
    const idle = await serve((socket) => socket.write(answer('idle')));
    const busy = await serve(() => undefined);
    const third = await serve((socket) => socket.write(answer('third')));
    const policy = {
      permits: new Map([...idle.policy.permits, ...busy.policy.permits, ...third.policy.permits]),
    };
    const transport = transportTo(idle, { policy, bounds: { originsMax: 1 } });
    expect(await roundTrip(idle, transport)).toBe('idle');
    const waiting = faultOf(transport.send(post(busy.origin), LIMITS));
    await expect.poll(() => busy.received()).not.toBe('');
    expect(await faultOf(transport.send(post(third.origin), LIMITS))).toEqual({
      code: 'connect_timeout',
      unsent: true,
    });
    await transport.close();
    expect(await waiting).toEqual({ code: 'cancelled', unsent: false });
  });
});
