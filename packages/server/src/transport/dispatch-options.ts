/** What undici is given. The framing of the message belongs to the transport, whatever the caller put in. */
import { TransportFault, type WireRequest } from '@arouter/core';
import type { Dispatcher } from 'undici';

/** Set by the connection, or by us. A signature scheme may have named `host`; it is the origin's in any case. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Throws TransportFault `egress_denied` when the path would name another host. */
export function dispatchOptionsOf(request: WireRequest): Dispatcher.DispatchOptions {
  if (!request.path.startsWith('/')) throw new TransportFault('egress_denied', true);
  const headers: string[] = ['accept-encoding', 'identity'];
  for (const [name, value] of request.headers) {
    if (!OWN_HEADERS.has(name)) headers.push(name, value);
  }
  return { method: request.method, path: request.path, headers, body: request.body };
}
