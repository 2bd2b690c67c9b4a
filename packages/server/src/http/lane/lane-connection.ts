/**
 * One connection in the lane: it waits for a request, has its head and waits for its body, or is answering it, one request at a time. At
 * the first request that is not plain the connection goes to `node:http` with all bytes that nobody has answered, and stays there.
 */
import type { Socket } from 'node:net';
import { createBodyBuilder, type BodyBuilder } from '../body-builder.ts';
import type { Face } from '../../data-plane/face.ts';
import { AnswerHeads } from './answer-head.ts';
import { LaneExchange, type AnswerWay } from './lane-exchange.ts';
import { HeadReader } from './head-reader.ts';
import type { PlainHead } from './plain-head.ts';

export type LaneRules = {
  /** Undefined: not a path of the lane's, or not now. */
  readonly faceAt: (target: string) => Face | undefined;
  readonly serve: (face: Face, exchange: LaneExchange) => void;
  /** False: connections are not kept for further requests. */
  readonly accepting: () => boolean;
  readonly handOver: (socket: Socket) => void;
  /** A fault of ours kept a head from being read; `node:http` has the request. */
  readonly stumbled: (fault: unknown) => void;
  /** The connection is gone, or no longer the lane's. */
  readonly left: (connection: LaneConnection) => void;
  readonly monotonicMs: () => number;
  readonly headBytesMax: number;
  /** A longer body is for `node:http`, which asks who sends it before it takes it. */
  readonly bodyBytesMax: number;
  /** From the connection's first moment to its first byte. */
  readonly firstByteMsMax: number;
  /** From a request's first byte to its last. */
  readonly requestMsMax: number;
  /** Between two requests. */
  readonly idleMsMax: number;
  /** A caller who takes nothing at all of an answer for this long is cut off. */
  readonly stallMsMax: number;
};

type Receiving = { readonly face: Face; readonly head: PlainHead; readonly body: BodyBuilder; bytes: number };

/** Of requests sent before the last answer has come; then the caller must wait. */
const AHEAD_BYTES_MAX = 64 * 1024;
/** As `node:http` adds to what callers are told: what they send at the last moment is still on its way. */
const IDLE_MS_MORE = 1000;
const BROKEN_OFF = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';
const TOO_LATE = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

export class LaneConnection implements AnswerWay {
  readonly socket: Socket;
  readonly answerHeads = new AnswerHeads();
  readonly #rules: LaneRules;
  readonly #heads: HeadReader;
  #since: number;
  #hasServed = false;
  #receiving: Receiving | null = null;
  #exchange: LaneExchange | null = null;
  /** What was sent before the answer to the request before it. */
  #ahead: Buffer | null = null;

