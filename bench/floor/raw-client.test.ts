/** The prototype client against real sockets: framing cut anywhere, pauses, reuse, and answers it must refuse. */
import fc from 'fast-check';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerParser } from './answer-parser.ts';
import { rawClient } from './raw-client.ts';
import type { UpstreamClient } from './upstream-client.ts';

type Parsed = { status: number; body: string; ended: boolean; canReuse: boolean };

function parse(pieces: readonly Buffer[]): Parsed {
  const parsed: Parsed = { status: 0, body: '', ended: false, canReuse: false };
  const parser = new AnswerParser({
    onHead: (status) => (parsed.status = status),
    onData: (data) => (parsed.body += data.toString('latin1')),
    onEnd: (canReuse) => Object.assign(parsed, { ended: true, canReuse }),
  });
  for (const piece of pieces) {
    // As the client does: one buffer for every read, overwritten by the next.
    const shared = Buffer.from(piece);
    parser.push(shared);
    shared.fill(0);
  }
  return parsed;
}

function chunked(body: string, sizes: readonly number[]): string {
  let text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  let at = 0;
  for (const size of [...sizes, body.length]) {
    const piece = body.slice(at, at + size);
    if (piece !== '') text += `${piece.length.toString(16)};note=x\r\n${piece}\r\n`;
    at += size;
  }
  return `${text}0\r\nTrailer: dropped\r\n\r\n`;
}

describe('the answer parser', () => {
  it('reads a chunked answer however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.string({ maxLength: 120, unit: 'grapheme-ascii' }),
        sizes,
        cuts,
        (body, chunks, positions) => {
          const bytes = Buffer.from(chunked(body, chunks));
          const edges = [0, ...positions.toSorted((a, b) => a - b), bytes.length];
          const pieces = edges.slice(1).map((edge, i) => bytes.subarray(Math.min(edges[i] ?? 0, edge), edge));
          expect(parse(pieces)).toEqual({ status: 200, body, ended: true, canReuse: true });
        },
      ),
    );
  });
  it('reads an answer with a length byte by byte', () => {
    const bytes = Buffer.from(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nslow',
    );
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    expect(parse(pieces)).toEqual({ status: 429, body: 'slow', ended: true, canReuse: true });
  });
  it('does not reuse a connection that sent more than its answer', () => {
    const parsed = parse([
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'),
    ]);
    expect(parsed).toMatchObject({ body: 'ok', ended: true, canReuse: false });
  });
  it.each([
    ['a length beside chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a signed length', 'Content-Length: +5\r\n'],
    ['an unknown coding', 'Transfer-Encoding: gzip, chunked\r\n'],
    ['a folded header', 'X-A: 1\r\n 2\r\n'],
    ['a space before the colon', 'Content-Length : 5\r\n'],
    ['a bare line feed', 'X-A: 1\nX-B: 2\r\n'],
  ])('refuses %s', (_, headers) => {
    expect(() => parse([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\nhello`)])).toThrow();
  });
  it('refuses a chunk that is longer than it says', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(() => parse([Buffer.from(`${head}2\r\nabc\r\n0\r\n\r\n`)])).toThrow('longer');
  });
});

describe('the raw client', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** Answers every request with the bytes, then does `after` with the connection. */
  async function serve(bytes: string | Buffer, after: (socket: Socket) => void = () => {}) {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', () => socket.write(bytes, () => after(socket)));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = rawClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { client, connections: () => connections };
  }

  function post(client: UpstreamClient, headers: readonly string[] = []): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      const request = { path: '/v1', headers: [...headers, 'content-length', '2'], body: Buffer.from('{}') };
      client.send(request, {
        onHead: () => {},
        onData: (data) => {
          text += data.toString('latin1');
          return true;
        },
        onEnd: () => resolve(text),
        onError: reject,
      });
    });
  }

  it('uses one connection for one request after another', async () => {
    const { client, connections } = await serve('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect([await post(client), await post(client), await post(client)]).toEqual(['ok', 'ok', 'ok']);
    expect(connections()).toBe(1);
  });
  it('takes the end of the connection as the end of an answer without a length, and opens another', async () => {
    const { client, connections } = await serve('HTTP/1.1 200 OK\r\n\r\nall', (socket) => socket.end());
    expect([await post(client), await post(client)]).toEqual(['all', 'all']);
    expect(connections()).toBe(2);
  });
  it('reports an answer that breaks off', async () => {
    const { client } = await serve('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', (socket) =>
      socket.end(),
    );
    await expect(post(client)).rejects.toThrow('before its answer was complete');
  });
  it('sends no header that would begin a second one', async () => {
    const { client } = await serve('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await expect(post(client, ['x-a', '1\r\nx-b: 2'])).rejects.toThrow('may not be sent');
  });
  it('holds the sender back while its sink is paused, and loses nothing', async () => {
    const size = 32 * 1024 * 1024;
    const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    let hasSentAll = false;
    const { client } = await serve(Buffer.concat([head, Buffer.alloc(size, 7)]), () => (hasSentAll = true));
    let received = 0;
    let whilePaused = { received: 0, hasSentAll: true };
    await new Promise<void>((resolve, reject) => {
      const request = { path: '/', headers: ['content-length', '0'], body: Buffer.alloc(1) };
      const exchange = client.send(request, {
        onHead: () => {
          setTimeout(() => {
            whilePaused = { received, hasSentAll };
            exchange.resume();
          }, 200);
        },
        onData: (data) => {
          const isFirst = received === 0;
          received += data.length;
          return !isFirst;
        },
        onEnd: resolve,
        onError: reject,
      });
    });
    // Megabytes were still with the sender: nothing was read behind the sink's back.
    expect(whilePaused.hasSentAll).toBe(false);
    expect(whilePaused.received).toBeLessThan(1024 * 1024);
    expect(received).toBe(size);
  });
});
