/**
 * A bare proxy on node:http that only forwards: how cheap a gateway on this runtime could be at best. With a
 * ledger it awaits one durable row before it sends and one before it ends its answer, as the gateway must.
 *
 *   node bench/floor/proxy.ts --port=N --upstream=http://127.0.0.1:M --client=undici|raw --ledger=none|sqlite|journal --data=DIR
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { journalLedger } from './journal-ledger.ts';
import { sqliteLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { rawClient } from './raw-client.ts';
import { undiciClient } from './undici-client.ts';
import { HOP_HEADERS } from './upstream-client.ts';
import type { Exchange, UpstreamClient } from './upstream-client.ts';

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const STREAM_END = 'data: [DONE]';
/** The provider's credential, the gateway's own framing: these of the caller's headers are replaced. */
const REPLACED_HEADERS = new Set([...HOP_HEADERS, 'host', 'authorization', 'content-length']);

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    upstream: { type: 'string' },
    client: { type: 'string', default: 'undici' },
    ledger: { type: 'string', default: 'none' },
    data: { type: 'string', default: '.' },
  },
});
if (values.port === undefined || values.upstream === undefined) {
  throw new Error('--port and --upstream are required');
}
const { upstream } = values;
const client: UpstreamClient = values.client === 'raw' ? rawClient(upstream) : undiciClient(upstream);
const dataFolder = values.ledger === 'none' ? null : mkdtempSync(join(values.data, 'floor-data-'));
const ledger = dataFolder === null ? null : makeLedger(join(dataFolder, 'ledger.db'));
let generations = 0;

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  void readBody(request).then(
    (body) => forward(request, response, body),
    () => response.writeHead(413).end(),
  );
});
server.listen(Number(values.port), '127.0.0.1');
process.once('SIGTERM', () => {
  void (ledger?.close() ?? Promise.resolve()).then(() => {
    if (dataFolder !== null) rmSync(dataFolder, { recursive: true, force: true });
    process.exit(0);
  });
});

function makeLedger(file: string): Ledger {
  return values.ledger === 'journal' ? journalLedger(file) : sqliteLedger(file);
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length > BODY_BYTES_MAX) reject(new Error('too large'));
    });
    request.on('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
    request.on('error', reject);
  });
}

async function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const id = `gen_${++generations}`;
  const startedAt = performance.now();
  await openRow(ledger, id);
  const wire = { path: request.url ?? '/', headers: upstreamHeaders(request.rawHeaders, body), body };
  // The last bytes wait: of a stream its end mark for the ledger, of anything else the body, which then leaves in one
  // write with its head.
  let held: Buffer | null = null;
  let isStream = false;
  const exchange: Exchange = client.send(wire, {
    onHead: (status, headers) => {
      isStream = headers.some((text) => text.startsWith('text/event-stream'));
      response.writeHead(status, answerHeaders(headers));
    },
    onData: (data) => {
      if (isStream && (ledger === null || !data.includes(STREAM_END))) return response.write(data);
      if (held !== null) response.write(held);
      held = data;
      return true;
    },
    onEnd: () => {
      if (ledger === null) response.end(held);
      else void settleRow(ledger, id, startedAt).then(() => response.end(held));
    },
    onError: (error) => {
      if (response.headersSent) response.destroy(error);
      else response.writeHead(502).end();
    },
  });
  response.on('drain', () => exchange.resume());
  response.on('close', () => {
    if (!response.writableFinished) exchange.abort();
  });
}

function upstreamHeaders(rawHeaders: readonly string[], body: Buffer): readonly string[] {
  const headers = ['authorization', 'Bearer sk-upstream'];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!REPLACED_HEADERS.has(name.toLowerCase())) headers.push(name, rawHeaders[i + 1] as string);
  }
  headers.push('content-length', String(body.length));
  return headers;
}

function answerHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!HOP_HEADERS.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

function openRow(to: Ledger | null, id: string): Promise<void> | undefined {
  const plan = '{"seed":1,"verdicts":[{"key":"pk_1","kind":"ranked","rank":1}]}';
  return to?.open([id, 1, 'ws_1', 'key_1', 'pk_1', 'openai', 'gpt-4o-mini', Date.now(), 30_000, plan]);
}

function settleRow(to: Ledger, id: string, startedAt: number): Promise<void> {
  return to.settle([Date.now(), 200, 120, 20, 30_000, performance.now() - startedAt, id, 1]);
}