  constructor(socket: Socket, rules: LaneRules) {
    this.socket = socket;
    this.#rules = rules;
    this.#heads = new HeadReader(rules.headBytesMax);
    this.#since = rules.monotonicMs();
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  /** Between two requests, of which one was served. */
  get isIdle(): boolean {
    return this.#hasServed && this.#exchange === null && this.#receiving === null;
  }

  get stallMsMax(): number {
    return this.#rules.stallMsMax;
  }

  /** In seconds; null: this answer is the last. */
  get keepAliveS(): number | null {
    return this.#rules.accepting() ? Math.floor(this.#rules.idleMsMax / 1000) : null;
  }

  /** Ends it where it has waited for longer than it may. */
  checkTime(nowMs: number): void {
    if (this.#exchange !== null) return;
    const { idleMsMax, firstByteMsMax, requestMsMax } = this.#rules;
    const waitedMs = nowMs - this.#since;
    if (this.isIdle) {
      if (waitedMs > idleMsMax + IDLE_MS_MORE) this.socket.destroy();
    } else if (waitedMs > (this.#receiving === null ? firstByteMsMax : requestMsMax)) {
      this.socket.write(TOO_LATE);
      this.socket.destroy();
    }
  }

  /** The answer has left as a whole. */
  answered(isLast: boolean): void {
    this.#exchange = null;
    this.#hasServed = true;
    this.#since = this.#rules.monotonicMs();
    if (isLast) this.socket.end();
    const ahead = this.#ahead;
    if (ahead === null) return;
    this.#ahead = null;
    this.#begin(ahead);
    if (!this.#isFull) this.socket.resume();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#exchange !== null) this.#keepAhead(bytes);
    else if (this.#receiving !== null) this.#receive(this.#receiving, bytes);
    else this.#begin(bytes);
  };

  #keepAhead(bytes: Buffer): void {
    this.#ahead = this.#ahead === null ? bytes : Buffer.concat([this.#ahead, bytes]);
    if (this.#isFull) this.socket.pause();
  }

  get #isFull(): boolean {
    return this.#ahead !== null && this.#ahead.length >= AHEAD_BYTES_MAX;
  }

  #begin(bytes: Buffer): void {
    // After the last answer nothing is answered, so that nothing may be done.
    if (this.socket.writableEnded) return;
    const head = this.#readHead(bytes);
    const face = head === null ? undefined : this.#rules.faceAt(head.url);
    if (head === null || face === undefined || head.bodyBytes > this.#rules.bodyBytesMax) {
      this.#handOver(bytes);
      return;
    }
    const bodyAt = head.bytes;
    const bodyEnd = bodyAt + head.bodyBytes;
    if (bytes.length < bodyEnd) {
      const body = createBodyBuilder(head.bodyBytes);
      if (bytes.length > bodyAt) body.append(bytes.subarray(bodyAt));
      this.#since = this.#rules.monotonicMs();
      this.#receiving = { face, head, body, bytes: bytes.length - bodyAt };
      return;
    }
    if (bytes.length > bodyEnd) this.#ahead = bytes.subarray(bodyEnd);
    this.#serve(face, head, bytes.subarray(bodyAt, bodyEnd));
  }

  /** Nobody is known yet, and nothing above would catch it: a caller's bytes must never be what ends the process. */
  #readHead(bytes: Buffer): PlainHead | null {
    try {
      return this.#heads.read(bytes);
    } catch (fault) {
      this.#rules.stumbled(fault);
      return null;
    }
  }

  #receive(receiving: Receiving, bytes: Buffer): void {
    const missing = receiving.head.bodyBytes - receiving.bytes;
    const ahead = bytes.length > missing ? bytes.subarray(missing) : null;
    receiving.bytes += bytes.length;
    // Takes the bytes over: nothing is to be asked of them afterwards, not even their length.
    receiving.body.append(ahead === null ? bytes : bytes.subarray(0, missing));
    if (receiving.bytes < receiving.head.bodyBytes) return;
    this.#receiving = null;
    this.#ahead = ahead;
    this.#serve(receiving.face, receiving.head, receiving.body.whole());
  }

  #serve(face: Face, head: PlainHead, body: Buffer): void {
    const exchange = new LaneExchange(this, head, body);
    this.#exchange = exchange;
    this.#rules.serve(face, exchange);
  }

  /** Before a byte of this request was taken for anything: `node:http` begins where the lane has ended. */
  #handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('error', ignore);
    socket.off('close', this.#onClose);
    this.#rules.left(this);
    socket.pause();
    socket.unshift(bytes);
    this.#rules.handOver(socket);
    socket.resume();
  }

  /** The caller sends no more. As `node:http` does, the gateway then ends its side too. */
  readonly #onEnd = (): void => {
    if (this.#receiving !== null) this.socket.write(BROKEN_OFF);
    this.socket.end();
  };

  readonly #onClose = (): void => {
    this.#receiving?.body.drop();
    this.#rules.left(this);
    this.#exchange?.gone();
  };
}

/** A connection that broke is closed, which is what matters. */
function ignore(): void {
  return;
}
