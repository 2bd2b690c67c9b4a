/** What the floor proxies need of an upstream client, so that two of them can be compared. */

export type UpstreamRequest = {
  readonly path: string;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: Buffer;
};

export type AnswerSink = {
  readonly onHead: (status: number, headers: readonly string[]) => void;
  /** False asks for a pause until `resume`. The bytes are the sink's to keep. */
  readonly onData: (data: Buffer) => boolean;
  readonly onEnd: () => void;
  /** Before or after the head; nothing follows. */
  readonly onError: (error: Error) => void;
};

export type Exchange = { readonly resume: () => void; readonly abort: () => void };

export type UpstreamClient = { readonly send: (request: UpstreamRequest, sink: AnswerSink) => Exchange };

/** Headers that belong to one connection and are not passed on (RFC 9110 § 7.6.1), lower case. */
export const HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
