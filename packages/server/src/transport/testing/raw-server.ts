/** For tests: a loopback server that answers with exact bytes, so that it can be as wrong as a provider can be. */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import type { WireLimits, WireRequest } from '@arouter/core';
import { parseEgressAllow } from '../parse-egress-allow.ts';
import type { EgressPolicy } from '../egress-policy.ts';

export type RawServer = {
  readonly origin: string;
  readonly policy: EgressPolicy;
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** What was received, request after request. */
  readonly received: () => string;
  readonly close: () => Promise<void>;
};

/** @param onRequest Called once per complete request (its head; bodies are short here). */
export async function startRawServer(
  onRequest: (socket: net.Socket, requestNo: number) => void,
): Promise<RawServer> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  let requests = 0;
  let received = '';
  const server = net.createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      received += text;
      if (!text.includes('HTTP/1.1\r\n')) return;
      requests += 1;
      onRequest(socket, requests);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    policy: parseEgressAllow(origin),
    connections: () => accepted,
    received: () => received,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function answer(body: string, extraHeaders = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extraHeaders}\r\n${body}`;
}

export const CHUNKED_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

export function post(origin: string, body: Uint8Array = Buffer.from('{"a":1}')): WireRequest {
  return {
    method: 'POST',
    origin,
    path: '/v1/chat/completions',
    headers: [
      ['content-type', 'application/json'],
      ['authorization', 'Bearer sk-test'],
    ],
    body,
  };
}

export const LIMITS: WireLimits = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 10_000 };
export const REAL_CLOCK = { monotonicMs: () => performance.now() };
