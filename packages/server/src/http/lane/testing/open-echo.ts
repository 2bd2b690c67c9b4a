/** For tests: servers that answer with what they read of each request, with the lane before `node:http` and without. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { openaiChat } from '@arouter/providers';
import type { Face } from '../../../data-plane/face.ts';
import type { CallerExchange } from '../../caller-exchange.ts';
import { nodeExchange } from '../../node-exchange.ts';
import { LaneServer } from '../lane-server.ts';

export const PATH = '/v1/chat/completions';
const BODY_BYTES_MAX = 1024 * 1024;
const STALL_MS_MAX = 300;
const SHOWN = ['host', 'content-type', 'authorization', 'x-a', 'content-length'] as const;

const TIMES = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 1500,
  requestTimeout: 2500,
  keepAliveTimeout: 3000,
  connectionsCheckingInterval: 50,
} as const;

export type Echo = {
  readonly server: Server;
  readonly port: number;
  /** Requests that the lane served itself. */
  readonly inLane: () => number;
  /** Faults of ours that the lane came over. */
  readonly stumbles: () => number;
  /** False from then on: connections are not kept. */
  readonly stopAccepting: () => void;
  close(): Promise<void>;
};
type Serve = (exchange: CallerExchange) => void;

const face = { dialect: openaiChat } as unknown as Face;

export async function openEcho({
  serve = echo,
  withLane = true,
}: { serve?: Serve; withLane?: boolean } = {}): Promise<Echo> {
  let served = 0;
  let accepting = true;
  let stumbles = 0;
  const byNode = (
    ...[request, response]: Parameters<NonNullable<Parameters<typeof createServer>[1]>>
  ): void => serve(nodeExchange(request, response, STALL_MS_MAX));
  const server = withLane
    ? new LaneServer(TIMES, byNode, {
        faceAt: (target) => (accepting && target === PATH ? face : undefined),
        accepting: () => accepting,
        stallMsMax: STALL_MS_MAX,
        stumbled: () => {
          stumbles += 1;
        },
        serve: (_face, exchange) => {
          served += 1;
          serve(exchange);
        },
      })
    : createServer(TIMES, byNode);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    inLane: () => served,
    stumbles: () => stumbles,
    stopAccepting: () => {
      accepting = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers a moment later, as a provider would. */
export function echo(exchange: CallerExchange): void {
  void answerEcho(exchange).catch(() =>
    exchange.refuse({ status: 415, headers: [], body: Buffer.from('no') }),
  );
}

async function answerEcho(exchange: CallerExchange): Promise<void> {
  const { head } = exchange;
  const body = await exchange.readBody(BODY_BYTES_MAX);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const seen = {
    method: head.method,
    url: head.url,
    headers: SHOWN.map((name) => [name, head.header(name) ?? null, head.timesSent(name)]),
    body: body.toString('latin1'),
  };
  exchange.answer(200, ['content-type', 'application/json'], Buffer.from(JSON.stringify(seen)));
}

/** A bare socket and all that it was told. */
export type Caller = {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: Promise<void>;
};

export function call(port: number): Caller {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, heard: () => heard, closed };
}

/** The bytes of a plain request; `headers` are lines. */
export function plain(body: string, headers = 'content-type: application/json\r\n', path = PATH): string {
  return `POST ${path} HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const bodiesIn = (heard: string): readonly string[] =>
  [...heard.matchAll(/"body":"([^"]*)"/g)].map(([, body = '']) => body);
export const statusesIn = (heard: string): readonly string[] =>
  [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
