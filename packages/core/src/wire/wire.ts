/** HTTP as the core sees it: values in, values out. The transport adapter makes it real. */
import type { CancelSignal } from '../clock.ts';

/** Names are lower case. A header list, not a map: order is kept. */
export type WireHeaders = readonly (readonly [name: string, value: string])[];

export type WireRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `https://host:port`; already judged at save time and judged again by the connector. */
  readonly origin: string;
  /** Path and query, built by us from a compiled table, or the caller's own below a provider's host, checked. */
  readonly path: string;
  readonly headers: WireHeaders;
  readonly body: Uint8Array | null;
};

/** Named limits of one exchange. `security.md` §4.2 has the defaults. */
export type WireLimits = {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
};

export interface WireResponse {
  readonly status: number;
  /** By lower-case name; the first value of a repeated one. */
  header(name: string): string | undefined;
  /**
   * The whole body, at once where all of it has come; rejects with TransportFault `answer_too_large` beyond the bound, then the connection
   * is closed.
   * @param hold Told of each piece that is kept, in bytes. What it throws ends the exchange and is what this throws or rejects with.
   */
  readAll(bytesMax: number, hold?: (bytes: number) => void): Uint8Array | Promise<Uint8Array>;
  /**
   * Pushes chunks as they arrive. `write` returning false pauses the upstream until `resume()`.
   * Resolves at the end of the body; rejects with TransportFault.
   */
  pipe(sink: ByteSink): Promise<void>;
  resume(): void;
  /** Ends the exchange now; the connection is not reused. */
  cancel(): void;
}
export interface ByteSink {
  write(bytes: Uint8Array): boolean;
}

/** Moves bytes. Knows TLS, pools, timeouts and the address guard; knows no provider. Rejects with TransportFault only. */
export interface Transport {
  send(request: WireRequest, limits: WireLimits, signal?: CancelSignal): Promise<WireResponse>;
}

/** Why nothing, or not everything, came back. */
export type TransportFaultCode =
  | 'egress_denied'
  | 'dns_failed'
  | 'connect_refused'
  | 'connect_timeout'
  | 'tls_failed'
  | 'connection_reset'
  | 'first_byte_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'answer_too_large'
  | 'answer_encoded'
  | 'answer_malformed'
  | 'cancelled';

export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  readonly code: TransportFaultCode;
  /** True when provably no byte of the request reached the provider. */
  readonly unsent: boolean;
  constructor(code: TransportFaultCode, unsent: boolean, options?: { cause?: unknown }) {
    super(code, options);
    this.code = code;
    this.unsent = unsent;
  }
}
