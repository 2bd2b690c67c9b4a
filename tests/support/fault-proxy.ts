/**
 * A proxy on loopback that harms what passes: bytes, not HTTP, so that it can do what no HTTP server would. Toxics add up in
 * the order given; they touch what comes back from the target, not what is sent to it.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export type Toxic =
  /** Every piece is late by so much. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Pieces of so many bytes, one write each. */
  | { readonly kind: 'slicer'; readonly bytes: number }
  /** After so many bytes nothing more comes, and nothing closes. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** After so many bytes the connection ends in order (FIN). */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** After so many bytes the connection is reset (RST). */
  | { readonly kind: 'reset'; readonly afterBytes: number };

export type FaultProxyOptions = {
  /** `http://127.0.0.1:port`: where what is sent goes. */
  readonly target: string;
  readonly toxics?: readonly Toxic[];
  /** Speaks TLS with this certificate (PEM) to who connects. */
  readonly tls?: { readonly pem: string; readonly privateKey: string };
  /** Accepts, and never says a word, not even in a handshake. */
  readonly isMute?: boolean;
};
export type FaultProxy = {
  readonly port: number;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
};

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    // A client that does not like what it gets is right to leave.
    socket.on('error', () => undefined);
    if (options.isMute !== true) forward(socket, options);
  };
  const server: Server =
    options.tls === undefined
      ? createServer(serve)
      : createTlsServer({ cert: options.tls.pem, key: options.tls.privateKey }, serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function forward(client: Socket, { target, toxics = [] }: FaultProxyOptions): void {
  const { hostname, port } = new URL(target);
  const upstream = connect(Number(port), hostname);
  upstream.on('error', () => client.destroy());
  upstream.on('close', () => client.end());
  client.on('close', () => upstream.destroy());
  client.on('data', (bytes: Buffer) => void upstream.write(bytes));
  let seen = 0;
  let harmed = Promise.resolve();
  upstream.on('data', (bytes: Buffer) => {
    const from = seen;
    seen += bytes.length;
    // One after another: a late piece must not be overtaken.
    harmed = harmed.then(() => passOn(client, bytes, { from, toxics }));
  });
}

type Passing = { readonly from: number; readonly toxics: readonly Toxic[] };

async function passOn(client: Socket, bytes: Buffer, { from, toxics }: Passing): Promise<void> {
  let pieces: readonly Buffer[] = [bytes];
  let end: 'cut' | 'reset' | null = null;
  for (const toxic of toxics) {
    if (toxic.kind === 'latency') await new Promise((resolve) => setTimeout(resolve, toxic.ms));
    else if (toxic.kind === 'slicer') pieces = pieces.flatMap((piece) => sliced(piece, toxic.bytes));
    else {
      const left = Math.max(0, toxic.afterBytes - from);
      if (left > bytes.length) continue;
      pieces = firstBytes(pieces, left);
      if (toxic.kind !== 'stall') end = toxic.kind;
    }
  }
  for (const piece of pieces) {
    if (client.destroyed) return;
    await new Promise<void>((resolve) => {
      client.write(piece, () => setImmediate(resolve));
    });
  }
  if (end === 'cut') client.end();
  if (end === 'reset') client.resetAndDestroy();
}

function sliced(bytes: Buffer, length: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
  return pieces;
}

function firstBytes(pieces: readonly Buffer[], bytesMax: number): Buffer[] {
  const kept: Buffer[] = [];
  let left = bytesMax;
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push(piece.subarray(0, left));
    left -= piece.length;
  }
  return kept;
}
