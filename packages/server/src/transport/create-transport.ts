/**
 * The Transport port over HTTP/1.1 of our own: bytes out, bytes in, one pool of connections per origin. No redirect is followed,
 * nothing is inflated, no environment variable is read. What may be called is decided by the egress policy; what
 * failed, and whether the provider can have seen the request, is said by a TransportFault.
 */
import { TransportFault } from '@arouter/core';
import type { CancelSignal, Clock, Transport, WireLimits, WireRequest } from '@arouter/core';
import { checkDestination } from './check-destination.ts';
import { createConnectionPool, type ConnectionPool } from './connection-pool.ts';
import { createDeadlineSweep } from './deadline-sweep.ts';
import type { EgressPolicy } from './egress-policy.ts';
import { Exchange, type ExchangeContext } from './exchange.ts';
import {
  createGuardedConnect,
  createSecureContext,
  resolveWithSystem,
  type ResolveAddresses,
} from './guarded-connector.ts';
import { hostOf, originOf } from './origin.ts';
import type { EgressReroutes } from './parse-egress-reroute.ts';
import { TRANSPORT_BOUNDS, type TransportBounds } from './transport-bounds.ts';

export type TransportOptions = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Fixed for the transport's life: open connections were judged by it. */
  readonly policy: EgressPolicy;
  /** Where requests for some origins go instead; judged by the policy like any other. */
  readonly reroutes?: EgressReroutes;
  /** PEM certificates to trust besides the usual ones. */
  readonly extraCa?: string;
  /** Default: the system's resolver. */
  readonly resolve?: ResolveAddresses;
  readonly bounds?: Partial<TransportBounds>;
};

export type ClosableTransport = Transport & {
  /** Ends what is under way as `cancelled`; later requests are refused, unsent. */
  close(): Promise<void>;
};

type PoolEntry = { readonly pool: ConnectionPool; readonly context: ExchangeContext };

export function createTransport(options: TransportOptions): ClosableTransport {
  const bounds: TransportBounds = { ...TRANSPORT_BOUNDS, ...options.bounds };
  const sweep = createDeadlineSweep(options.clock, bounds.sweepEveryMs);
  const secureContext = createSecureContext(options.extraCa);
  /**
   * By the origin as written in the request, so that the hot path parses no URL. An entry without connections stays,
   * with its TLS session, until its place is needed.
   */
  const entries = new Map<string, PoolEntry>();
  let isClosed = false;

  function openEntry(writtenOrigin: string): PoolEntry {
    const verdict = checkDestination(rerouted(writtenOrigin, options.reroutes), options.policy);
    if (!verdict.ok || verdict.pathPrefix !== '') throw new TransportFault('egress_denied', true);
    if (entries.size >= bounds.originsMax) evictIdle(entries);
    if (entries.size >= bounds.originsMax) throw new TransportFault('connect_timeout', true);
    const origin = originOf(new URL(verdict.origin));
    const connect = createGuardedConnect({
      origin,
      permit: options.policy.permits.get(origin.origin),
      resolve: options.resolve ?? resolveWithSystem,
      secureContext,
    });
    const { clock } = options;
    const pool = createConnectionPool({ host: hostOf(origin), connect, bounds, sweep });
    const { sendFresh: resend, withdraw } = pool;
    const entry: PoolEntry = { pool, context: { clock, sweep, bounds, resend, withdraw } };
    entries.set(writtenOrigin, entry);
    return entry;
  }

  return {
    send(request: WireRequest, limits: WireLimits, signal?: CancelSignal) {
      try {
        if (isClosed) throw new TransportFault('cancelled', true);
        const { pool, context } = entries.get(request.origin) ?? openEntry(request.origin);
        const exchange = new Exchange({ request, limits, signal }, context);
        if (!exchange.isOver) pool.send(exchange);
        return exchange.head;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async close() {
      isClosed = true;
      for (const { pool } of entries.values()) pool.close();
    },
  };
}

function rerouted(writtenOrigin: string, reroutes: EgressReroutes | undefined): string {
  if (reroutes === undefined || reroutes.size === 0) return writtenOrigin;
  const url = URL.parse(writtenOrigin);
  return (url === null ? undefined : reroutes.get(originOf(url).origin)) ?? writtenOrigin;
}

function evictIdle(entries: Map<string, PoolEntry>): void {
  for (const [origin, { pool }] of entries) {
    if (!pool.isIdle) continue;
    entries.delete(origin);
    pool.close();
    return;
  }
}
