/**
 * The connections to one origin. One undici Client is one socket for as long as that socket lives: undici's own Pool
 * hides which socket carries a request, and without it nobody can say whether a request was provably unsent. The last
 * used connection is taken first, so that a quiet origin keeps few.
 */
import type { Socket } from 'node:net';
import type { TransportFault } from '@arouter/core';
import { Client } from 'undici';
import type { Carrier, Exchange } from './exchange.ts';
import type { GuardedConnect } from './guarded-connector.ts';
import type { TransportBounds } from './transport-bounds.ts';

export type ConnectionPool = {
  /** Hands the exchange to a connection, or to the queue for one. Never throws; the exchange is told what fails. */
  send(exchange: Exchange): void;
  /** Like `send`, but never over a connection that was open before. */
  sendFresh(exchange: Exchange): void;
  withdraw(exchange: Exchange): void;
  /** True when no exchange is under way or waiting. */
  readonly isIdle: boolean;
  /** Fails what is under way as `cancelled` and closes all connections. */
  close(): void;
};

export type PoolOptions = {
  /** As undici writes it; names the host in the Host header. */
  readonly origin: string;
  readonly connect: GuardedConnect;
  readonly bounds: TransportBounds;
};

type Connection = Carrier & { run(exchange: Exchange): void; readonly exchange: Exchange | null };

export function createConnectionPool({ origin, connect, bounds }: PoolOptions): ConnectionPool {
  const connections = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting = new Set<Exchange>();

  const hooks: ConnectionHooks = {
    onFree(connection) {
      const next = takeWaiting();
      if (next === undefined) idle.push(connection);
      else connection.run(next);
    },
    onGone(connection) {
      connections.delete(connection);
      const at = idle.indexOf(connection);
      if (at !== -1) idle.splice(at, 1);
      const next = takeWaiting();
      if (next !== undefined) open(next);
    },
  };

  function takeWaiting(): Exchange | undefined {
    const [next] = waiting;
    if (next !== undefined) waiting.delete(next);
    return next;
  }

  function open(exchange: Exchange): void {
    const connection = createConnection({ origin, connect, bounds, hooks });
    connections.add(connection);
    connection.run(exchange);
  }

  function sendFresh(exchange: Exchange): void {
    if (connections.size < bounds.connectionsPerOriginMax) open(exchange);
    else if (waiting.size < bounds.waitingPerOriginMax) waiting.add(exchange);
    else exchange.fail('connect_timeout');
  }

  return {
    send(exchange) {
      const connection = idle.pop();
      if (connection === undefined) sendFresh(exchange);
      else connection.run(exchange);
    },
    sendFresh,
    withdraw: (exchange) => waiting.delete(exchange),
    get isIdle() {
      return waiting.size === 0 && connections.size === idle.length;
    },
    close() {
      for (const exchange of waiting) exchange.fail('cancelled');
      for (const connection of connections) {
        connection.exchange?.fail('cancelled');
        connection.discard();
      }
    },
  };
}

type ConnectionHooks = {
  readonly onFree: (connection: Connection) => void;
  readonly onGone: (connection: Connection) => void;
};
type ConnectionOptions = PoolOptions & { readonly hooks: ConnectionHooks };

function createConnection({ origin, connect, bounds, hooks }: ConnectionOptions): Connection {
  let exchange: Exchange | null = null;
  let socket: Socket | null = null;
  let exchangesOnSocket = 0;
  let stopConnecting: (() => void) | null = null;
  let isGone = false;

  const client = new Client(origin, {
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: bounds.keepAliveMs,
    keepAliveMaxTimeout: bounds.keepAliveMsMax,
    maxHeaderSize: bounds.responseHeaderBytesMax,
    // The exchange keeps its own deadlines.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(_options, callback) {
      const onDone = (fault: TransportFault | null, opened: Socket | null): void => {
        stopConnecting = null;
        socket = opened;
        exchangesOnSocket = 1;
        if (opened === null) callback(fault ?? new Error('no socket'), null);
        else callback(null, opened);
      };
      stopConnecting = connect(exchange?.connectMsLeft ?? 1, onDone);
    },
  });

  const connection: Connection = {
    get exchange() {
      return exchange;
    },
    get isReused() {
      return exchangesOnSocket > 1;
    },
    get isBroken() {
      return socket !== null && socket.errored !== null;
    },
    run(next) {
      exchange = next;
      exchangesOnSocket += 1;
      next.assign(connection);
      client.dispatch(next.options, next);
    },
    release() {
      exchange = null;
      if (!isGone) hooks.onFree(connection);
    },
    discard() {
      exchange = null;
      if (isGone) return;
      isGone = true;
      stopConnecting?.();
      // Not from inside undici's own callback: it still touches the client after it.
      setImmediate(() => void client.destroy().catch(() => undefined));
      hooks.onGone(connection);
    },
  };
  // An idle socket that dies takes its connection along; one that carries an exchange is the exchange's to judge.
  client.on('disconnect', () => {
    if (exchange === null) connection.discard();
  });
  return connection;
}
