/** Where the listener stands, and how many may stand before it. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Settings } from '../config/settings.ts';

/** Callers that the kernel lets wait to be accepted; it may allow fewer. Beyond it, who comes must try again. */
const CALLERS_WAITING_MAX = 4096;

/** Returns the address as a URL; rejects where the port is taken. */
export async function listen(
  server: Server,
  { host, port }: Pick<Settings, 'host' | 'port'>,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: CALLERS_WAITING_MAX }, () => resolve());
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
