/**
 * One connection: a socket for as long as it lives, and the exchange it carries. HTTP/1.1, one exchange at a time. It is
 * used again only when the last answer was complete, the request had left as a whole, and the provider wishes it.
 */
import type { Socket } from 'node:net';
import { TransportFault } from '@arouter/core';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser } from './answer-parser.ts';
import type { Deadlined, DeadlineSweep } from './deadline-sweep.ts';
import type { Carrier, Exchange } from './exchange.ts';
import type { GuardedConnect } from './guarded-connector.ts';
import { requestStart } from './request-head.ts';
import type { TransportBounds } from './transport-bounds.ts';

export type ConnectionOptions = {
  /** As in the Host header. */
  readonly host: string;
  readonly connect: GuardedConnect;
  readonly bounds: TransportBounds;
  readonly sweep: DeadlineSweep;
  /** It may carry the next exchange. */
  readonly onFree: (connection: Connection) => void;
  /** It carries nothing any more. */
  readonly onGone: (connection: Connection) => void;
};

/** Below this, copying the body behind the head costs less than a second buffer in the system call. */
const JOINED_BYTES_MAX = 64 * 1024;
/** A provider closes at its own time; what we send in the last moment before it could meet its close. */
const KEEP_ALIVE_SPARE_MS = 2000;

export class Connection implements Carrier, Deadlined {
  readonly #options: ConnectionOptions;
  readonly #parser: AnswerParser;
  #socket: Socket | null = null;
  #exchange: Exchange | null = null;
  #exchanges = 0;
  #stopConnecting: (() => void) | null = null;
  #keepAliveMs: number;
  /** Until when it may be idle; on the clock's monotonic scale. Null: it has begun to be since the last sweep. */
  #idleUntil: number | null = null;
  /** A request has been handed to the socket and its answer is not complete. */
  #isAwaiting = false;
  #isPaused = false;
  #isGone = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#keepAliveMs = options.bounds.keepAliveMs;
    this.#parser = new AnswerParser(
      {
        onHead: (head) => this.#onHead(head),
        onBody: (bytes) => this.#exchange?.onBody(bytes),
        onEnd: (canReuse) => this.#onEnd(canReuse),
      },
      options.bounds,
    );
  }

  get isReused(): boolean {
    return this.#exchanges > 1;
  }

  get exchange(): Exchange | null {
    return this.#exchange;
  }

  /** Sends after the present turn, so that who gives up at once has sent nothing. */
  run(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#exchanges += 1;
    exchange.assign(this);
    if (this.#socket === null) this.#connect(exchange.connectMsLeft);
    else queueMicrotask(() => this.#send(exchange));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket?.resume();
  }

  discard(): void {
    this.#exchange = null;
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.sweep.unwatch(this);
    this.#stopConnecting?.();
    this.#socket?.destroy();
    this.#options.onGone(this);
  }

  onSweep(nowMs: number): void {
    if (this.#exchange !== null) return;
    this.#idleUntil ??= nowMs + this.#keepAliveMs;
    if (nowMs >= this.#idleUntil) this.discard();
  }

  /** What is made here lives as long as the socket: it must not hold the exchange, whose body may be long. */
  #connect(connectMs: number): void {
    this.#stopConnecting = this.#options.connect(
      connectMs,
      (fault, socket) => this.#onConnected(fault, socket),
      (bytes) => this.#onBytes(bytes),
    );
  }

  #onConnected(fault: TransportFault | null, socket: Socket | null): void {
    this.#stopConnecting = null;
    if (socket === null) {
      this.#exchange?.onFault(fault ?? new TransportFault('connect_refused', true));
      return;
    }
    if (this.#isGone) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.on('end', () => this.#onSocketEnd());
    socket.on('error', (error) => this.#onSocketError(error));
    socket.on('close', () => this.#onSocketError(null));
    if (this.#exchange !== null) this.#send(this.#exchange);
  }

  #send(exchange: Exchange): void {
    const socket = this.#socket;
    if (this.#exchange !== exchange || socket === null) return;
    const { request } = exchange;
    let start: Buffer;
    try {
      start = requestStart(request, this.#options.host, JOINED_BYTES_MAX);
    } catch (error) {
      exchange.onFault(error as TransportFault);
      return;
    }
    exchange.onSending();
    this.#isAwaiting = true;
    if (request.body === null || request.body.length <= JOINED_BYTES_MAX) socket.write(start);
    else writeBoth(socket, start, request.body);
    // The kernel's refusal of a first write is known at once.
    if (socket.errored !== null) exchange.onWriteRefused(socket.errored);
  }

  /** False pauses the socket. */
  #onBytes(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    if (exchange === null || !this.#isAwaiting) {
      // Nobody has asked yet: whatever it is, it must not be taken for the answer.
      exchange?.onFault(new TransportFault('answer_malformed', true));
      this.discard();
      return false;
    }
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (!(error instanceof TransportFault)) throw error;
      exchange.onFault(error);
    }
    return !this.#isPaused;
  }

  #onHead(head: AnswerHead): void {
    this.#keepAliveMs = keepAliveMsOf(head, this.#options.bounds);
    this.#exchange?.onHead(head);
  }

  #onEnd(canReuse: boolean): void {
    const exchange = this.#exchange;
    const socket = this.#socket;
    if (exchange === null || socket === null) return;
    this.#exchange = null;
    this.#isAwaiting = false;
    this.resume();
    // An answer that came before the whole request was taken leaves bytes on the way.
    if (canReuse && socket.writableLength === 0 && this.#keepAliveMs > 0) this.#rest();
    else this.discard();
    exchange.onEnd();
  }

  #rest(): void {
    const { sweep, onFree } = this.#options;
    this.#idleUntil = null;
    // Watched from its first rest on; while it carries an exchange, that one keeps the time.
    if (this.#exchanges === 1) sweep.watch(this);
    onFree(this);
  }

  #onSocketEnd(): void {
    if (this.#exchange === null) this.discard();
    else if (!this.#parser.end()) this.#exchange.onBroken(new Error('the provider closed the connection'));
  }

  #onSocketError(error: Error | null): void {
    if (this.#exchange === null) this.discard();
    else this.#exchange.onBroken(error ?? new Error('the connection was closed'));
  }
}

function writeBoth(socket: Socket, start: Buffer, body: Uint8Array): void {
  socket.cork();
  socket.write(start);
  socket.write(body);
  socket.uncork();
}

/** `keep-alive: timeout=5` says how long the provider keeps an idle connection, in seconds. */
function keepAliveMsOf({ keepAlive }: AnswerHead, bounds: TransportBounds): number {
  const seconds = keepAlive === undefined ? null : /timeout=(\d{1,9})/i.exec(keepAlive);
  if (seconds === null) return bounds.keepAliveMs;
  return Math.min(Number(seconds[1]) * 1000, bounds.keepAliveMsMax) - KEEP_ALIVE_SPARE_MS;
}
