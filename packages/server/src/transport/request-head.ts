/** The head of a request as it is sent. The framing of the message belongs to the transport, whatever was put in. */
import { TransportFault, type WireRequest } from '@arouter/core';

/** Set here. A signature scheme may have named `host`; it is the origin's in any case. */
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
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_A_PATH = /[^\x21-\xff]/;
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * In Latin-1, with its last line end. Throws TransportFault `egress_denied`, which quotes nothing, when the path would
 * name another host or a header would begin another one.
 * @param host As in the Host header: with the port where it is not the scheme's own.
 */
export function requestHead({ method, path, headers, body }: WireRequest, host: string): string {
  if (!path.startsWith('/') || NOT_IN_A_PATH.test(path)) throw new TransportFault('egress_denied', true);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n`;
  for (const [name, value] of headers) {
    if (OWN_HEADERS.has(name)) continue;
    if (!isName(name) || NOT_IN_A_VALUE.test(value)) throw new TransportFault('egress_denied', true);
    head += `${name}: ${value}\r\n`;
  }
  return body === null ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n`;
}

/** Names that were found good: nearly all requests have the same few. */
const knownNames = new Set<string>();
const KNOWN_NAMES_MAX = 200;

function isName(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!TOKEN.test(name)) return false;
  if (knownNames.size < KNOWN_NAMES_MAX) knownNames.add(name);
  return true;
}
