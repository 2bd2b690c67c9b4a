/** One way to write an origin, so that it can be compared, bound into a secret, and be the name of a pool. */

export type Origin = {
  /** `scheme://host:port`, lower case, the port always written, no dot after the host. */
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
};

/** Of an `http:` or `https:` URL that the platform's parser has read. */
export function originOf(url: URL): Origin {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  return {
    origin: `${scheme}://${host}:${port}`,
    scheme,
    hostname: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
  };
}

export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

/** As in the Host header: the port only where it is not the scheme's own (RFC 9110 § 7.2). */
export function hostOf({ origin, scheme, port }: Origin): string {
  const host = origin.slice(origin.indexOf('//') + 2, origin.lastIndexOf(':'));
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
