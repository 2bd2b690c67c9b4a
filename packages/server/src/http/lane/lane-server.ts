/**
 * The listener: every connection begins in the lane and stays there while its requests are plain, short and for the models; with the first
 * one that is anything else it is `node:http`'s. To whoever starts, bounds and stops it, it is one HTTP server.
 */
import { Server, type RequestListener, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Face } from '../../data-plane/face.ts';
import type { CallerExchange } from '../caller-exchange.ts';
import { LaneConnection, type LaneRules } from './lane-connection.ts';

export type LaneOptions = Pick<LaneRules, 'faceAt' | 'accepting' | 'stallMsMax' | 'stumbled'> & {
  readonly serve: (face: Face, exchange: CallerExchange) => void;
};
/** What holds for both ways. */
type HttpOptions = ServerOptions &
  Required<
    Pick<
      ServerOptions,
      | 'maxHeaderSize'
      | 'headersTimeout'
      | 'requestTimeout'
      | 'keepAliveTimeout'
      | 'connectionsCheckingInterval'
    >
  >;

/** Longer bodies are taken only of who is known; that is asked on the other way. */
const BODY_BYTES_MAX = 64 * 1024;

export class LaneServer extends Server {
  readonly #connections = new Set<LaneConnection>();
  readonly #rules: LaneRules;

  constructor(options: HttpOptions, listener: RequestListener, lane: LaneOptions) {
    super(options, listener);
    // What `node:http` does with a connection, which is also how it is given one.
    const [begin] = this.listeners('connection') as ((socket: Socket) => void)[];
    if (begin === undefined) throw new Error('node:http listens for no connections');
    this.removeAllListeners('connection');
    this.#rules = {
      ...lane,
      handOver: (socket) => begin.call(this, socket),
      left: (connection) => void this.#connections.delete(connection),
      monotonicMs: () => performance.now(),
      headBytesMax: options.maxHeaderSize,
      bodyBytesMax: BODY_BYTES_MAX,
      firstByteMsMax: options.headersTimeout,
      requestMsMax: options.requestTimeout,
      idleMsMax: options.keepAliveTimeout,
    };
    this.on('connection', (socket: Socket) => {
      this.#connections.add(new LaneConnection(socket, this.#rules));
    });
    const sweep = setInterval(() => this.#checkTimes(), options.connectionsCheckingInterval).unref();
    this.once('close', () => clearInterval(sweep));
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const connection of this.#connections) if (connection.isIdle) connection.socket.destroy();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const { socket } of this.#connections) socket.destroy();
  }

  #checkTimes(): void {
    const nowMs = this.#rules.monotonicMs();
    for (const connection of this.#connections) connection.checkTime(nowMs);
  }
}
