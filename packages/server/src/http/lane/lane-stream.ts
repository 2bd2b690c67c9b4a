/**
 * A body in chunks (RFC 9112, 7.1), written as it comes. Writing after the caller has gone does nothing and takes everything: the
 * provider is drained, not paused. A caller who takes nothing at all for the stall limit is cut off: their stream holds a slot of a key.
 */
import type { Socket } from 'node:net';
import type { CallerSink } from '@arouter/core';

const LAST_CHUNK = '0\r\n\r\n';
const CR = 0x0d;
const LF = 0x0a;

export class LaneStream implements CallerSink {
  readonly #socket: Socket;
  readonly #stallMsMax: number;
  /** Leaves with the first bytes of the body. */
  #head: string;
  #isWaiting = false;
  readonly #roomListeners: (() => void)[] = [];

  constructor(
    { socket, stallMsMax }: { readonly socket: Socket; readonly stallMsMax: number },
    head: string,
  ) {
    this.#socket = socket;
    this.#stallMsMax = stallMsMax;
    this.#head = head;
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    // A chunk of no length would be the last one.
    if (socket.destroyed || bytes.length === 0) return true;
    const before = `${this.#head}${bytes.length.toString(16)}\r\n`;
    this.#head = '';
    const chunk = Buffer.allocUnsafe(before.length + bytes.length + 2);
    chunk.write(before, 0, 'latin1');
    chunk.set(bytes, before.length);
    chunk[chunk.length - 2] = CR;
    chunk[chunk.length - 1] = LF;
    const hasRoom = socket.write(chunk);
    if (!hasRoom && !this.#isWaiting) this.#waitForRoom();
    return hasRoom;
  }

  onDrain(listener: () => void): void {
    this.#roomListeners.push(listener);
  }

  /** There is room again, or nobody to leave room for. */
  readonly hasRoom = (): void => {
    for (const listener of this.#roomListeners) listener();
  };

  end(): void {
    if (!this.#socket.destroyed) this.#socket.write(this.#head + LAST_CHUNK, 'latin1');
  }

  /** The socket's own clock, which sees every byte that the caller takes; it runs only while there is something to take. */
  #waitForRoom(): void {
    const socket = this.#socket;
    const cutOff = (): void => void socket.destroy();
    this.#isWaiting = true;
    socket.setTimeout(this.#stallMsMax, cutOff);
    socket.once('drain', () => {
      this.#isWaiting = false;
      socket.setTimeout(0, cutOff);
      this.hasRoom();
    });
  }
}
