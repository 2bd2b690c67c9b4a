/**
 * One request of a caller and its answer, as the data plane sees them, whichever way they are read from the wire: `nodeExchange` over
 * `node:http`, or the lane for plain short requests.
 */
import type { CallerSink, CancelSignal } from '@arouter/core';

/** What a caller asked for, without the body. */
export interface CallerHead {
  readonly method: string;
  /** The target in origin form, with its query. */
  readonly url: string;
  /** As declared; undefined: nothing was. */
  readonly bodyBytes: number | undefined;
  /** @param name In lower case. Of several headers of one name, what `node:http` makes of them. */
  header(name: string): string | undefined;
  /** @param name In lower case. */
  timesSent(name: string): number;
  /** The caller's key; undefined: none was sent. Throws GatewayError 400 where two different ones were. */
  token(): string | undefined;
}

export interface CallerExchange {
  readonly head: CallerHead;
  /** Aborted when the caller has gone before the answer was complete. */
  readonly signal: CancelSignal;
  /** The answer has left as a whole, or the caller has gone: nothing of it is held any more. */
  readonly isOver: boolean;
  /** `listener` is called once, when that is so. */
  onOver(listener: () => void): void;
  /**
   * The whole body, up to the bound; throws GatewayError 413 beyond it, 415 for one that is compressed, 408 for one that broke off.
   * @param hold Told of each piece, in bytes, before it is kept; throws where there is no room for it.
   */
  readBody(bytesMax: number, hold?: (bytes: number) => void): Buffer | Promise<Buffer>;
  /** @param headers Names and values in turn, without the length. Throws where one of them could not be sent as it is. */
  answer(status: number, headers: readonly string[], body: Uint8Array): void;
  /** @param headers As in `answer`. */
  stream(status: number, headers: readonly string[]): CallerStream;
  /** Instead of either; where an answer has begun, the connection is cut. */
  refuse(refusal: RefusedAnswer): Promise<void>;
}

/** `headers` as in `answer`. */
export type RefusedAnswer = {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
};

export interface CallerStream {
  readonly sink: CallerSink;
  /** All has been written. The connection is the client's again. */
  end(): void;
  /** The client must see that it broke off. */
  cut(): void;
}
