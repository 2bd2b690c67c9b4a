/** Recorded exchanges with real providers, read from a folder: `{ source, exchanges: [Exchange] }` in each JSON file. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isObject } from '../sandbox-request.ts';
import type { JsonObject } from '../sandbox-request.ts';
import type { HeaderList } from '../script.ts';

/** As it stands in a file. Of the three response bodies at most one is there. */
export type RecordedExchange = {
  readonly provider: string;
  readonly method: string;
  readonly url: string;
  readonly request_headers?: Readonly<Record<string, string>>;
  readonly request_body?: unknown;
  readonly status: number;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly response_body?: unknown;
  /** A whole event stream, or a body that was not labelled as JSON. */
  readonly response_text?: string;
  readonly response_base64?: string;
};
export type Recording = {
  /** `file#index`, for messages. */
  readonly name: string;
  readonly exchange: RecordedExchange;
  /** The path of `url`, without the query. */
  readonly path: string;
};

/** They belong to one connection, or were true of other bytes than the ones sent now. */
const HEADERS_LEFT_OUT = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Reads every `.json` below `dir`, in the order of their names. Throws where a file is not of the format. */
export function loadRecordings(dir: string): readonly Recording[] {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  return files.toSorted().flatMap((name) => readRecordings(dir, join(dir, name)));
}

/** The exact bytes of a recorded answer: JSON compactly, text and binary as they were. */
export function serialiseRecordedBody(exchange: RecordedExchange): Buffer {
  if (exchange.response_base64 !== undefined) return Buffer.from(exchange.response_base64, 'base64');
  if (exchange.response_text !== undefined) return Buffer.from(exchange.response_text);
  return exchange.response_body === undefined
    ? Buffer.alloc(0)
    : Buffer.from(JSON.stringify(exchange.response_body));
}

export function recordedHeaders(exchange: RecordedExchange): HeaderList {
  return Object.entries(exchange.response_headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !HEADERS_LEFT_OUT.has(name));
}

function readRecordings(dir: string, file: string): Recording[] {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const exchanges = isObject(content) ? content['exchanges'] : undefined;
  if (!Array.isArray(exchanges))
    throw new TypeError(`${file} has no "exchanges" list: it is not a recording`);
  return exchanges.map((exchange: unknown, index) => {
    if (!isObject(exchange) || !isExchange(exchange))
      throw new TypeError(
        `${file}: exchange ${index} lacks provider, method, url, status or response_headers`,
      );
    return { name: `${relative(dir, file)}#${index}`, exchange, path: new URL(exchange.url).pathname };
  });
}

function isExchange(value: JsonObject): value is JsonObject & RecordedExchange {
  return (
    typeof value['provider'] === 'string' &&
    typeof value['method'] === 'string' &&
    typeof value['url'] === 'string' &&
    typeof value['status'] === 'number' &&
    isObject(value['response_headers'])
  );
}
