/** A caller's exchange in the lane: the whole body is there, and the answer is written to the socket itself. */
import type { Socket } from 'node:net';
import { tooLarge } from '../caller.ts';
import type { CallerExchange, CallerHead, CallerStream, RefusedAnswer } from '../caller-exchange.ts';
import { CallerSignal } from '../caller-signal.ts';
import type { AnswerHeads } from './answer-head.ts';
import { LaneStream } from './lane-stream.ts';

/** The connection, as far as an answer needs it. */
export type AnswerWay = {
  readonly socket: Socket;
  /** In seconds; null: this answer is the last. */
  readonly keepAliveS: number | null;
  readonly stallMsMax: number;
  readonly answerHeads: AnswerHeads;
  /** The answer has left as a whole. */
  answered(isLast: boolean): void;
};

/** Up to here, copying the body behind the head costs less than a second buffer in the system call. */
const JOINED_BYTES_MAX = 64 * 1024;

export class LaneExchange implements CallerExchange {
  readonly head: CallerHead;
  readonly signal = new CallerSignal();
  isOver = false;
  readonly #way: AnswerWay;
  readonly #body: Buffer;
  readonly #overListeners: (() => void)[] = [];
  #hasBegun = false;
  #isLast = false;

  constructor(way: AnswerWay, head: CallerHead, body: Buffer) {
    this.#way = way;
    this.head = head;
    this.#body = body;
  }

  onOver(listener: () => void): void {
    this.#overListeners.push(listener);
  }

  readBody(bytesMax: number): Buffer {
    if (this.#body.length > bytesMax) throw tooLarge(bytesMax);
    return this.#body;
  }

  answer(status: number, headers: readonly string[], body: Uint8Array): void {
    const head = this.#begin(status, headers, body.length);
    const { socket } = this.#way;
    if (body.length > JOINED_BYTES_MAX) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    } else {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 0, 'latin1');
      bytes.set(body, head.length);
      socket.write(bytes);
    }
    this.#end();
  }

  stream(status: number, headers: readonly string[]): CallerStream {
    const stream = new LaneStream(this.#way, this.#begin(status, headers, null));
    this.onOver(stream.hasRoom);
    return {
      sink: stream,
      cut: () => void this.#way.socket.destroy(),
      end: () => {
        stream.end();
        this.#end();
      },
    };
  }

  async refuse({ status, headers, body }: RefusedAnswer): Promise<void> {
    // The connection may be another request's by now.
    if (this.isOver) return;
    if (this.#hasBegun) this.#way.socket.destroy();
    else this.answer(status, headers, body);
  }

  /** The connection is closed. */
  gone(): void {
    if (this.isOver) return;
    this.signal.abort();
    this.#over();
  }

  #begin(status: number, headers: readonly string[], bodyBytes: number | null): string {
    const { keepAliveS, answerHeads } = this.#way;
    const head = answerHeads.next(status, headers, { keepAliveS, bodyBytes });
    this.#isLast = keepAliveS === null;
    this.#hasBegun = true;
    return head;
  }

  /** All is written. What the kernel has not taken yet waits for the caller as long as any of a stream, not for ever. */
  #end(): void {
    const { socket, stallMsMax } = this.#way;
    // A write that failed just now has closed nothing yet.
    if (this.isOver || socket.destroyed || socket.errored !== null) return;
    if (socket.writableLength === 0) {
      this.#left();
      return;
    }
    const cutOff = (): void => void socket.destroy();
    socket.setTimeout(stallMsMax, cutOff);
    // Called when everything before it has been taken, or will never be: then the closed connection ends the exchange.
    socket.write('', (error) => {
      socket.setTimeout(0, cutOff);
      if (!(error instanceof Error)) this.#left();
    });
  }

  #left(): void {
    this.#over();
    this.#way.answered(this.#isLast);
  }

  #over(): void {
    this.isOver = true;
    for (const listener of this.#overListeners) listener();
  }
}
