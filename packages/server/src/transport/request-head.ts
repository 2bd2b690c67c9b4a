/** A request as it is sent. The framing of the message belongs to the transport, whatever was put in. */
import { TransportFault, type WireHeaders, type WireRequest } from '@arouter/core';

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
 * The head of a request, and its body behind it where that is no longer than `joinedBytesMax`. Throws TransportFault `egress_denied`,
 * which quotes nothing, when the path would name another host or a header would begin another one.
 * @param host As in the Host header: with the port where it is not the scheme's own.
 */
export function requestStart(request: WireRequest, host: string, joinedBytesMax: number): Buffer {
  const { body } = request;
  const before = beforeLength(request, host);
  const length = body === null ? '' : String(body.length);
  const joinedBytes = body === null || body.length > joinedBytesMax ? 0 : body.length;
  const start = Buffer.allocUnsafe(before.length + length.length + HEAD_END.length + joinedBytes);
  start.set(before);
  let at = before.length;
  for (let digit = 0; digit < length.length; digit += 1) start[at++] = length.charCodeAt(digit);
  for (let index = 0; index < HEAD_END.length; index += 1) start[at++] = HEAD_END[index] as number;
  if (body !== null && joinedBytes > 0) start.set(body, at);
  return start;
}
// Without a body the last header's line end is not written yet.
const HEAD_END = Buffer.from('\r\n\r\n');

type Written = {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly hasBody: boolean;
  readonly bytes: Buffer;
};

/**
 * What was written and found good for a list of headers. Whoever authorizes requests gives the same list again where nothing has
 * changed, and forgets it with the credential in it: so does this.
 */
const writtenFor = new WeakMap<WireHeaders, Written>();

/** Up to the digits of the length; without a body, up to the last line end. */
function beforeLength(request: WireRequest, host: string): Buffer {
  const { method, path, headers } = request;
  const hasBody = request.body !== null;
  const known = writtenFor.get(headers);
  const isKnown =
    known !== undefined &&
    known.path === path &&
    known.host === host &&
    known.method === method &&
    known.hasBody === hasBody;
  if (isKnown) return known.bytes;
  const text = textOf(request, host);
  const bytes = Buffer.from(hasBody ? `${text}\r\ncontent-length: ` : text, 'latin1');
  writtenFor.set(headers, { method, path, host, hasBody, bytes });
  return bytes;
}

/** In Latin-1, without its last line end. */
function textOf({ method, path, headers }: WireRequest, host: string): string {
  if (!path.startsWith('/') || NOT_IN_A_PATH.test(path)) throw new TransportFault('egress_denied', true);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\naccept-encoding: identity`;
  for (const [name, value] of headers) {
    if (OWN_HEADERS.has(name)) continue;
    if (!TOKEN.test(name) || NOT_IN_A_VALUE.test(value)) throw new TransportFault('egress_denied', true);
    head += `\r\n${name}: ${value}`;
  }
  return head;
}
