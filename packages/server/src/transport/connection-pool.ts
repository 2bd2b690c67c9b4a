/** The connections to one origin. The last used one is taken first, so that a quiet origin keeps few. */
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Exchange } from './exchange.ts';
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

export type PoolOptions = Omit<ConnectionOptions, 'onFree' | 'onGone'>;

export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { bounds }: { readonly bounds: TransportBounds } = options;
  const connections = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting = new Set<Exchange>();
  const cooling = createCooling((connection) => {
    if (!connections.has(connection)) return;
    const next = takeWaiting();
    if (next === undefined) idle.push(connection);
    else connection.run(next);
  });

  const connectionOptions: ConnectionOptions = {
    ...options,
    onFree: cooling.add,
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
    const connection = new Connection(connectionOptions);
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
      if (connection !== undefined) connection.run(exchange);
      // Free in a moment, which is sooner than a new one would be open.
      else if (cooling.size() > waiting.size) waiting.add(exchange);
      else sendFresh(exchange);
    },
    sendFresh,
    withdraw: (exchange) => waiting.delete(exchange),
    get isIdle() {
      return waiting.size === 0 && [...connections].every(({ exchange }) => exchange === null);
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

/**
 * A connection whose answer is complete is used again only after the next look at all sockets: some providers close
 * right after an answer without saying so, and what is sent into that close may or may not have been charged.
 */
function createCooling(release: (connection: Connection) => void): {
  readonly add: (connection: Connection) => void;
  readonly size: () => number;
} {
  let thisTurn: Connection[] = [];
  let lastTurn: Connection[] = [];
  const onTurn = (): void => {
    const cooled = lastTurn;
    lastTurn = thisTurn;
    thisTurn = [];
    if (lastTurn.length > 0) setImmediate(onTurn);
    for (const connection of cooled) release(connection);
  };
  return {
    add(connection) {
      if (thisTurn.length + lastTurn.length === 0) setImmediate(onTurn);
      thisTurn.push(connection);
    },
    size: () => thisTurn.length + lastTurn.length,
  };
}
