/**
 * The body of an answer between the socket and its reader. Chunks that arrive before anyone reads, or while the
 * reader is slow, are kept, up to a bound; the methods answer what the exchange must do about the provider.
 */
import type { ByteSink, TransportFault } from '@arouter/core';

/** `go_on` and `pause` are for the provider's socket; the others end the exchange. */
export type BodyDemand = 'go_on' | 'pause' | 'answer_too_large' | 'cancelled';

type Reader =
  | { readonly kind: 'none' }
  /** Has got everything. */
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'all';
      readonly bytesMax: number;
      readonly hold: ((bytes: number) => void) | undefined;
      readonly done: PromiseWithResolvers<Uint8Array>;
    }
  | { readonly kind: 'sink'; readonly sink: ByteSink; readonly done: PromiseWithResolvers<void> };

const NOBODY: Reader = { kind: 'none' };
const TAKEN: Reader = { kind: 'taken' };

export class AnswerBody {
  readonly #unreadBytesMax: number;
  #reader: Reader = NOBODY;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** What the reader of all has been told of. */
  #held = 0;
  #isPaused = false;
  #isEnded = false;
  #fault: TransportFault | null = null;

  constructor(unreadBytesMax: number) {
    this.#unreadBytesMax = unreadBytesMax;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** A chunk has arrived. It may come even while paused: bytes that were read before the peer closed. */
  take(chunk: Uint8Array): BodyDemand {
    const reader = this.#reader;
    if (reader.kind === 'sink' && !this.#isPaused) return this.#push(reader, chunk);
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (reader.kind === 'all') return this.#keep(reader);
    if (this.#isPaused || this.#bytes <= this.#unreadBytesMax) return 'go_on';
    this.#isPaused = true;
    return 'pause';
  }

  /** The last chunk has arrived. */
  end(): void {
    this.#isEnded = true;
    if (this.#reader.kind === 'all' || !this.#isPaused) this.#flush();
  }

  /** Drops what nobody has read. The reader, present or yet to come, is told. */
  fail(fault: TransportFault): void {
    if (this.#fault !== null) return;
    this.#fault = fault;
    this.#chunks = [];
    this.#bytes = 0;
    if (this.#reader.kind === 'all' || this.#reader.kind === 'sink') this.#reader.done.reject(fault);
  }

  /** The whole body where all of it has come and nobody has asked for it; otherwise undefined. What `hold` throws passes through. */
  takeAll(bytesMax: number, hold?: (bytes: number) => void): Uint8Array | undefined {
    const isHere = this.#isEnded && this.#fault === null && this.#reader.kind === 'none';
    if (!isHere || this.#bytes > bytesMax) return undefined;
    this.#reader = TAKEN;
    const chunks = this.#chunks;
    this.#chunks = [];
    if (this.#bytes > 0) hold?.(this.#bytes);
    return joined(chunks, this.#bytes);
  }

  /** Call `resume` next, which delivers what is here already. */
  readAll(bytesMax: number, hold?: (bytes: number) => void): Promise<Uint8Array> {
    const done = Promise.withResolvers<Uint8Array>();
    this.#attach({ kind: 'all', bytesMax, hold, done });
    return done.promise;
  }

  /** Call `resume` next, which delivers what is here already. */
  pipe(sink: ByteSink): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#attach({ kind: 'sink', sink, done });
    return done.promise;
  }

  resume(): BodyDemand {
    if (this.#fault !== null) return 'go_on';
    this.#isPaused = false;
    return this.#flush();
  }

  #attach(reader: Reader & { readonly done: { reject: (reason: unknown) => void } }): void {
    if (this.#reader.kind !== 'none') throw new Error('an answer can be read only once');
    this.#reader = reader;
    if (this.#fault !== null) reader.done.reject(this.#fault);
  }

  /** Gives what has arrived to the reader, and tells it when that was all. */
  #flush(): BodyDemand {
    const reader = this.#reader;
    if (reader.kind === 'none' || reader.kind === 'taken') return 'go_on';
    if (reader.kind === 'all') {
      const demand = this.#keep(reader);
      if (this.#isEnded && demand === 'go_on') reader.done.resolve(joined(this.#chunks, this.#bytes));
      return demand;
    }
    let demand: BodyDemand = 'go_on';
    let delivered = 0;
    for (const chunk of this.#chunks) {
      demand = this.#push(reader, chunk);
      delivered += 1;
      this.#bytes -= chunk.length;
      if (demand !== 'go_on') break;
    }
    this.#chunks = this.#chunks.slice(delivered);
    // The end waits for the reader to ask for more: until then its last chunk counts as not taken.
    if (this.#isEnded && !this.#isPaused && demand === 'go_on') reader.done.resolve();
    return demand;
  }

  #keep({ bytesMax, hold, done }: Extract<Reader, { kind: 'all' }>): BodyDemand {
    if (this.#bytes > bytesMax) return 'answer_too_large';
    try {
      if (this.#bytes > this.#held) hold?.(this.#bytes - this.#held);
    } catch (error) {
      done.reject(error);
      return 'cancelled';
    }
    this.#held = this.#bytes;
    return 'go_on';
  }

  #push(reader: Extract<Reader, { kind: 'sink' }>, chunk: Uint8Array): BodyDemand {
    try {
      if (reader.sink.write(chunk)) return 'go_on';
    } catch (error) {
      // The reader's own fault, not the provider's: it gets its error back, and the exchange ends.
      reader.done.reject(error);
      return 'cancelled';
    }
    this.#isPaused = true;
    return 'pause';
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
}
