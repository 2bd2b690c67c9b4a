/** A request as the sandbox's parts see it: read whole, parsed once. */
import type { IncomingHttpHeaders } from 'node:http';
import type { StyleName } from './provider-styles.ts';

export type SandboxRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** As received: name, value, name, value … */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  /** The parsed body; undefined when it is empty or not JSON. */
  readonly json: unknown;
  readonly model: string | null;
  readonly streamed: boolean;
  readonly key: string | null;
  readonly style: StyleName;
  /** 1-based count of requests since the sandbox started: makes ids differ. */
  readonly sequence: number;
  /** Requests by this key in the running minute. */
  readonly requestsThisMinute: number;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
};

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The part of a wire format's `content`, which is a string or a list of parts, that is text. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) {
    if (isObject(part) && typeof part['text'] === 'string') text += part['text'];
  }
  return text;
}
