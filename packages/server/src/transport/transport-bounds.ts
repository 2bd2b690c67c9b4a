/** Every maximum of the transport, with its name. Times in milliseconds, sizes in bytes. */
export const TRANSPORT_BOUNDS = {
  /** Open connections to one origin. A streaming answer holds its connection for minutes, so this is generous. */
  connectionsPerOriginMax: 1024,
  /** Exchanges that wait for a free connection of one origin; beyond it they fail at once, unsent. */
  waitingPerOriginMax: 1024,
  /** Origins that are kept, with their connections and TLS session. */
  originsMax: 512,
  /** An idle connection is closed after this long, or earlier when the provider says so in `keep-alive`. */
  keepAliveMs: 30_000,
  /** The longest that a provider's own `keep-alive` can make it; also how long a name's addresses stay pinned. */
  keepAliveMsMax: 60_000,
  responseHeaderBytesMax: 16 * 1024,
  responseHeadersMax: 128,
  informationalMax: 16,
  /** Body bytes held while nobody reads them; then the provider is paused. */
  unreadBytesMax: 256 * 1024,
  dnsMsMax: 5_000,
  /** More answers than this to one name are refused: all of them are judged, and judging costs time. */
  dnsAnswersMax: 1024,
  /** How many of a name's addresses are tried before the connection is given up. */
  addressesTriedMax: 8,
  /** All deadlines of exchanges are looked at this often, so a timeout is late by at most twice this. */
  sweepEveryMs: 100,
} as const;

export type TransportBounds = { readonly [Name in keyof typeof TRANSPORT_BOUNDS]: number };
